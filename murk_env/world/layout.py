"""The layout of a batch of worlds: its fields, their places in the arena, its propagators in order."""

import dataclasses
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import FieldId, FieldSpec
from murk_env.errors import FieldError, LatticeError, MapError
from murk_env.fields import Field, Parameter
from murk_env.fields.bookkeeping import AGENT_RETURNS, BOOKKEEPING, LEVEL, RETURN
from murk_env.fields.fitting import Sides
from murk_env.lattice import Lattice
from murk_env.maps import Levels
from murk_env.propagators.base import Propagator
from murk_env.world.memory import bytes_of_fields, check_memory
from murk_env.world.pipeline import Pipeline, whole_substeps
from murk_env.world.static_values import field_ids, field_specs

__all__ = ["Layout", "lay_out"]


@dataclasses.dataclass(frozen=True)
class Layout:
    """The lattice, fields and propagators of a batch of worlds; immutable.

    Attributes:
        lattice: topology of every world's cells.
        fields: the author's fields by name.
        ids: each field's number in the arena, including bookkeeping fields.
        specs: each field's declaration for the arena.
        pipeline: the propagators in order, and who writes which field.
        num_worlds: number of worlds in the batch.
        num_agents: number of agents of every world.
        dt: time that one tick advances.
        substeps: how many times the propagators run in a tick.
        levels: the levels, of which each world has one; None for worlds without levels.
    """

    lattice: Lattice
    fields: Mapping[str, Field]
    ids: Mapping[Field, FieldId]
    specs: Sequence[FieldSpec]
    pipeline: Pipeline
    num_worlds: int
    num_agents: int
    dt: float
    substeps: int
    levels: Levels | None

    @property
    def sub_dt(self) -> float:
        """Time that one sub-step advances; without sub-steps, dt."""
        return self.dt / self.substeps

    @cached_property
    def sides(self) -> Sides:
        """The sides of a world: lattice shape, numbers of cells, agents and levels."""
        return Sides(self.lattice.shape, self.lattice.num_cells, self.num_agents, self.num_levels)

    @property
    def num_levels(self) -> int:
        """Number of levels, 0 for worlds without levels."""
        return 0 if self.levels is None else self.levels.num_levels

    @cached_property
    def sparse(self) -> Sequence[Field]:
        """The sparse fields, including parameters."""
        return [field for field in self.fields.values() if field.mutability == "sparse"]

    @cached_property
    def sparse_written(self) -> Sequence[Field]:
        """The sparse fields that propagators write."""
        return [field for field in self.pipeline.writers if field.mutability == "sparse"]

    @cached_property
    def limited(self) -> Sequence[Field]:
        """The fields that hooks may write beyond their bounds, to be brought back."""
        return [field for field in self.fields.values() if field.limited]

    @cached_property
    def bounded(self) -> Sequence[Field]:
        """The limited fields that have to be brought back at every tick, except derived ones."""
        return [field for field in self.limited if not (field.derived or self.pipeline.bounds_held(field))]

    @cached_property
    def bounded_parameters(self) -> Sequence[Field]:
        """The parameters among the bounded fields: stability was checked against their bounds."""
        return [field for field in self.bounded if isinstance(field, Parameter)]

    @cached_property
    def remembered(self) -> Sequence[Field]:
        """The fields whose previous values propagators read, and that a sub-step may change."""
        read = [field for propagator in self.pipeline.propagators for field in propagator.reads_previous]
        return [field for field in dict.fromkeys(read) if not (field.fixed or field.derived)]

    @property
    def returns(self) -> Field:
        """The field that sums the rewards of an episode."""
        return AGENT_RETURNS if AGENT_RETURNS in self.ids else RETURN

    @cached_property
    def order(self) -> npt.NDArray[np.int64]:
        """The list of all worlds, (num_worlds,), for kernels that run on places in a list of worlds."""
        return np.arange(self.num_worlds)

    def _bytes_of(self, fields: Iterable[Field]) -> int:
        """Return the memory that some fields of one world take, in bytes."""
        shapes = [(field, field.shape(self.lattice.num_cells, self.num_agents)) for field in fields]
        return sum(field.dtype.itemsize * math.prod(shape) for field, shape in shapes)

    @cached_property
    def world_bytes(self) -> int:
        """Memory that one world takes in both buffers, in bytes."""
        return 2 * self._bytes_of(self.fields.values())

    @property
    def substep_bytes(self) -> int:
        """Memory for previous values that propagators read while sub-steps change them, in bytes."""
        return self.num_worlds * self._bytes_of(self.remembered)

    @property
    def batch_bytes(self) -> int:
        """Memory that all worlds take in both buffers, in bytes."""
        return self.num_worlds * self.world_bytes

    @property
    def batch_work(self) -> int:
        """Bytes that the propagators pass over in a tick: those of all worlds, once for each sub-step."""
        return self.batch_bytes * self.substeps


