"""The slope of a field at every cell, for Gradient, Flow and Diffusion's gradient output."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.lattice import Lattice

__all__ = ["Surroundings", "fill_slopes", "slopes_of", "surroundings_of"]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The displacements to every cell's neighbours; cells with equal displacements are of one kind.

    Attributes:
        neighbours: the cells' neighbours, the cell itself where there is none, (num_cells, num_directions)
            uint32.
        kinds: every cell's kind, (num_cells,) uint32.
        ways: the Cartesian displacements to the neighbours of each kind, in units of the lattice's `scale`
            along each axis, to 12 digits, 0 where there is none, (num_kinds, num_directions, k) float64.
    """

    neighbours: npt.NDArray[np.uint32]
    kinds: npt.NDArray[np.uint32]
    ways: npt.NDArray[np.float64]


@lru_cache(maxsize=16)  # a propagator is bound again whenever a sparse field has moved
def surroundings_of(lattice: Lattice) -> Surroundings:
    """Return the surroundings of a lattice's cells."""
    ways = lattice.neighbour_displacements / lattice.scale
    rows = np.round(ways.reshape(len(ways), -1), 12) + 0.0  # + 0.0 makes -0.0 the same as 0.0
    kinds, kind = np.unique(rows, axis=0, return_inverse=True)
    itself = np.arange(lattice.num_cells)[:, np.newaxis]
    neighbours = np.where(lattice.neighbours < 0, itself, lattice.neighbours)
    return Surroundings(
        neighbours.astype(np.uint32), kind.ravel().astype(np.uint32), kinds.reshape(-1, *ways.shape[1:])
    )


@lru_cache(maxsize=16)
def slopes_of(lattice: Lattice) -> tuple[Any, ...]:
    """Return a lattice's tables for `fill_slopes`.

    The least-squares slope of a cell is a weighted sum of the differences to its neighbours, with one set of
    weights per kind. Along dimensions in which a cell has no neighbours its slope is 0 (the minimum-norm
    solution), which is exact on a lattice without extent there. A cell that sees fewer dimensions than a
    neighbour, such as the corner of a single layer of Fcc12, takes that neighbour's slope.
    """
    around = surroundings_of(lattice)
    moments = (around.ways[:, :, :, np.newaxis] * around.ways[:, :, np.newaxis, :]).sum(axis=1)
    inverses = cast(Any, np.linalg.pinv(moments, rcond=1e-9, hermitian=True))  # numpy leaves its type open
    weights: npt.NDArray[np.float64] = (inverses[:, np.newaxis] * around.ways[:, :, np.newaxis, :]).sum(
        axis=-1
    )
    rounded = np.round(weights, 14) + 0.0  # the same on every machine, and exact where it is 1 / 2
    seen = np.linalg.matrix_rank(moments, tol=1e-9, hermitian=True)[around.kinds]
    best = seen[around.neighbours].argmax(axis=1)
    lenders = around.neighbours[np.arange(lattice.num_cells), best]
    blind = np.flatnonzero(seen < seen[lenders])
    blind = blind[np.argsort(-seen[blind], kind="stable")]  # a lender has its own slope before it lends
    rounded /= lattice.scale
    return around.neighbours, around.kinds, rounded, blind.astype(np.uint32), lenders[blind]


@kernel
def fill_slopes(
    values: npt.NDArray[Any],  # (num_cells,)
    out: npt.NDArray[Any],  # (k, num_cells)
    slopes: Any,
) -> None:
    """Set one world's slopes, summed in float64 in the order of directions.

    Args:
        values: the field.
        out: its slope along every axis.
        slopes: the lattice's tables, from `slopes_of`.
    """
    neighbours, kinds, weights, blind, lenders = slopes
    for axis in range(out.shape[0]):
        for cell in range(values.size):
            kind, here, slope = kinds[cell], np.float64(values[cell]), 0.0
            for direction in range(neighbours.shape[1]):
                rise = np.float64(values[neighbours[cell, direction]]) - here
                slope += weights[kind, direction, axis] * rise
            out[axis, cell] = slope
        for index in range(blind.size):
            out[axis, blind[index]] = out[axis, lenders[index]]
