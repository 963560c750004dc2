"""Observations as returned to the caller: one array or, in the dict layout, an array for each key."""

import math
from collections.abc import Callable
from typing import Any

import numpy.typing as npt

__all__ = ["Output", "arrays_of", "bytes_of_one", "each_array", "row_of", "rows_of"]

Array = npt.NDArray[Any]
Output = Array | dict[str, Array]


def arrays_of(output: Output) -> list[Array]:
    """Return the arrays of an observation."""
    return list(output.values()) if isinstance(output, dict) else [output]


def each_array(output: Output, change: Callable[[Array], Array]) -> Output:
    """Return an observation with a function applied to every array."""
    if isinstance(output, dict):
        return {key: change(array) for key, array in output.items()}
    return change(output)


def rows_of(output: Output) -> list[Output]:
    """Return the observation of every row, as views."""
    if isinstance(output, dict):
        return [dict(zip(output, rows, strict=True)) for rows in zip(*output.values(), strict=True)]
    return list(output)


def row_of(output: Output, row: int) -> Output:
    """Return one world's observation, as views."""
    if isinstance(output, dict):
        return {key: array[row] for key, array in output.items()}
    return output[row]


def bytes_of_one(output: Output) -> int:
    """Return the bytes of each row."""
    return sum(math.prod(array.shape[1:]) * array.itemsize for array in arrays_of(output))