def lay_out(
    lattice: Lattice,
    fields: Mapping[str, Field],
    propagators: Sequence[Propagator],
    derived: Sequence[Propagator] = (),
    *,
    num_worlds: int,
    num_agents: int,
    dt: float,
    substeps: int = 1,
    levels: Levels | None = None,
) -> Layout:
    """Return the layout of a batch of worlds.

    Raises:
        LatticeError: `lattice` is no lattice, or contradicts itself.
        FieldError: the fields' names or the number of agents are invalid.
        MemorySizeError: the worlds do not fit into memory.
        PipelineError: the propagators do not fit the fields or each other.
    """
    _check_types(lattice, levels)
    named = _named(fields, levels)
    agents = _num_agents(num_agents, named)
    whole = whole_substeps(substeps)
    num_levels = 0 if levels is None else levels.num_levels
    needed = bytes_of_fields(named.values(), lattice.num_cells, agents, num_worlds, num_levels)
    what = f"{num_worlds} world(s) of {lattice.num_cells} cells"
    check_memory(what, {"fields": needed})
    lattice.check()
    pipeline = Pipeline(propagators, derived, named.values(), lattice, float(dt), whole)
    ids = field_ids(named)
    layout = Layout(
        lattice=lattice,
        fields=named,
        ids=ids,
        specs=field_specs(ids, lattice.num_cells, agents, num_levels, pipeline.write_mode),
        pipeline=pipeline,
        num_worlds=num_worlds,
        num_agents=agents,
        dt=float(dt),
        substeps=whole,
        levels=levels,
    )
    if whole > 1:
        check_memory(what, {"fields": needed, "sub-steps": layout.substep_bytes})
    return layout


def _check_types(lattice: Any, levels: Any) -> None:
    if not isinstance(lattice, Lattice):
        raise LatticeError(f"a World lies on a Lattice, such as Square4(8, 8), not on {lattice!r}.")
    if not isinstance(levels, Levels | None):
        raise MapError(f"levels are Levels(...), several maps of some fields, not {levels!r}.")


def _named(given: Mapping[str, Field], levels: Levels | None) -> Mapping[str, Field]:
    fields = {**given, LEVEL.name: LEVEL} if levels is not None else dict(given)
    if levels is not None and "level" in given:
        raise FieldError("no field can be called 'level' here: worlds have their level under that name.")
    for name, field in fields.items():
        if not field.name:
            field.name = name
        if name in ("time", "elapsed_steps"):
            raise FieldError(f"no field can be called {name!r}: worlds have their clock under that name.")
        if field.name != name or name in BOOKKEEPING or list(fields.values()).count(field) > 1:
            raise FieldError(
                f"field {field.name!r} cannot be called {name!r} here: a field has one name, "
                f"and none of {list(BOOKKEEPING)}."
            )
    for field in fields.values():
        if isinstance(field.initial, Field) and field.initial not in fields.values():
            raise FieldError(
                f"field {field.name!r} begins with the values of {field.initial!r}, which is not a field of "
                f"these worlds; declare that field too."
            )
    return fields


def _num_agents(number: Any, fields: Mapping[str, Field]) -> int:
    of_agents = [field.name for field in fields.values() if field.over == "agents"]
    try:
        agents = operator.index(number)
    except TypeError:
        agents = -1
    if agents < 0 or (of_agents and agents == 0):
        raise FieldError(
            f"num_agents must be a number of agents, not {number!r}"
            + (f"; the fields {of_agents} are over agents and need at least 1." if of_agents else ".")
        )
    return agents
