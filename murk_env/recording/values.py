"""Parameters and options as JSON: numbers, strings, arrays, States, and lists, tuples and dicts of these."""

import base64
import json
import math
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import MurkError, RecordingError, RecordingFileError
from murk_env.fields import Field
from murk_env.fields.names import known_as
from murk_env.world import State

__all__ = ["from_json", "read_state", "to_json"]

_KINDS = "biuf"  # numpy's letters for the allowed kinds of dtypes
_MOST_DIMENSIONS = 32


def to_json(value: Any, what: str) -> Any:
    """Return a value in a form that JSON can hold.

    Args:
        value: the value.
        what: its name in messages.

    Raises:
        RecordingError: it holds a value of an unsupported type.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        array: npt.NDArray[Any] = np.asarray(cast(Any, value))
        if array.dtype.kind in _KINDS:
            little = array.astype(array.dtype.newbyteorder("<"))
            coded = base64.b64encode(little.tobytes()).decode()
            return {"array": [little.dtype.str, list(array.shape), coded]}
    elif isinstance(value, State):
        return {"state": base64.b64encode(value.to_bytes()).decode()}
    elif isinstance(value, list | tuple):
        items = [to_json(item, what) for item in cast("list[Any]", value)]
        return items if isinstance(value, list) else {"tuple": items}
    elif isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value).items()
        return {"dict": [[_key(key, what), to_json(item, what)] for key, item in pairs]}
    kind = type(cast(object, value)).__name__
    raise RecordingError(
        f"{what} holds {value!r} of type {kind}, which a recording cannot keep: it keeps numbers, texts, "
        f"None, arrays, States, and lists, tuples and dicts of these."
    )


def _key(key: Any, what: str) -> str:
    name = known_as(key) if isinstance(key, Field) else key
    if not isinstance(name, str):
        raise RecordingError(
            f"{what} has the key {key!r}, but a recording keeps keys that are texts or Fields."
        )
    return name


def from_json(value: Any) -> Any:
    """Return the original value, the inverse of `to_json`.

    Raises:
        RecordingFileError: `to_json` cannot have returned the value.
    """
    if isinstance(value, list):
        return [from_json(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    match cast("dict[str, Any]", value):
        case {"array": [str(dtype), [*shape], str(coded)]}:
            return _array(dtype, shape, coded)
        case {"state": str(coded)}:
            return read_state(_decoded(coded))
        case {"tuple": [*items]}:
            return tuple(from_json(item) for item in items)
        case {"dict": [*pairs]}:
            return dict(_pair(pair) for pair in pairs)
        case _:
            raise RecordingFileError(
                f"the recording holds {json.dumps(value)[:80]}, which is not a valid value."
            )


def read_state(data: bytes) -> State:
    """Return the State held by some bytes of a recording.

    Raises:
        RecordingFileError: the bytes do not hold a State.
    """
    try:
        return State.from_bytes(data)
    except MurkError as error:
        raise RecordingFileError(f"the recording holds a state that cannot be read: {error}") from error


def _decoded(coded: str) -> bytes:
    try:
        return base64.b64decode(coded, validate=True)
    except ValueError as error:
        raise RecordingFileError(f"the recording holds bytes that cannot be read: {error}.") from error


def _pair(pair: Any) -> tuple[str, Any]:
    match pair:
        case [str(key), value]:
            return key, from_json(value)
        case _:
            raise RecordingFileError(
                f"the recording holds a dict with {json.dumps(pair)[:80]}, which is not a valid item."
            )


def _array(dtype: str, shape: list[Any], coded: str) -> Any:
    """Return an array, or a number if the shape is empty; the size is checked first."""
    data = _decoded(coded)
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError) as error:
        raise RecordingFileError(f"the recording holds an array that cannot be read: {error}.") from error
    whole = len(shape) <= _MOST_DIMENSIONS and all(type(side) is int and side >= 0 for side in shape)
    if kind.kind not in _KINDS or not whole or math.prod(shape) * kind.itemsize != len(data):
        raise RecordingFileError(
            f"the recording holds an array of {dtype[:20]} of shape {str(shape)[:80]} in {len(data)} bytes, "
            f"which do not fit together."
        )
    array = np.frombuffer(data, kind).reshape(shape).astype(kind.newbyteorder("="))
    return array if shape else array[()]
