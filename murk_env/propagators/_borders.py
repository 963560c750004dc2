"""The sides of a lattice, and the tables that a propagator's kernel needs for the boundaries there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError, did_you_mean
from murk_env.fields import Field, Parameter
from murk_env.kernels import KernelCall, kernel
from murk_env.lattice import Lattice
from murk_env.propagators._inputs import batched
from murk_env.propagators.boundaries import Boundary, Flux, Given, Periodic, Value
from murk_env.propagators.coefficients import Coefficient
from murk_env.propagators.frame import Frame

__all__ = ["Borders", "Faces", "sides_of"]

Cells = npt.NDArray[np.uint32]
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Faces:
    """The faces of border cells at which a value or a flux is given, side by side.

    Attributes:
        cells: the cell of each face, (num_faces,).
        directions: the direction that leads out through it, (num_faces,).
        fluxes: 1 / spacing where a flux is given, 0 elsewhere, (num_faces,).
        pulls: weight of the difference to a given value in the lattice's Laplacian, 2 / spacing**2, since the
            face is half a spacing away; 0 where a flux is given, (num_faces,).
    """

    cells: Cells
    directions: Cells
    fluxes: Reals
    pulls: Reals


@lru_cache(maxsize=16)
def sides_of(lattice: Lattice) -> Mapping[str, npt.NDArray[np.intp]]:
    """Return the cells at every side of a lattice, by the direction that leads out.

    These cells have no neighbour in that direction, or are their own by a clamped edge.
    """
    itself = lattice.neighbours == np.arange(lattice.num_cells)[:, np.newaxis]
    held = itself & ~lattice.neighbour_displacements.any(axis=2)
    out = (lattice.neighbours < 0) | held
    found = {name: np.flatnonzero(out[:, index]) for index, name in enumerate(lattice.directions)}
    return {name: cells for name, cells in found.items() if cells.size}


class Borders:
    """The boundaries of one propagator.

    Args:
        given: boundaries by side; the key "" stands for all sides.
    """

    def __init__(self, given: Mapping[str, Boundary]) -> None:
        self._given = given
        self._sources = [boundary.given for boundary in given.values() if boundary.given is not None]

    @property
    def named(self) -> bool:
        """Whether any boundary was named."""
        return bool(self._given)

    @property
    def active(self) -> bool:
        """Whether a value or a flux is given anywhere."""
        return bool(self._sources)

    @property
    def numbers(self) -> tuple[Coefficient, ...]:
        """The given numbers and parameters, for the propagator's coefficients, in order."""
        return tuple(self._as_number(given) for given in self._sources if not _is_field(given))

    @staticmethod
    def _as_number(given: Given) -> Coefficient:
        return given if isinstance(given, Parameter) else float(cast(float, given))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The given fields, for the propagator's `reads`."""
        found = [given for given in self._sources if isinstance(given, Field) and _is_field(given)]
        return tuple(dict.fromkeys(found))

    @property
    def values(self) -> tuple[Field, ...]:
        """The parameters and fields in the unit of the field that the propagator changes."""
        kept = [one.given for one in self._given.values() if isinstance(one, Value)]
        return tuple(given for given in kept if isinstance(given, Field))

    def bounds(self) -> tuple[float, float]:
        """Return the lowest and highest given value; a flux makes the bound on its side infinite."""
        low, high = float("inf"), float("-inf")
        for boundary in self._given.values():
            least, most = _bounds_of(boundary.given)
            if isinstance(boundary, Value):
                low, high = min(low, least), max(high, most)
            elif isinstance(boundary, Flux):
                low = min(low, float("-inf") if least < 0.0 else 0.0)
                high = max(high, float("inf") if most > 0.0 else 0.0)
        return low, high

    def check(self, who: str, lattice: Lattice) -> None:
        """Raise PipelineError for a side that the lattice lacks, or a boundary that is impossible there."""
        sides = sides_of(lattice)
        for side, boundary in self._given.items():
            if isinstance(boundary, Periodic) and (side in sides or (not side and sides)):
                raise PipelineError(
                    f"{who} has a periodic boundary, but {lattice!r} has sides: {list(sides)}; make the "
                    f'lattice with edge="wrap", or Ring1D instead of Line1D.'
                )
            around = isinstance(boundary, Periodic) and (not side or side in lattice.directions)
            if not around and (side not in sides if side else not sides):
                raise PipelineError(
                    f"{who} has a boundary at {side!r}, but that is no side of {lattice!r}; "
                    f"{did_you_mean(side, list(sides)) if sides else 'it has none, as it wraps everywhere.'}"
                )
            if isinstance(boundary, Flux | Value):
                _check_straight(who, lattice)

    def faces(self, lattice: Lattice) -> Faces:
        """Return the faces at which values and fluxes are given."""
        lengths = np.sqrt((lattice.displacements**2).sum(axis=1))
        parts = [
            (cells, np.full(cells.size, lattice.directions.index(side)), isinstance(boundary, Value))
            for side, boundary, cells in self._given_sides(lattice)
        ]
        cells = np.concatenate([part[0] for part in parts] or [np.empty(0, np.intp)])
        directions = np.concatenate([part[1] for part in parts] or [np.empty(0, np.intp)])
        held = np.concatenate([np.full(part[0].size, part[2]) for part in parts] or [np.empty(0, np.bool_)])
        return Faces(
            cells.astype(np.uint32),
            directions.astype(np.uint32),
            np.where(held, 0.0, 1.0 / lengths[directions]),
            np.where(held, 2.0 * lattice.laplacian[directions], 0.0),
        )

    def stiffness(self, lattice: Lattice) -> float:
        """Return the largest sum of a cell's weights in the Laplacian, given values included."""
        faces = self.faces(lattice)
        sums = ((lattice.neighbours >= 0) * lattice.laplacian).sum(axis=1)
        np.add.at(sums, faces.cells, faces.pulls)
        return float(sums.max())

    def gather(self, frame: Frame, first_column: int) -> tuple[npt.NDArray[Any], list[KernelCall]]:
        """Return an array for the given numbers at all faces, (num_worlds, num_faces), and what fills it.

        Args:
            frame: the propagator's frame.
            first_column: the column of the first of `numbers` among its coefficients.
        """
        numbers = [given for given in self._sources if not _is_field(given)]
        columns = {given: first_column + place for place, given in enumerate(numbers)}
        sides = self._given_sides(frame.lattice)
        out = np.zeros((frame.num_worlds, sum(cells.size for *_, cells in sides)))
        calls: list[KernelCall] = []
        first = 0
        for _, boundary, cells in sides:
            source = _source(frame, boundary.given, columns)
            picks = cells if source.shape[1] > 1 else np.zeros_like(cells)
            calls.append(KernelCall(_gather, (source, picks.astype(np.uint32), first, out)))
            first += cells.size
        return out, calls

    def _given_sides(self, lattice: Lattice) -> list[tuple[str, Boundary, npt.NDArray[np.intp]]]:
        """Return the sides with a given value or flux, with their boundaries and cells."""
        everywhere = self._given.get("")
        found = [
            (side, self._given.get(side, everywhere), cells) for side, cells in sides_of(lattice).items()
        ]
        return [
            (side, boundary, cells) for side, boundary, cells in found if isinstance(boundary, Flux | Value)
        ]


