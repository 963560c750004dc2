"""Sums over every cell's neighbours, for the kernels of propagators that spread something."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.kernels import kernel
from murk_env.lattice import Lattice, Stencil

__all__ = ["add_neighbours", "even_weight", "neighbourhood", "require_even", "whole_table"]


def neighbourhood(lattice: Lattice) -> tuple[Any, ...]:
    """Return the lattice's tables for `add_neighbours`; pass the tuple to kernels unchanged."""
    return _tables(lattice.stencil)


def whole_table(lattice: Lattice) -> tuple[tuple[Any, ...], bool]:
    """Return such tables, and whether they list all cells: done if half of the cells are listed anyway."""
    stencil = lattice.stencil
    if 2 * stencil.boundary.size < lattice.num_cells:
        return _tables(stencil), False
    return _tables(stencil.listing_all(lattice.neighbours)), True


def _tables(stencil: Stencil) -> tuple[Any, ...]:
    return (
        stencil.start,
        stencil.stop,
        stencil.offsets,
        stencil.boundary,
        stencil.boundary_ends,
        stencil.boundary_neighbours,
    )


def even_weight(lattice: Lattice) -> float | None:
    """Return the weight of neighbours in the Laplacian, or None if directions differ."""
    weights = set(lattice.laplacian.tolist())
    return weights.pop() if len(weights) == 1 else None


def require_even(who: str, lattice: Lattice) -> None:
    """Raise PipelineError on a lattice whose directions have different weights in the Laplacian."""
    if even_weight(lattice) is None:
        raise PipelineError(
            f"{who} spreads alike in all directions, but the cells of {lattice!r} are not as far apart along "
            f"all axes; give the lattice one spacing."
        )


@kernel
def add_neighbours(values: Any, total: Any, neighbours: Any) -> None:
    """Set the total of every cell to the sum of its neighbours' values, in the order of directions.

    Call it from kernels. Using the lattice's stencil it is several times as fast as a loop over the table of
    neighbours.

    Args:
        values: one world's values, (num_cells,).
        total: their sums, (num_cells,) of the same dtype; 0 for a cell without neighbours.
        neighbours: the lattice's `neighbourhood`.
    """
    first, last, offsets, boundary, ends, table = neighbours
    _add_at_offsets(values, total, first, last, offsets)
    for index in range(ends[0]):
        total[boundary[index]] = 0
    _add_from_table(values, total, offsets, boundary, ends, table)


@kernel
def _add_at_offsets(values: Any, total: Any, first: int, last: int, offsets: Any) -> None:
    for index in range(first, last):
        cell = np.uint64(index)
        added = values[cell + offsets[0]]
        for direction in range(1, len(offsets)):
            added += values[cell + offsets[direction]]
        total[cell] = added


@kernel
def _add_from_table(
    values: Any,
    total: Any,
    offsets: Any,  # only its length is used, which is known at compile time: the inner loop is unrolled
    cells: npt.NDArray[np.uint32],
    ends: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint32],
) -> None:
    for degree in range(1, len(offsets) + 1):
        for index in range(ends[degree - 1], ends[degree]):
            place = np.uint64(index)
            added = values[table[place, 0]]
            for direction in range(1, degree):
                added += values[table[place, direction]]
            total[cells[place]] = added
