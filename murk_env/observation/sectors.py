"""Sectors: the cells in each ring and direction around any cell, as a table that kernels read."""

import dataclasses
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import BlueprintError
from murk_env.kernels import kernel
from murk_env.lattice import Lattice
from murk_env.observation._checks import MOST
from murk_env.observation.region import Counts
from murk_env.observation.ways import Vectors, basis_of, shifts_of, shortest

__all__ = ["Sectors", "sectors_of"]

Cells = npt.NDArray[np.int64]

_EVERY = -1  # the sector of a cell without a direction
_DIGITS = 6  # decimals of a sector: closer directions count as the border between two sectors

_known: "weakref.WeakKeyDictionary[Lattice, dict[Any, Sectors]]" = weakref.WeakKeyDictionary()


@dataclasses.dataclass(frozen=True, eq=False)
class Sectors:
    """The cells of every ring and sector, seen from every cell.

    Attributes:
        members: the cells of each centre's groups, one group after another, by rank within each,
            (num_members,) int32.
        ends: the beginning of a centre's first group, then the end of each, (num_cells, num_rings * sectors +
            1) int32.
    """

    members: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]

    def counts(self, low: float, high: float) -> Counts:
        """Return how many cells the groups hold.

        Args:
            low: the lowest centre; one that is not a cell sees none.
            high: the highest centre.
        """
        last = len(self.ends) - 1
        counts = np.diff(self.ends[int(max(low, 0)) : int(min(high, last)) + 1])
        fewest, most = counts[counts > 0].min(initial=len(self.ends)), counts.max(initial=0)
        gaps = bool((counts == 0).any()) or low < 0 or high > last or not counts.size
        return Counts(int(fewest) if most else 0, int(most), gaps=gaps)


def sectors_of(lattice: Lattice, begin: tuple[int, ...], sectors: int) -> Sectors:
    """Return the table, cached as long as the lattice is alive.

    Raises:
        BlueprintError: the lattice is too large, or wraps with positions that are not linear in coordinates.
    """
    tables = _known.setdefault(lattice, {})
    if (begin, sectors) not in tables:
        tables[begin, sectors] = _new_table(lattice, begin, sectors)
    return tables[begin, sectors]


def _new_table(lattice: Lattice, begin: tuple[int, ...], sectors: int) -> Sectors:
    num_groups = len(begin) * sectors
    if lattice.num_cells * max(lattice.num_cells, num_groups) > MOST:
        raise BlueprintError(
            f"Rings on {lattice!r} need a table of {lattice.num_cells} cells seen from as many, more than "
            f"{MOST} in all; show a Window, or Observe with pooled()."
        )
    shifts = shifts_of(lattice, basis_of("Rings", lattice)) / lattice.scale.min()
    members: list[npt.NDArray[np.int32]] = []
    counts = np.zeros((lattice.num_cells, num_groups + 1), np.int64)
    for centre in range(lattice.num_cells):
        groups, cells = _groups(lattice, centre, begin, sectors, shifts)
        members.append(cells[np.argsort(groups, kind="stable")].astype(np.int32))
        counts[centre, 1:] = np.bincount(groups, minlength=num_groups)
        counts[centre, 0] = len(members[-2]) if centre else 0
    counts[:, 0] = np.cumsum(counts[:, 0])
    return Sectors(np.concatenate(members), np.cumsum(counts, axis=1).astype(np.int32))


def _groups(
    lattice: Lattice, centre: int, begin: tuple[int, ...], sectors: int, shifts: Vectors
) -> tuple[Cells, Cells]:
    """Return all pairs of a group around a centre and a cell in it, by rank."""
    rings = np.searchsorted(begin, lattice.distance(centre, np.arange(lattice.num_cells)), side="right") - 1
    ways = np.zeros((lattice.num_cells, 2))
    _ways_from(centre, lattice.positions / lattice.scale.min(), shifts, ways)
    share = np.arctan2(ways[:, 1], ways[:, 0]) * sectors / (2.0 * np.pi)
    found = np.floor(np.round(share + 0.5, _DIGITS)).astype(np.int64) % sectors
    found[np.abs(ways).max(axis=1) < 10.0**-_DIGITS] = _EVERY
    cells = np.flatnonzero(rings >= 0)
    several = np.where(found[cells] == _EVERY, sectors, 1)
    pairs = np.repeat(cells, several)
    among = np.arange(len(pairs)) - np.repeat(np.cumsum(several) - several, several)
    sector = np.where(found[pairs] == _EVERY, among, found[pairs])
    return rings[pairs] * sectors + sector, pairs


@kernel
def _ways_from(centre: int, positions: Vectors, shifts: Vectors, out: Vectors) -> None:
    """Set the first two axes of the shortest displacement from a cell to every other, (num_cells, 2)."""
    for cell in range(len(positions)):
        shift = shortest(positions[centre], positions[cell], shifts)[1]
        for axis in range(min(2, positions.shape[1])):
            out[cell, axis] = positions[cell, axis] - positions[centre, axis] + shifts[shift, axis]
