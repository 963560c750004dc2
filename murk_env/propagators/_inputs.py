"""Checks of propagators' numeric arguments; and static fields in the form that kernels read."""

import numbers
import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field

__all__ = ["batched", "checked_radius", "fits_float32", "whole_number"]

_LARGEST = float(np.finfo(np.float32).max)
_FARTHEST = 2**31 - 1  # kernels count hops in int32, and no lattice is as wide


def batched(field: Field, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a field's array with a worlds axis, (1, ...) for a static one.

    A kernel reads row `min(world, len(array) - 1)`, which is right for both.
    """
    return array[np.newaxis] if field.mutability == "static" else array


def fits_float32(value: object) -> bool:
    """Return whether a value is a real number, not a bool, that is finite in float32."""
    if isinstance(value, bool):
        return False
    try:
        return isinstance(value, numbers.Real) and abs(float(value)) <= _LARGEST
    except OverflowError:  # an integer beyond float64
        return False


def whole_number(value: object) -> int:
    """Return an integer of any type as an int, or -1 for anything else, bools included."""
    try:
        return -1 if isinstance(value, bool | np.bool_) else operator.index(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        return -1


def checked_radius(owner: str, radius: object) -> int:
    """Return a radius as an int of at least 1, or raise PropagatorConfigError."""
    hops = whole_number(radius)
    if not 1 <= hops <= _FARTHEST:
        raise PropagatorConfigError(
            f"{owner}'s radius must be a number of hops, an integer from 1 to {_FARTHEST}, not {radius!r}."
        )
    return hops
