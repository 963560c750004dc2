"""Keeps fields within their bounds: clamp, reflect or wrap, in place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import FieldId, TickGuard
from murk_env.fields import Field
from murk_env.kernels import kernel
from murk_env.kernels.call import KernelCall

__all__ = ["apply_limits", "limit_of", "within_bounds"]

Worlds = npt.NDArray[np.int64]


def apply_limits(guard: TickGuard, ids: Mapping[Field, FieldId], fields: Sequence[Field]) -> None:
    """Bring some fields of a tick back within their bounds; sparse ones only if they were written."""
    for field in fields:
        array = guard.read(ids[field])
        if field.mutability == "sparse" and array is guard.previous(ids[field]):
            continue
        limit_of(guard.update(ids[field]), field)(0, len(array))


def within_bounds(values: npt.NDArray[Any], field: Field) -> npt.NDArray[Any]:
    """Return a copy of some rows, (k, ...), within the field's bounds."""
    inside = values.copy()
    limit_of(inside, field)(0, len(inside))
    return inside


def limit_of(values: npt.NDArray[Any], field: Field, worlds: Worlds | None = None) -> KernelCall:
    """Return the kernel that brings a contiguous writable array (num_worlds, ...) within a field's bounds.

    Args:
        values: the array.
        field: the field with the bounds.
        worlds: the worlds to bring back, all by default; the kernel runs on places in this list.
    """
    low, high = field.bounds
    if field.dtype == np.int32:
        limits = np.iinfo(np.int32)
        low, high = math.ceil(max(low, limits.min)), math.floor(min(high, limits.max))
    rows, kind = values.reshape(len(values), -1), field.dtype.type
    order = np.arange(len(values)) if worlds is None else worlds
    return KernelCall(_KERNELS[field.at_bounds], (order, rows, kind(low), kind(high)))


@kernel
def _clamp(start: int, stop: int, worlds: Worlds, rows: npt.NDArray[Any], low: float, high: float) -> None:
    for index in range(start, stop):
        values = rows[worlds[index]]
        for i in range(values.size):  # written in any case: without a branch, eight cells at once
            value = values[i]
            values[i] = low if value < low else (high if value > high else value)


@kernel
def _any_outside(values: npt.NDArray[Any], low: float, high: float) -> bool:
    """Whether a value is below `low` or not below `high`: without a branch, eight cells at once."""
    found = False
    for i in range(values.size):
        found |= (values[i] < low) | (values[i] >= high)
    return found


@kernel
def _reflect(start: int, stop: int, worlds: Worlds, rows: npt.NDArray[Any], low: float, high: float) -> None:
    span = high - low
    for index in range(start, stop):
        values = rows[worlds[index]]
        if not _any_outside(values, low, high):
            continue
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
        if not _any_outside(values, low, high):
            continue
        for i in range(values.size):
            value = values[i]
            if value < low or value >= high:
                wrapped = low + (value - low) % span
                values[i] = wrapped if wrapped < high else low


_KERNELS = {"clamp": _clamp, "reflect": _reflect, "wrap": _wrap}
