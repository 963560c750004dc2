"""The spacing of cells: checks, and the resulting scale of positions and weights of neighbours."""

import numbers
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import LatticeError

__all__ = ["Spacing", "axis_scale", "checked_spacing", "straight_laplacian"]

Spacing = float | tuple[float, ...]

_SHORTEST, _LONGEST = 1e-100, 1e100  # so that neither a square nor its inverse overflows


def checked_spacing(lattice: str, given: object, ndim: int) -> tuple[float, ...]:
    """Return one length for each coordinate.

    Raises:
        LatticeError: it is neither a number > 0 nor one for each coordinate.
    """
    lengths: list[Any] = list(cast("list[Any]", given)) if isinstance(given, tuple | list) else [given] * ndim
    fits = all(isinstance(length, numbers.Real) and length is not True for length in lengths)
    if not fits or len(lengths) != ndim or not all(_SHORTEST <= length <= _LONGEST for length in lengths):
        each = "" if ndim == 1 else f", or {ndim} of them, one for each coordinate"
        raise LatticeError(f"{lattice} takes as spacing a finite number above 0{each}, not {given!r}")
    return tuple(map(float, lengths))


def axis_scale(
    spacing: tuple[float, ...], basis: tuple[tuple[float, ...], ...]
) -> npt.NDArray[np.float64] | None:
    """Return the spacing along each Cartesian axis, (k,); None where an axis mixes unequal spacings."""
    ways = np.array(basis) != 0.0  # (ndim, k)
    lengths = np.where(ways, np.array(spacing)[:, np.newaxis], np.nan)
    if len(set(spacing)) == 1:
        return np.full(len(basis[0]), spacing[0])
    if (ways.sum(axis=0) != 1).any():
        return None
    return np.asarray(np.nansum(lengths, axis=0))


def straight_laplacian(
    spacing: tuple[float, ...], steps: tuple[tuple[int, ...], ...]
) -> npt.NDArray[np.float64] | None:
    """Return 1 / spacing**2 along each step, (num_directions,); None for oblique steps of unequal spacing."""
    if len(set(spacing)) == 1:
        return np.full(len(steps), 1.0 / spacing[0] ** 2)
    axes = [[axis for axis, by in enumerate(step) if by] for step in steps]
    if any(len(of_step) != 1 for of_step in axes):
        return None
    return np.array([1.0 / spacing[of_step[0]] ** 2 for of_step in axes])
