"""What laws are given, made ready for kernels: fields that may be static, radii, cells."""

import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import PropagatorConfigError
from murk_env.field import Field

__all__ = ["batched", "checked_radius"]


def batched(field: Field, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a field's array with a worlds axis, (1, ...) for a static one.

    A kernel reads row `min(world, len(array) - 1)`, which serves both.
    """
    return array[np.newaxis] if field.mutability == "static" else array


def checked_radius(owner: str, radius: object) -> int:
    """Return a radius as an int of at least 1, or raise PropagatorConfigError."""
    try:
        hops = operator.index(radius)  # pyright: ignore[reportArgumentType]
    except TypeError:
        hops = 0
    if hops < 1:
        raise PropagatorConfigError(f"{owner}'s radius is a number of hops, an integer >= 1, not {radius!r}.")
    return hops
