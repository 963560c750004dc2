"""Neighbours: where the nearest other agents are."""

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import BlueprintError
from murk_env.fields import Field
from murk_env.kernels import kernel
from murk_env.lattice import Grid, Lattice
from murk_env.observation._checks import check_cells, check_name, check_whole
from murk_env.observation.entry import Entry, Fitted, Part, Scene
from murk_env.observation.loop import Loop

__all__ = ["Neighbours"]

Vectors = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Neighbours(Entry):
    """For every agent the displacements to the other agents nearest to it, `(count, num_axes + 1)`.

    A slot is the Cartesian displacement to the other agent (`lattice.positions`; the shortest one where the
    lattice wraps) followed by a 1; unused slots are 0. The nearest agent comes first, of equally
    near ones the lower index. An agent in no cell, such as -1, neither sees nor is seen.

    Attributes:
        field: a scalar int32 field over agents: the cell of each.
        count: number of slots.
        name: key in the dict layout; the field's name by default.

    Raises:
        BlueprintError: the field holds no cells of agents, or count is not an integer >= 1.
    """

    field: Field
    count: int
    name: str | None = None

    def __post_init__(self) -> None:
        check_cells("what Neighbours are found by", self.field)
        if self.field.over != "agents":
            raise BlueprintError(f"Neighbours are found by a field over agents, not {self.field!r}.")
        check_name(f"Neighbours({self.field!r})", self.name)
        check_whole("the number of slots of Neighbours", self.count, 1)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The field that holds the agents' cells."""
        return (self.field,)

    def fit(self, scene: Scene) -> Fitted:
        """Return the slots' shape and bounds; see `Entry.fit`."""
        positions = scene.lattice.positions
        basis = _basis(scene.lattice)
        reach = np.append(_reach(scene.lattice, basis), 1.0).astype(np.float32)
        low = -reach
        low[-1] = 0.0
        shape = (self.count, len(reach))
        part = Part(self.name or self.field.name, shape, low, reach)
        shifts = _shifts(scene.lattice, basis)

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            tables = loop.table(positions), loop.table(shifts)
            loop.call(nearest, loop.row(self.field), "agent", *tables, *parts)

        return Fitted((part,), per_agent=True, write=write)


def _basis(lattice: Lattice) -> Vectors:
    """Return the Cartesian way of one step of each coordinate, (ndim, num_axes).

    Raises:
        BlueprintError: there are no such ways, so that nothing is known of the ways around.
    """
    steps = lattice.coordinates - lattice.coordinates[0].astype(np.float64)
    ways = lattice.positions - lattice.positions[0]
    if isinstance(lattice, Grid):  # it says so itself, also of an axis one cell wide
        basis: Vectors = np.array(lattice.basis, np.float64)
    else:
        basis = np.round(np.asarray(np.linalg.lstsq(steps, ways, rcond=None)[0], np.float64), 12)
    if any(lattice.periods) and not np.allclose(_combined(steps, basis), ways):
        raise BlueprintError(
            f"where a lattice wraps, Neighbours need positions that are linear in the coordinates, as those "
            f"of {lattice!r} are not."
        )
    return basis


def _half(lattice: Lattice) -> npt.NDArray[np.int64]:
    """Return how far two coordinates can lie apart, the shorter way around, (ndim,)."""
    periods = np.array(lattice.periods)
    return np.where(periods > 0, periods // 2, np.array(lattice.box) - 1)


def _reach(lattice: Lattice, basis: Vectors) -> Vectors:
    """Return the largest component that the shortest way between two cells can have, (num_axes,)."""
    if not any(lattice.periods):
        return np.ptp(lattice.positions, axis=0)
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=lattice.ndim)))
    corners = _combined(signs, _half(lattice)[:, np.newaxis] * basis)
    products = _combined(basis, basis.T)
    if np.allclose(products, np.diag(np.diag(products))):
        return np.asarray(np.max(np.abs(corners), axis=0), np.float64)
    longest = math.sqrt(np.max(np.sum(corners**2, axis=1)))
    return np.array([longest] * basis.shape[1], np.float64)


def _shifts(lattice: Lattice, basis: Vectors) -> Vectors:
    """Return all ways around that may make a way shorter, none first, (num_shifts, num_axes).

    Where the axes are oblique, a long way along one is shortened by several turns around another.
    """
    turns: list[Any] = []
    products = _combined(basis, basis.T)
    for axis, period in enumerate(lattice.periods):
        length = products[axis, axis]
        oblique = np.sum(np.abs(np.delete(products[axis], axis)) * np.delete(_half(lattice), axis))
        most = 1 + math.ceil(oblique / (length * period)) if period and length else 0
        turns.append(sorted(range(-most, most + 1), key=abs))
    counts = np.array(list(itertools.product(*turns)), np.float64)
    return _combined(counts * np.array(lattice.periods), basis)


def _combined(coefficients: Vectors, vectors: Vectors) -> Vectors:
    """Return sums of vectors, (n, k) of (n, m) and (m, k), in order: a BLAS's depend on the processor."""
    return (coefficients[:, :, np.newaxis] * vectors).sum(axis=1)


@kernel
def nearest(
    cells: npt.NDArray[np.int32],
    agent: int,
    positions: Vectors,
    shifts: Vectors,
    out: npt.NDArray[np.float32],
) -> None:
    """Write the ways to the nearest other agents, each followed by a 1; zeros where there is none."""
    num_cells, num_axes = positions.shape
    out[:] = 0.0
    if not 0 <= cells[agent] < num_cells:
        return
    here = positions[cells[agent]]
    last_length, last_other = -1.0, -1
    for slot in range(out.size // (num_axes + 1)):
        best_length, best_other, best_shift = 0.0, -1, -1
        for other in range(cells.size):
            if other == agent or not 0 <= cells[other] < num_cells:
                continue
            length, shift = shortest(here, positions[cells[other]], shifts)
            later = length > last_length or (length == last_length and other > last_other)
            if later and (best_other < 0 or length < best_length):
                best_length, best_other, best_shift = length, other, shift
        if best_other < 0:
            return
        there = positions[cells[best_other]]
        for axis in range(num_axes):
            out[slot * (num_axes + 1) + axis] = there[axis] - here[axis] + shifts[best_shift, axis]
        out[slot * (num_axes + 1) + num_axes] = 1.0
        last_length, last_other = best_length, best_other


@kernel
def shortest(here: Vectors, there: Vectors, shifts: Vectors) -> tuple[float, int]:
    """Return the squared length of the shortest way around the lattice, and which of the shifts makes it.

    The length counts in 2**-20, so that ways of equal length compare as equal in spite of rounding.
    """
    best_length, best_shift = 0.0, -1
    for shift in range(len(shifts)):
        total = 0.0
        for axis in range(here.size):
            way = there[axis] - here[axis] + shifts[shift, axis]
            total += way * way
        length = np.floor(total * 1048576.0 + 0.5)
        if best_shift < 0 or length < best_length:
            best_length, best_shift = length, shift
    return best_length, best_shift
