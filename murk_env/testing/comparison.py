"""Where two pieces of data first differ, compared by type and by byte."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["Difference", "first_difference"]

Place = tuple[str | tuple[int, ...], ...]


@dataclass(frozen=True)
class Difference:
    """The first place at which two pieces of data differ.

    Attributes:
        place: The path to the place: text for a key, or for a position in a tuple or list, and a tuple of
            integers for an index into an array.
        kind: What differs: "type", "keys", "length", "dtype", "shape" or "value".
        expected: The expected value at that place.
        actual: The actual value at that place.
    """

    place: Place
    kind: str
    expected: Any
    actual: Any

    @property
    def key(self) -> str:
        """The place in Python's notation, for instance `['heat'][3, 0]`."""
        return "".join(part if isinstance(part, str) else str(list(part)) for part in self.place)

    @property
    def row(self) -> int | None:
        """The first index into the first array on the path, which is the row in batched data."""
        indices = (part[0] for part in self.place if isinstance(part, tuple) and part)
        return next(indices, None)

    def __str__(self) -> str:
        where = f"at {self.key}: " if self.place else ""
        return f"{where}{self.kind} expected {_shown(self.expected)}, got {_shown(self.actual)}"


def first_difference(expected: Any, actual: Any) -> Difference | None:
    """Compare nested data by type, dtype, shape and byte.

    Numbers are equal when their bytes are: -0.0 differs from 0.0, and a NaN equals one with the same bits.
    Memory layout of arrays and order of keys in dicts do not matter.

    Args:
        expected: Nested dicts, tuples, lists, arrays, numbers, strings, None.
        actual: The data to compare with it.

    Returns:
        The first difference, or None if there is none.

    Example:
        >>> import numpy as np
        >>> first_difference({"heat": np.zeros(2)}, {"heat": np.zeros(2)})
        >>> print(first_difference({"heat": np.zeros(2)}, {"heat": np.array([0.0, -0.0])}))
        at ['heat'][1]: value expected 0.0, got -0.0
    """
    return _compare(expected, actual, ())


def _shown(value: Any) -> str:
    """The text of a value: for a numpy scalar without the name of its type."""
    return str(cast("object", value)) if isinstance(value, np.generic) else repr(value)


def _compare(expected: Any, actual: Any, place: Place) -> Difference | None:
    if type(expected) is not type(actual):
        return Difference(place, "type", type(expected).__name__, type(actual).__name__)
    if isinstance(expected, Mapping):
        return _compare_mappings(cast("Mapping[Any, Any]", expected), actual, place)
    if isinstance(expected, tuple | list):
        return _compare_sequences(cast("Sequence[Any]", expected), actual, place)
    if isinstance(expected, np.ndarray | np.generic):
        return _compare_arrays(np.asarray(cast("Any", expected)), np.asarray(actual), place)
    if isinstance(expected, float | complex):
        return _compare_arrays(np.asarray(expected), np.asarray(actual), place)
    if expected is actual or bool(expected == actual):
        return None
    return Difference(place, "value", expected, actual)


def _compare_mappings(
    expected: Mapping[Any, Any], actual: Mapping[Any, Any], place: Place
) -> Difference | None:
    if expected.keys() != actual.keys():
        return Difference(place, "keys", sorted(map(str, expected)), sorted(map(str, actual)))
    differences = (_compare(expected[key], actual[key], (*place, f"[{key!r}]")) for key in expected)
    return next((difference for difference in differences if difference), None)


def _compare_sequences(expected: Sequence[Any], actual: Sequence[Any], place: Place) -> Difference | None:
    if len(expected) != len(actual):
        return Difference(place, "length", len(expected), len(actual))
    pairs = enumerate(zip(expected, actual, strict=True))
    differences = (_compare(left, right, (*place, f"[{at}]")) for at, (left, right) in pairs)
    return next((difference for difference in differences if difference), None)


def _compare_arrays(expected: NDArray[Any], actual: NDArray[Any], place: Place) -> Difference | None:
    if expected.dtype != actual.dtype:
        return Difference(place, "dtype", expected.dtype, actual.dtype)
    if expected.shape != actual.shape:
        return Difference(place, "shape", expected.shape, actual.shape)
    if expected.dtype == object:
        differences = (
            _compare(expected[index], actual[index], (*place, index)) for index in np.ndindex(expected.shape)
        )
        return next((difference for difference in differences if difference), None)
    return _compare_bytes(expected, actual, place)


def _compare_bytes(expected: NDArray[Any], actual: NDArray[Any], place: Place) -> Difference | None:
    if expected.tobytes() == actual.tobytes():
        return None
    width = expected.dtype.itemsize
    left, right = (
        np.frombuffer(array.tobytes(), np.uint8).reshape(-1, width) for array in (expected, actual)
    )
    first = int(np.flatnonzero((left != right).any(axis=1))[0])
    index = tuple(int(at) for at in np.unravel_index(first, expected.shape))
    return Difference((*place, index) if index else place, "value", expected[index], actual[index])
