"""The outputs of several steps as bytes, in the format of safetensors, which holds arrays and no code."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from murk_env.errors import RecordingFileError, described

__all__ = ["packed", "unpacked"]

Array = npt.NDArray[Any]


def packed(steps: Sequence[dict[str, Array]]) -> bytes:
    """Return the arrays of some steps as bytes.

    An array that every step has in the same shape is stored as one array (steps, ...) under its name; any
    other under its step and name, such as `3:final/0/observation`.
    """
    first, *rest = steps
    found: dict[str, Array] = {}
    for name, array in first.items():
        others = [step.get(name) for step in rest]
        if all(one is not None and (one.shape, one.dtype) == (array.shape, array.dtype) for one in others):
            found[name] = np.stack([step[name] for step in steps])
    for number, step in enumerate(steps):
        found |= {
            f"{number}:{name}": np.ascontiguousarray(array).reshape(array.shape)
            for name, array in step.items()
            if name not in found
        }
    return save(found)


def unpacked(data: bytes, num_steps: int) -> list[dict[str, Array]]:
    """Return the arrays of every step, the inverse of `packed`.

    Raises:
        RecordingFileError: the data does not hold arrays of so many steps.
    """
    try:
        arrays = load(data)
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise RecordingFileError(f"kept outputs cannot be read: {described(error)}.") from error
    steps: list[dict[str, Array]] = [{} for _ in range(num_steps)]
    for name, array in arrays.items():
        number, _, own = name.partition(":")
        if own and number.isdecimal() and len(number) < 10 and int(number) < num_steps:
            steps[int(number)][own] = array
        elif not own and array.ndim and len(array) == num_steps:
            for step, values in zip(steps, array, strict=True):
                step[name] = values
        else:
            raise RecordingFileError(
                f"kept outputs hold {name[:80]!r}, which is nothing of {num_steps} steps."
            )
    return steps
