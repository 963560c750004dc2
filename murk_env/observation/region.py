"""Regions: the cells that a window shows around any cell, as a table that kernels read."""

import dataclasses
import functools
import math
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import BlueprintError
from murk_env.kernels.lanes import LANES
from murk_env.lattice import Lattice
from murk_env.observation._checks import MOST
from murk_env.observation._likeness import first_alike
from murk_env.observation._window_kernels import NO_CELL, count_cells

__all__ = ["Counts", "Region", "disk", "rectangle", "whole"]

Cells = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_CHUNK = 1 << 20  # places looked up at a time, which bounds the memory needed to build a table
_SMALL = 1 << 16  # a window of up to so many places is never too large for the lattice

_known: "weakref.WeakKeyDictionary[Lattice, dict[Any, Region]]" = weakref.WeakKeyDictionary()


@dataclasses.dataclass(frozen=True)
class Counts:
    """How many cells the results of a window pool, over all possible centres.

    Attributes:
        fewest: the smallest number above 0; 0 if there is never any cell.
        most: the largest number.
        gaps: whether the number can be 0.
    """

    fewest: int
    most: int
    gaps: bool


@dataclasses.dataclass(frozen=True, eq=False)
class Pieces:
    """Places that can be copied by LANES at a time, row by row of the box.

    A piece may reach beyond its row: the next piece, or a copy place by place, overwrites what is beyond.

    Attributes:
        places: the first place of each piece, ascending, (num_pieces,) int64.
        rest: the place from which on places are not in pieces.
        starts: rank of a piece's first place minus that of the centre, (num_kinds, num_pieces) int32.
        serve: the cells from which every piece shows cells side by side and reads within the lattice,
            (num_cells,) bool.
        shown: 1 where a place shows a cell, from each kind, else 0, (num_kinds, num_places + LANES).
    """

    places: npt.NDArray[np.int64]
    rest: int
    starts: npt.NDArray[np.int32]
    serve: npt.NDArray[np.bool_]
    shown: npt.NDArray[np.float32]

    @property
    def pay(self) -> bool:
        """Whether to use them: they serve half of the cells, and hold half of the places, four each."""
        num_places, most_cells = self.shown.shape[1] - LANES, 2 * self.serve.sum() >= self.serve.size
        return bool(most_cells and self.rest >= max(num_places / 2, 4 * self.places.size))


@dataclasses.dataclass(frozen=True, eq=False)
class Region:
    """The places of a window, and the cells they show.

    From most cells, a place has the same difference of ranks, so there are few kinds of cells (25 on a square
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
        """Every place as a separate group, (num_places, 1) int32."""
        return np.arange(self.num_places, dtype=np.int32)[:, np.newaxis]

    @functools.cached_property
    def nearby(self) -> npt.NDArray[np.int32]:
        """The displacements, 0 where a place shows no cell, (num_kinds, num_places)."""
        return np.where(self.displacements == NO_CELL, np.int32(0), self.displacements)

    @functools.cached_property
    def shown(self) -> npt.NDArray[np.float32]:
        """1 where a place shows a cell, from each kind, else 0, (num_kinds, num_places)."""
        return (self.displacements != NO_CELL).astype(np.float32)

    @functools.cached_property
    def pieces(self) -> "Pieces":
        """The places in pieces of LANES that lie side by side in the lattice, too."""
        return _pieces(self)

    def counts(self, groups: npt.NDArray[np.int32], low: float, high: float) -> Counts:
        """Return how many cells groups of places show.

        Args:
            groups: the places of each result, (num_results, size).
            low: the lowest centre; one that is not a cell shows none.
            high: the highest centre.
        """
        last = len(self.kinds) - 1
        centres = self.kinds[int(max(low, 0)) : int(min(high, last)) + 1]
        fewest, most, empty = count_cells(np.unique(centres), self.displacements, groups)
        return Counts(fewest, most, gaps=bool(empty) or low < 0 or high > last)


def _pieces(region: Region) -> Pieces:
    num_cells, num_places, width = len(region.kinds), region.num_places, region.box[-1]
    firsts = [row + part for row in range(0, num_places, width) for part in range(0, width, LANES)]
    places = [first for first in firsts if first + LANES <= num_places]
    starts, serve = np.zeros((len(region.displacements), 0), np.int64), np.zeros(num_cells, np.bool_)
    if places:
        lengths = [min(LANES, width - first % width) for first in places]
        spans = zip(places, lengths, strict=True)
        found = [_start_of(region.displacements[:, first : first + length]) for first, length in spans]
        starts, shows, in_order = (np.stack(part, axis=1) for part in zip(*found, strict=True))
        some = np.take_along_axis(starts, shows.argmax(axis=1)[:, np.newaxis], axis=1)
        starts = np.where(shows, starts, some)  # a piece that shows no cell may be read anywhere
        cells, lowest, highest = np.arange(num_cells), starts.min(axis=1), starts.max(axis=1)
        serve = (cells + lowest[region.kinds] >= 0) & (cells + highest[region.kinds] + LANES <= num_cells)
        serve &= (np.all(in_order, axis=1) & np.any(shows, axis=1))[region.kinds]
    return Pieces(
        places=np.array(places, np.int64),
        rest=firsts[len(places)] if len(places) < len(firsts) else num_places,
        starts=starts.astype(np.int32),
        serve=serve,
        shown=np.pad(region.shown, ((0, 0), (0, LANES))),
    )


def _start_of(displacements: npt.NDArray[np.int32]) -> tuple[Cells, Mask, Mask]:
    """Return for each kind a piece's start, whether it shows any cell, and whether they are side by side."""
    shown, length = displacements != NO_CELL, int(displacements.shape[1])
    begin: Cells = displacements.astype(np.int64) - np.arange(length)
    start = np.where(shown, begin, np.iinfo(np.int64).min).max(axis=1)
    return start, shown.any(axis=1), np.all((begin == start[:, np.newaxis]) | ~shown, axis=1)


