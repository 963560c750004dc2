"""Keeps fields within their bounds: clamp, reflect or wrap, in place."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.kernels import kernel
from murk_env.kernels.call import KernelCall

__all__ = ["apply_bounds", "bound_of"]

Worlds = npt.NDArray[np.int64]


def apply_bounds(values: npt.NDArray[Any], field: Field) -> None:
    """Bring every element of a contiguous writable array (num_worlds, ...) within the field's bounds."""
    bound_of(values, field, np.arange(len(values)))(0, len(values))


def bound_of(values: npt.NDArray[Any], field: Field, worlds: Worlds) -> KernelCall:
    """Return what keeps a contiguous writable array (num_worlds, ...) within bounds.

    Args:
        values: the array.
        field: whose bounds they are.
        worlds: the worlds to look at; the kernel is run on places in this list.
    """
    low, high = field.bounds
    if field.dtype == np.int32:
        limits = np.iinfo(np.int32)
        low, high = math.ceil(max(low, limits.min)), math.floor(min(high, limits.max))
    rows = values.reshape(len(values), -1)
    return KernelCall(
        _KERNELS[field.at_bounds], (worlds, rows, field.dtype.type(low), field.dtype.type(high))
    )


@kernel
def _clamp(start: int, stop: int, worlds: Worlds, rows: npt.NDArray[Any], low: float, high: float) -> None:
    for index in range(start, stop):
        values = rows[worlds[index]]
        for i in range(values.size):
            value = values[i]
            if value < low:
                values[i] = low
            elif value > high:
                values[i] = high


@kernel
def _reflect(start: int, stop: int, worlds: Worlds, rows: npt.NDArray[Any], low: float, high: float) -> None:
    span = high - low
    for index in range(start, stop):
        values = rows[worlds[index]]
        for i in range(values.size):
            value = values[i]
            if value < low or value > high:
                folded = (value - low) % (span + span)
                inside = low + (folded if folded <= span else span + span - folded)
                values[i] = min(max(inside, low), high)  # the sum may round beyond a limit


@kernel
def _wrap(start: int, stop: int, worlds: Worlds, rows: npt.NDArray[Any], low: float, high: float) -> None:
    span = high - low
    for index in range(start, stop):
        values = rows[worlds[index]]
        for i in range(values.size):
            value = values[i]
            if value < low or value >= high:
                wrapped = low + (value - low) % span
                values[i] = wrapped if wrapped < high else low


_KERNELS = {"clamp": _clamp, "reflect": _reflect, "wrap": _wrap}
