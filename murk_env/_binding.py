"""Arrays of one buffer, bound once to the laws and hooks that work on them.

Field storage lies at the same place every second tick, so this is done once for each of the
arena's two buffers, and again only when a sparse field has moved.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from murk_arena import FieldId, TickGuard
from murk_env._bookkeeping import EPISODE, PHASE, RNG_KEY, STEP
from murk_env._bounds import bounds_of
from murk_env.errors import PipelineError
from murk_env.field import Field, Parameter
from murk_env.lattice import Lattice
from murk_env.propagators.base import Propagator
from murk_env.random import WorldRng
from murk_env.values import Editor, Tick, Values

if TYPE_CHECKING:
    from murk_env.world import World

__all__ = ["Binding", "Views", "bind", "free_tick", "view"]

ACT_STAGE = 0
START_STAGE = 1
EDIT_STAGE = 2
FIRST_LAW_STAGE = 16

Array = npt.NDArray[Any]
Run = Callable[[int, int], None]


class LawFrame:
    """The arrays of one propagator in one buffer (`murk_env.propagators.Frame`)."""

    __slots__ = ("_arrays", "_rng", "coefficients", "draws", "dt", "lattice", "num_worlds")

    def __init__(
        self, world: "World", arrays: Mapping[str, Values], coefficients: Array, rng: WorldRng
    ) -> None:
        self.lattice: Lattice = world.lattice
        self.dt = world.dt
        self.num_worlds = world.num_worlds
        self.coefficients = coefficients
        self._arrays = arrays
        self._rng = rng
        self.draws = False  # whether the law has ever asked for random numbers

    @property
    def rng(self) -> WorldRng:
        self.draws = True
        return self._rng

    def read(self, field: Field) -> Array:
        return self._declared("reads", field)

    def previous(self, field: Field) -> Array:
        return self._declared("reads_previous", field)

    def write(self, field: Field) -> Array:
        return self._declared("writes", field)

    def update(self, field: Field) -> Array:
        return self._declared("updates", field)

    def _declared(self, role: str, field: Field) -> Array:
        arrays = self._arrays[role]
        if field not in arrays:
            names = ", ".join(sorted(other.name for other in arrays)) or "none"
            raise PipelineError(
                f"the law asks for {field!r}, which it does not declare (declared in {role}: {names}); "
                f"add it to {role}."
            )
        return arrays[field]


@dataclasses.dataclass(slots=True)
class Views:
    """Read-only arrays of every field while one buffer is staged.

    Attributes:
        version: the arena's layout version they belong to.
        before: the published values.
        after: the staged values.
        arguments: what compiled hooks that only read are called with, by hook.
    """

    version: int
    before: Values
    after: Values
    arguments: dict[str, tuple[Any, ...]]


@dataclasses.dataclass(slots=True)
class Binding:
    """Everything that writes to the buffer being staged.

    Attributes:
        version: the arena's layout version these arrays belong to.
        clocks: keys, episodes and steps that draws depend on, read-only.
        steps: the worlds' step counters, writable, (num_worlds,).
        phases: the worlds' phases, writable, (num_worlds,).
        tick: what `act` is given.
        laws: the propagators with their frames, ready to run.
        bounded: of each per-tick field that may leave its bounds, the kernel that brings it back, with
            its arguments.
        arguments: what a compiled `act` is called with.
    """

    version: int
    clocks: tuple[Array, Array, Array]
    steps: Array
    phases: Array
    tick: Tick
    laws: list[tuple[Propagator, LawFrame, Run]]
    bounded: list[tuple[Callable[..., None], Array, Any, Any]]
    arguments: dict[str, tuple[Any, ...]]


def view(world: "World", guard: TickGuard) -> Views:
    """Fetch the readable arrays of the tick in progress."""
    before = Values({field: guard.previous(field_id) for field, field_id in world.ids.items()})
    after = Values({field: guard.read(field_id) for field, field_id in world.ids.items()})
    return Views(world.arena.layout_version, before, after, {})


def bind(world: "World", guard: TickGuard) -> Binding:
    """Fetch the writable arrays of the tick in progress and bind the laws to them."""
    ids = world.ids
    for field in world.sparse_written:
        guard.update(ids[field])  # where it lies in this tick is known only after its copy-on-write
    views = world.views(guard)
    clocks = (views.after[RNG_KEY], views.after[EPISODE], views.after[STEP])
    laws: list[tuple[Propagator, LawFrame, Run]] = []
    for index, propagator in enumerate(world.pipeline.propagators):
        rng = WorldRng(*clocks, stage=FIRST_LAW_STAGE + index)
        table = _coefficients(propagator, views.after, world.num_worlds)
        frame = LawFrame(world, _law_arrays(world, propagator, guard, views), table, rng)
        laws.append((propagator, frame, propagator.bind(frame)))
    writers = world.pipeline.writers
    values = Values({f: (views.before if f in writers else views.after)[f] for f in world.fields.values()})
    return Binding(
        version=views.version,
        clocks=clocks,
        steps=world.arena.staging_view(ids[STEP]),
        phases=world.arena.staging_view(ids[PHASE]),
        tick=Tick(values, _editors(world.fields, ids, writers), WorldRng(*clocks, stage=ACT_STAGE), guard),
        laws=laws,
        bounded=[bounds_of(world.arena.staging_view(ids[f]), f) for f in world.bounded_per_tick],
        arguments={},
    )


def free_tick(world: "World", guard: TickGuard) -> Tick:
    """Return a tick through which every field but static ones may be written."""
    values = Values({field: guard.read(world.ids[field]) for field in world.fields.values()})
    clocks = (guard.read(world.ids[field]) for field in (RNG_KEY, EPISODE, STEP))
    return Tick(values, _editors(world.fields, world.ids, {}), WorldRng(*clocks, stage=EDIT_STAGE), guard)


def _coefficients(propagator: Propagator, values: Values, num_worlds: int) -> npt.NDArray[np.float64]:
    """Return the table (num_worlds, num_coefficients); a number is the same in every row."""
    table = np.empty((num_worlds, len(propagator.coefficients)), np.float64)
    for column, coefficient in enumerate(propagator.coefficients):
        table[:, column] = values[coefficient] if isinstance(coefficient, Parameter) else coefficient
    table.flags.writeable = False
    return table


def _law_arrays(
    world: "World", propagator: Propagator, guard: TickGuard, views: Views
) -> Mapping[str, Values]:
    def writable(field: Field) -> Array:
        if field.mutability == "sparse":
            return guard.update(world.ids[field])
        return world.arena.staging_view(world.ids[field])

    return {
        "reads": Values({field: views.after[field] for field in propagator.reads}),
        "reads_previous": Values({field: views.before[field] for field in propagator.reads_previous}),
        "writes": Values({field: writable(field) for field in propagator.writes}),
        "updates": Values({field: writable(field) for field in propagator.updates}),
    }


def _editors(
    fields: Mapping[str, Field], ids: Mapping[Field, FieldId], writers: Mapping[Field, Propagator]
) -> Mapping[Field, Editor]:
    return {field: Editor(ids[field], _refusal(field, writers)) for field in fields.values()}


def _refusal(field: Field, writers: Mapping[Field, Propagator]) -> str:
    if field.mutability == "static":
        return f"{field.name!r} is static: it is set once by the blueprint and never written again."
    if field in writers:
        return (
            f"{field.name!r} is written by {writers[field].name} every tick; act may not write it "
            f"(start may). Let the law read a field that act writes instead."
        )
    return ""
