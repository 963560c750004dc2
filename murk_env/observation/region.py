"""Regions: which cells a window shows, around any cell, as a table that kernels read."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.lattice import Lattice
from murk_env.observation._kernels import NO_CELL

__all__ = ["Region", "disk", "rectangle", "whole"]

_CHUNK = 1 << 20  # places looked up at a time, which bounds the memory that making a table takes


@dataclasses.dataclass(frozen=True, eq=False)
class Region:
    """The places of a window, and the cells they show.

    Seen from most cells, a place is the same number of ranks away; so cells are of few kinds (25 on a square
    lattice with a window of 5 x 5), and the table has a row for each kind, not for each cell.

    Attributes:
        box: sides of the box of places, in the order of the coordinates; places count row-major.
        kinds: the kind of every cell, (num_cells,) int32.
        displacements: rank shown at each place minus the rank of the centre, NO_CELL for none,
            (num_kinds, num_places) int32.
    """

    box: tuple[int, ...]
    kinds: npt.NDArray[np.int32]
    displacements: npt.NDArray[np.int32]

    @property
    def num_places(self) -> int:
        """Number of places of the box."""
        return self.displacements.shape[1]

    @functools.cached_property
    def each(self) -> npt.NDArray[np.int32]:
        """Every place as a group of its own, (num_places, 1) int32."""
        return np.arange(self.num_places, dtype=np.int32)[:, np.newaxis]


@functools.lru_cache(maxsize=64)
def disk(lattice: Lattice, radius: int) -> Region:
    """Return the cells within `radius` hops, in the box that holds them.

    The box reaches `radius` places to either side, or further where one hop changes a coordinate by more
    than one.
    """
    return _region(lattice, tuple(radius * step for step in _longest_steps(lattice)), radius)


@functools.lru_cache(maxsize=64)
def rectangle(lattice: Lattice, half_extents: tuple[int, ...]) -> Region:
    """Return the cells of a box that reaches `half_extents` to either side, axis by axis."""
    return _region(lattice, half_extents, None)


def whole(shape: tuple[int, ...]) -> Region:
    """Return all cells of a lattice of this shape, seen from cell 0."""
    num_cells = math.prod(shape)
    places = np.arange(num_cells, dtype=np.int32)[np.newaxis]
    return Region(shape, np.zeros(num_cells, np.int32), places)


def _longest_steps(lattice: Lattice) -> npt.NDArray[np.int64]:
    """Return by how much one hop changes each coordinate at most, and at least 1, (ndim,)."""
    cells, directions = np.nonzero(lattice.neighbours >= 0)
    ends = lattice.coordinates[lattice.neighbours[cells, directions]].astype(np.int64)
    steps = np.abs(ends - lattice.coordinates[cells])
    around = np.array(lattice.periods)
    steps = np.where(around > 0, np.minimum(steps, around - steps), steps)
    return np.maximum(1, steps.max(axis=0, initial=1))


def _region(lattice: Lattice, half_extents: tuple[Any, ...], radius: int | None) -> Region:
    box = tuple(2 * int(extent) + 1 for extent in half_extents)
    offsets = np.indices(box).reshape(len(box), -1).T - np.array(half_extents, np.int64)
    kinds = np.empty(lattice.num_cells, np.int32)
    rows: dict[bytes, int] = {}
    step = max(1, _CHUNK // len(offsets))
    for start in range(0, lattice.num_cells, step):
        cells = np.arange(start, min(start + step, lattice.num_cells))
        table = _displacements(lattice, cells, offsets, radius)
        as_bytes = table.view(f"V{table.strides[0]}").ravel().tolist()
        kinds[cells] = [rows.setdefault(row, len(rows)) for row in as_bytes]
    displacements = np.frombuffer(b"".join(rows), np.int32).reshape(len(rows), len(offsets)).copy()
    return Region(box, kinds, displacements)


def _displacements(
    lattice: Lattice, cells: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64], radius: int | None
) -> npt.NDArray[np.int32]:
    """Return rank at each offset minus rank of the cell, (num_cells, num_offsets)."""
    centres = np.broadcast_to(cells[:, np.newaxis], (len(cells), len(offsets)))
    shown = lattice.shifted(centres, offsets)
    valid = shown >= 0
    if radius is not None:
        valid &= lattice.distance(centres, np.where(valid, shown, centres)) <= radius
    return np.where(valid, shown - centres, NO_CELL).astype(np.int32)
