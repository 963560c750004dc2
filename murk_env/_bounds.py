"""Keeps fields within their bounds: clamp, reflect or wrap, in place."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.compile import kernel
from murk_env.field import Field

__all__ = ["apply_bounds", "bounds_of"]


def apply_bounds(values: npt.NDArray[Any], field: Field) -> None:
    """Bring every element of a contiguous writable array within the field's bounds."""
    keep, flat, low, high = bounds_of(values, field)
    keep(flat, low, high)


def bounds_of(values: npt.NDArray[Any], field: Field) -> tuple[Any, npt.NDArray[Any], Any, Any]:
    """Return the kernel that keeps a contiguous writable array within bounds, and its arguments."""
    low, high = field.bounds
    if field.dtype == np.int32:
        limits = np.iinfo(np.int32)
        low, high = math.ceil(max(low, limits.min)), math.floor(min(high, limits.max))
    return _KERNELS[field.at_bounds], values.reshape(-1), field.dtype.type(low), field.dtype.type(high)


@kernel
def _clamp(values: npt.NDArray[Any], low: float, high: float) -> None:
    for i in range(values.size):
        value = values[i]
        if value < low:
            values[i] = low
        elif value > high:
            values[i] = high


@kernel
def _reflect(values: npt.NDArray[Any], low: float, high: float) -> None:
    span = high - low
    for i in range(values.size):
        value = values[i]
        if value < low or value > high:
            folded = (value - low) % (span + span)
            inside = low + (folded if folded <= span else span + span - folded)
            values[i] = min(max(inside, low), high)  # the sum may round beyond a limit


@kernel
def _wrap(values: npt.NDArray[Any], low: float, high: float) -> None:
    span = high - low
    for i in range(values.size):
        value = values[i]
        if value < low or value >= high:
            wrapped = low + (value - low) % span
            values[i] = wrapped if wrapped < high else low


_KERNELS = {"clamp": _clamp, "reflect": _reflect, "wrap": _wrap}
