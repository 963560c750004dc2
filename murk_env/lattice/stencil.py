"""A lattice's neighbours as plain arrays for kernels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Stencil"]

_VECTOR = 16  # float32 in 64 bytes, which fields are aligned to


@dataclass(frozen=True, eq=False)
class Stencil:
    """Most cells have their neighbours at constant offsets; the others are listed.

    A kernel runs over ``[start, stop)`` with constant offsets, all of them in range, and then computes the
    boundary cells again through their table. Indices are unsigned, so that numba does not check each for
    counting from the end, which would halve the speed.

    Attributes:
        start: first cell of the run, rounded down to a whole vector if neighbours stay in range.
        stop: one past its last cell, rounded up likewise; equal to ``start`` on a lattice without constant
            offsets.
        offsets: a neighbour's rank minus the cell's own, in the order of directions; as uint64, to which a
            cell's rank is added modulo 2**64. A tuple, so that a kernel's compiler knows the length.
        boundary: the cells whose neighbours are not at the offsets, by degree and then by rank,
            (num_boundary,) uint32. Those within the run have a wrong value by then.
        boundary_ends: the number of boundary cells of degree 0, at most 1, ..., at most num_directions,
            (num_directions + 1,) int64.
        boundary_neighbours: their neighbours in the order of directions without gaps, then 0,
            (num_boundary, num_directions) uint32.
    """

    start: int
    stop: int
    offsets: tuple[np.uint64, ...]
    boundary: npt.NDArray[np.uint32]
    boundary_ends: npt.NDArray[np.int64]
    boundary_neighbours: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, neighbours: npt.NDArray[np.int32]) -> "Stencil":
        """Find the constant offsets in a table of neighbours (num_cells, num_directions), -1 for none."""
        num_directions = neighbours.shape[1]
        displacements = neighbours.astype(np.int64) - np.arange(len(neighbours))[:, np.newaxis]
        complete = (neighbours >= 0).all(axis=1)
        offsets = _commonest_row(displacements[complete], num_directions)
        regular = complete & (displacements == offsets).all(axis=1)
        start, stop = _widened(*_run(regular), offsets, len(neighbours))
        regular[:start] = regular[stop:] = False
        return cls(
            start, stop, tuple(offsets.view(np.uint64)), *_by_degree(neighbours, np.flatnonzero(~regular))
        )

    def listing_all(self, neighbours: npt.NDArray[np.int32]) -> "Stencil":
        """Return a stencil without a run, whose table lists every cell; `neighbours` as for `of`."""
        return Stencil(0, 0, self.offsets, *_by_degree(neighbours, np.arange(len(neighbours))))


def _by_degree(
    neighbours: npt.NDArray[np.int32], cells: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
    """Return the table of some cells: the cells by degree, the ends of each degree, their neighbours."""
    degree = (neighbours[cells] >= 0).sum(axis=1)
    order = np.argsort(degree, kind="stable")
    ends = np.cumsum(np.bincount(degree, minlength=neighbours.shape[1] + 1))
    table = _without_gaps(neighbours[cells[order]])
    return _frozen(cells[order], np.uint32), _frozen(ends, np.int64), _frozen(table, np.uint32)


def _run(regular: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return the range from the first regular cell to the last, empty if too few cells in it are regular.

    Through the table, a cell takes about four times as long as in the run.
    """
    cells = np.flatnonzero(regular)
    if not cells.size:
        return 0, 0
    start, stop = int(cells[0]), int(cells[-1]) + 1
    return (start, stop) if 4 * cells.size >= stop - start else (0, 0)


def _widened(start: int, stop: int, offsets: npt.NDArray[np.int64], num_cells: int) -> tuple[int, int]:
    """Widen a run to whole vectors of aligned memory, as far as all neighbours are in range.

    On large squares that is a tenth to a fifth faster. The added cells are computed again with the boundary.
    """
    if start == stop:
        return start, stop
    lowest, highest = -min(0, int(offsets.min())), num_cells - max(0, int(offsets.max()))
    down, up = start - start % _VECTOR, stop + -stop % _VECTOR
    return max(down, lowest), min(up, highest)


def _commonest_row(rows: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.int64]:
    """Return the row that occurs most often; only the first of consecutive equal rows is sorted."""
    if not len(rows):
        return np.zeros(width, np.int64)
    heads = np.flatnonzero(np.append(True, np.asarray(rows[1:] != rows[:-1]).any(axis=1)))
    lengths = np.diff(np.append(heads, len(rows)))
    values, inverse = np.unique(rows[heads], axis=0, return_inverse=True)
    return values[np.bincount(inverse.ravel(), weights=lengths).argmax()]


def _without_gaps(table: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Move the -1 of every row behind its neighbours, keeping their order, and set them to 0."""
    order = np.argsort(table < 0, axis=1, kind="stable")
    return np.maximum(np.take_along_axis(table, order, axis=1), 0)


def _frozen(array: npt.NDArray[Any], dtype: type[np.generic]) -> npt.NDArray[Any]:
    frozen = np.ascontiguousarray(array, dtype)
    frozen.flags.writeable = False
    return frozen