def _is_field(given: object) -> bool:
    return isinstance(given, Field) and not isinstance(given, Parameter)


def _bounds_of(given: Given | None) -> tuple[float, float]:
    if given is None:
        return 0.0, 0.0
    return given.bounds if isinstance(given, Field) else (float(given), float(given))


def _check_straight(who: str, lattice: Lattice) -> None:
    """Raise PipelineError on a lattice whose sides are not made of one face per border cell."""
    oblique = np.flatnonzero((np.abs(lattice.displacements) > 1e-9 * lattice.scale).sum(axis=1) != 1)
    if oblique.size:
        raise PipelineError(
            f"{who} has a given value or flux at a side of {lattice!r}, but its hops to "
            f"{lattice.directions[oblique[0]]!r} lead along no axis, so that a side has no faces of its own; "
            f"use NoFlux there, or Line1D, Square4 or a Product of them."
        )


def _source(frame: Frame, given: Any, columns: Mapping[Any, int]) -> npt.NDArray[Any]:
    """Return the array of a boundary's values, (num_worlds or 1, 1 or num_cells)."""
    if not _is_field(given):
        return np.ascontiguousarray(frame.coefficients[:, columns[given]])[:, np.newaxis]
    array = frame.read(given)
    if given.over == "cells":
        return batched(given, array)
    return array.reshape(-1, 1)


@kernel
def _gather(
    start: int,
    stop: int,
    source: npt.NDArray[Any],  # (num_worlds or 1, 1 or num_cells)
    picks: Cells,  # (num_faces of a side,)
    first: int,
    out: Reals,  # (num_worlds, num_faces)
) -> None:
    """Copy the given values at the faces of one side in the worlds [start, stop)."""
    for world in range(start, stop):
        row = source[min(world, source.shape[0] - 1)]
        for index in range(picks.size):
            out[world, first + index] = row[picks[index]]