def disk(lattice: Lattice, radius: int) -> Region:
    """Return the cells within `radius` hops, in the box that holds them.

    The box reaches `radius` places to either side, or further where one hop changes a coordinate by more
    than one.

    Raises:
        BlueprintError: it is far larger than the lattice.
    """
    return _region(lattice, tuple(radius * step for step in _longest_steps(lattice)), radius)


def rectangle(lattice: Lattice, half_extents: tuple[int, ...]) -> Region:
    """Return the cells of a box that reaches `half_extents` to either side, axis by axis.

    Raises:
        BlueprintError: it is far larger than the lattice.
    """
    return _region(lattice, half_extents, None)


def whole(shape: tuple[int, ...]) -> Region:
    """Return all cells of a lattice of this shape, seen from cell 0."""
    num_cells = math.prod(shape)
    places = np.arange(num_cells, dtype=np.int32)[np.newaxis]
    return Region(shape, np.zeros(num_cells, np.int32), places)


def _longest_steps(lattice: Lattice) -> list[int]:
    """Return the largest change of each coordinate by one hop, at least 1, (ndim,)."""
    cells, directions = np.nonzero(lattice.neighbours >= 0)
    ends = lattice.coordinates[lattice.neighbours[cells, directions]].astype(np.int64)
    steps = np.abs(ends - lattice.coordinates[cells])
    around = np.array(lattice.periods)
    steps = np.where(around > 0, np.minimum(steps, around - steps), steps)
    return np.maximum(1, steps.max(axis=0, initial=1)).tolist()


def _region(lattice: Lattice, half_extents: tuple[int, ...], radius: int | None) -> Region:
    """Return the region, cached as long as the lattice is alive."""
    regions = _known.setdefault(lattice, {})
    key = half_extents, radius
    if key not in regions:
        regions[key] = _new_region(lattice, half_extents, radius)
    return regions[key]


def _new_region(lattice: Lattice, half_extents: tuple[int, ...], radius: int | None) -> Region:
    box = tuple(2 * extent + 1 for extent in half_extents)
    _check_places(lattice, box)
    alike = first_alike(lattice, half_extents, None if radius is None else _longest_steps(lattice))
    firsts = np.flatnonzero(alike == np.arange(lattice.num_cells))
    _check_table(lattice, box, len(firsts))
    kinds_of_firsts, displacements = _rows(lattice, firsts, half_extents, radius)
    kinds = np.empty(lattice.num_cells, np.int32)
    kinds[firsts] = kinds_of_firsts
    return Region(box, kinds[alike], displacements)


def _check_places(lattice: Lattice, box: tuple[int, ...]) -> None:
    enough = tuple(2 * side - 1 for side in lattice.box)
    if math.prod(box) > max(_SMALL, math.prod(enough)):
        raise BlueprintError(
            f"a Window of the sides {box} is far larger than {lattice!r}: one of the sides {enough} shows "
            f"every cell from everywhere; reach less far."
        )


def _check_table(lattice: Lattice, box: tuple[int, ...], num_kinds: int) -> None:
    if math.prod(box) * num_kinds > MOST:
        raise BlueprintError(
            f"a Window of the sides {box} on {lattice!r} needs a table of {num_kinds} kinds of cells x "
            f"{math.prod(box)} places, more than {MOST}; reach less far, or see the whole by Observe."
        )


def _rows(
    lattice: Lattice, cells: Cells, half_extents: tuple[int, ...], radius: int | None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the kind of some cells, and the displacements of every kind, in order of appearance."""
    box = tuple(2 * extent + 1 for extent in half_extents)
    offsets = np.indices(box).reshape(len(box), -1).T - np.array(half_extents, np.int64)
    kinds = np.empty(len(cells), np.int32)
    rows: dict[bytes, int] = {}
    step = max(1, _CHUNK // len(offsets))
    for start in range(0, len(cells), step):
        table = _displacements(lattice, cells[start : start + step], offsets, radius)
        as_bytes = table.view(f"V{table.strides[0]}").ravel().tolist()
        kinds[start : start + step] = [rows.setdefault(row, len(rows)) for row in as_bytes]
    displacements = np.frombuffer(b"".join(rows), np.int32).reshape(len(rows), len(offsets)).copy()
    return kinds, displacements


def _displacements(
    lattice: Lattice, cells: Cells, offsets: npt.NDArray[np.int64], radius: int | None
) -> npt.NDArray[np.int32]:
    """Return rank at each offset minus rank of the cell, (num_cells, num_offsets)."""
    centres = np.broadcast_to(cells[:, np.newaxis], (len(cells), len(offsets)))
    shown = lattice.shifted(centres, offsets)
    valid = shown >= 0
    if radius is not None:
        valid &= lattice.distance(centres, np.where(valid, shown, centres)) <= radius
    return np.where(valid, shown - centres, NO_CELL).astype(np.int32)
