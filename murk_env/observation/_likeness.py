"""Which cells of a lattice see the same around them, found without looking from every one of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from murk_env.lattice import Lattice

__all__: list[str] = []

Ranks = npt.NDArray[np.int64]


def first_alike(lattice: Lattice, half_extents: Sequence[int], hop: Sequence[int] | None) -> Ranks:
    """Return for every cell the first of those that are known to see the same, (num_cells,) ranks.

    Two cells see the same if along every axis they have the same coordinate, or both are no nearer to a
    border than what is seen reaches, and a whole number of the lattice's own periods apart (every second
    coordinate on FCC, whose points fill half of the box). Where what is seen depends on distances, hops must
    be the same everywhere but at the borders too. On any other lattice every cell is by itself.

    Args:
        lattice: the lattice.
        half_extents: how far is seen to either side, axis by axis.
        hop: how far one hop leads at most, axis by axis, if what is seen depends on distances: those within
            so many hops that none leads beyond `half_extents`. None if coordinates alone matter.
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
    """Return whether ranks grow by the same all over the box from one period to the next, axis by axis."""
    for axis in range(places.ndim):
        along = np.moveaxis(places, axis, 0)
        here, there = along[:-period], along[period:]
        cells = here >= 0
        growth = (there - here)[cells]
        if not np.array_equal(cells, there >= 0) or (growth != growth[:1]).any():
            return False
    return True


def _inner_as_first(lattice: Lattice, places: Ranks, margins: Sequence[int], period: int) -> Ranks:
    """Return every cell's rank after all coordinates off the margins are made the first of their like."""
    first: list[Ranks] = []
    for axis, margin in enumerate(margins):
        coordinate = lattice.coordinates[:, axis].astype(np.int64)
        inner = (coordinate >= margin) & (coordinate < lattice.box[axis] - margin)
        first.append(np.where(inner, margin + (coordinate - margin) % period, coordinate))
    return places[tuple(first)]


def _hops_alike(lattice: Lattice, places: Ranks, hop: Sequence[int], period: int) -> bool:
    """Return whether hops lead the same way from all alike cells that are a hop away from the borders."""
    ends = lattice.coordinates[lattice.neighbours]
    missing = lattice.neighbours[:, :, np.newaxis] < 0
    ways = np.where(missing, lattice.num_cells, ends - lattice.coordinates[:, np.newaxis])
    return np.array_equal(ways, ways[_inner_as_first(lattice, places, hop, period)])
