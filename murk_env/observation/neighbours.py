"""Neighbours: the displacements to the nearest other agents."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import BlueprintError
from murk_env.fields import Field
from murk_env.kernels import kernel
from murk_env.observation._checks import check_cells, check_name, check_whole
from murk_env.observation.entry import Entry, Fitted, Part, Scene
from murk_env.observation.loop import Loop
from murk_env.observation.ways import Vectors, basis_of, reach_of, shifts_of, shortest

__all__ = ["Neighbours"]


@dataclasses.dataclass(frozen=True)
class Neighbours(Entry):
    """For every agent, the displacements to its nearest other agents, `(count, num_axes + 1)`.

    A slot is the Cartesian displacement to the other agent (`lattice.positions`; the shortest one where the
    lattice wraps) followed by a 1; unused slots are 0. The nearest agent comes first; of two equally near,
    the one with the lower index. An agent whose value is not a cell, such as -1, neither sees nor is seen.

    Attributes:
        field: a scalar int32 field over agents that holds each agent's cell.
        count: number of slots.
        name: key in the dict layout; the field's name by default.

    Raises:
        BlueprintError: the field is not a scalar int32 field over agents, or count is not an integer >= 1.
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
        basis = basis_of("Neighbours", scene.lattice)
        reach = np.append(reach_of(scene.lattice, basis), 1.0).astype(scene.dtype)
        low = -reach
        low[-1] = 0.0
        shape = (self.count, len(reach))
        part = Part(self.name or self.field.name, shape, low, reach)
        shifts, unit = shifts_of(scene.lattice, basis), float(scene.lattice.scale.min())

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            tables = loop.table(positions / unit), loop.table(shifts / unit), loop.real(unit)
            loop.call(nearest, loop.row(self.field), "agent", *tables, *parts)

        return Fitted((part,), per_agent=True, write=write)


@kernel
def nearest(
    cells: npt.NDArray[np.int32],
    agent: int,
    positions: Vectors,
    shifts: Vectors,
    unit: float,
    out: npt.NDArray[Any],
) -> None:
    """Write the displacements to the nearest other agents, each followed by a 1; zeros in unused slots."""
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
            way = there[axis] - here[axis] + shifts[best_shift, axis]
            out[slot * (num_axes + 1) + axis] = way * unit
        out[slot * (num_axes + 1) + num_axes] = 1.0
        last_length, last_other = best_length, best_other
