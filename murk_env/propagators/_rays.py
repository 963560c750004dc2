"""The cells between a viewer and its target, in integer arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from murk_env.lattice import Hex2D, Lattice, Square4, Square8

__all__ = ["Rays", "rays_of"]

Offset = tuple[int, int]  # rows, columns
Gap = tuple[Offset, Offset]  # one cell twice, or two cells between which a ray passes


@dataclass(frozen=True, eq=False)
class Rays:
    """The rays from any cell, as offsets from it in rows and columns.

    Attributes:
        targets: the cell each ray leads to, (num_rays, 2) int32.
        ends: one past the last gap of each ray, (num_rays,) int64; a ray's gaps begin at the previous end.
        gaps: pairs of cells on the way, (num_gaps, 4) int32: sight is blocked where both are opaque.
    """

    targets: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int64]
    gaps: npt.NDArray[np.int32]


@lru_cache(maxsize=16)
def rays_of(lattice: Lattice, radius: int) -> Rays:
    """Return the rays to all cells within a radius, none longer than the lattice is wide or high."""
    rows, cols = lattice.shape
    high, wide = min(radius, rows - 1), min(radius, cols - 1)
    targets: list[Offset] = []
    ends: list[int] = []
    gaps: list[Gap] = []
    for row, col in product(range(-high, high + 1), range(-wide, wide + 1)):
        if 0 < _hops(lattice, row, col) <= radius:
            targets.append((row, col))
            gaps.extend(_hexagons(row, col) if isinstance(lattice, Hex2D) else _squares(row, col))
            ends.append(len(gaps))
    return Rays(
        np.array(targets, np.int32).reshape(-1, 2),
        np.array(ends, np.int64),
        np.array(gaps, np.int32).reshape(-1, 4),
    )


def _hops(lattice: Lattice, row: int, col: int) -> int:
    """Return the distance of an offset on the unrolled plane."""
    if isinstance(lattice, Square4):
        return abs(row) + abs(col)
    if isinstance(lattice, Square8):
        return max(abs(row), abs(col))
    return max(abs(row), abs(col), abs(row + col))


def _squares(row: int, col: int) -> Iterator[Gap]:
    """Yield the squares that the straight line between two centres crosses, and the pairs it passes between.

    The line leaves its (i + 1)th square along an axis at the fraction (i + 1/2) / length; the fractions of
    the two axes are compared without division.
    """
    high, wide = abs(row), abs(col)
    down, right = (1 if row > 0 else -1), (1 if col > 0 else -1)
    i = j = 0
    while (i, j) != (high, wide):
        order = (2 * i + 1) * wide - (2 * j + 1) * high
        if order == 0:  # through the corner of four squares
            yield ((i + 1) * down, j * right), (i * down, (j + 1) * right)
        i, j = i + (order <= 0), j + (order >= 0)
        if (i, j) != (high, wide):
            yield (i * down, j * right), (i * down, j * right)


def _hexagons(row: int, col: int) -> Iterator[Gap]:
    """Yield the hexagon nearest to the line at every hop, or the pair of them if two are equally near.

    After i of n hops the line is at i / n of the way. The axial coordinate that changes by n is an integer
    there; the other is rounded, with halves both down and up, which differ exactly at halves.
    """
    length = max(abs(row), abs(col), abs(row + col))
    for hop in range(1, length):
        if abs(row) == length:
            whole = hop * row // length
            low, high = _rounded(hop * col, length)
            yield (whole, low), (whole, high)
        elif abs(col) == length:
            whole = hop * col // length
            low, high = _rounded(hop * row, length)
            yield (low, whole), (high, whole)
        else:
            whole = hop * (row + col) // length
            low, high = _rounded(hop * row, length)
            yield (low, whole - low), (high, whole - high)


def _rounded(number: int, length: int) -> tuple[int, int]:
    """Return number / length rounded to the nearest integer, with halves down and with halves up."""
    return -((length - 2 * number) // (2 * length)), (2 * number + length) // (2 * length)
