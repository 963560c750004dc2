"""Groups of cells with equal surroundings, found without examining every cell."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from murk_env.lattice import Lattice

__all__: list[str] = []

Ranks = npt.NDArray[np.int64]


def first_alike(lattice: Lattice, half_extents: Sequence[int], hop: Sequence[int] | None) -> Ranks:
    """Return for every cell the first cell known to have equal surroundings, (num_cells,) ranks.

    Two cells have equal surroundings if along every axis they have the same coordinate, or both are at least
    the window's extent away from a border and a whole number of the lattice's own periods apart (every second
    coordinate on FCC, whose points fill half of the box). If the window depends on distances, hops must also
    be the same everywhere except at the borders. On any other lattice every cell is its own group.

    Args:
        lattice: the lattice.
        half_extents: extent of the window to either side, per axis.
        hop: largest change of each coordinate by one hop, if the window depends on distances, which then do
            not lead beyond `half_extents`. None if only coordinates matter.
    """
    places = np.full(lattice.box, -1, np.int64)
    places[tuple(lattice.coordinates.T)] = np.arange(lattice.num_cells)
    for period in (1, 2):
        if _repeats(places, period):
            if hop is None or _hops_alike(lattice, places, hop, period):
                return _inner_as_first(lattice, places, half_extents, period)
            break
    return np.arange(lattice.num_cells)


def _repeats(places: Ranks, period: int) -> bool:
    """Return whether, along each axis, ranks grow by the same amount per period all over the box."""
    for axis in range(places.ndim):
        along = np.moveaxis(places, axis, 0)
        here, there = along[:-period], along[period:]
        cells = here >= 0
        growth = (there - here)[cells]
        if not np.array_equal(cells, there >= 0) or (growth != growth[:1]).any():
            return False
    return True


def _inner_as_first(lattice: Lattice, places: Ranks, margins: Sequence[int], period: int) -> Ranks:
    """Return every cell's rank after mapping interior coordinates to the first of the same phase."""
    first: list[Ranks] = []
    for axis, margin in enumerate(margins):
        coordinate = lattice.coordinates[:, axis].astype(np.int64)
        inner = (coordinate >= margin) & (coordinate < lattice.box[axis] - margin)
        first.append(np.where(inner, margin + (coordinate - margin) % period, coordinate))
    return places[tuple(first)]


def _hops_alike(lattice: Lattice, places: Ranks, hop: Sequence[int], period: int) -> bool:
    """Return whether hops are equal for all cells of a group that are at least one hop from the borders."""
    ends = lattice.coordinates[lattice.neighbours]
    missing = lattice.neighbours[:, :, np.newaxis] < 0
    ways = np.where(missing, lattice.num_cells, ends - lattice.coordinates[:, np.newaxis])
    return np.array_equal(ways, ways[_inner_as_first(lattice, places, hop, period)])
