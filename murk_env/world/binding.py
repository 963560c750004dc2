"""Arrays of one buffer, bound once to the laws and hooks that work on them.

Field storage lies at the same place every second tick, so this is done once for each of the
arena's two buffers, and again only when a sparse field has moved.
"""

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakSet, ref

import numpy as np
import numpy.typing as npt

from murk_arena import FieldId, TickGuard
from murk_env.errors import PipelineError, PropagatorError, described
from murk_env.fields import Field, Parameter
from murk_env.fields.bookkeeping import EPISODE, PHASE, RNG_KEY, STEP
from murk_env.fields.views import Editor, Tick, Values
from murk_env.kernels.call import KernelCall
from murk_env.kernels.program import Program, Run, Stage
from murk_env.lattice import Lattice
from murk_env.propagators.base import Propagator
from murk_env.random import WorldRng
from murk_env.world.limits import bound_of

if TYPE_CHECKING:
    from murk_env.world import World

__all__ = ["Binding", "Views", "bind", "free_tick", "rebind", "view"]

ACT_STAGE = 0
START_STAGE = 1
EDIT_STAGE = 2
FIRST_LAW_STAGE = 16

Array = npt.NDArray[Any]


class LawFrame:
    """The arrays of one propagator in one buffer (`murk_env.propagators.Frame`)."""

    __slots__ = ("_arrays", "_draws", "_rng", "_table", "coefficients", "dt", "lattice", "num_worlds")

    def __init__(self, world: "World", propagator: Propagator, rng: WorldRng) -> None:
        self.lattice: Lattice = world.lattice
        self.dt = world.dt
        self.num_worlds = world.num_worlds
        self._table = np.empty((world.num_worlds, len(propagator.coefficients)), np.float64)
        for column, coefficient in enumerate(propagator.coefficients):
            if not isinstance(coefficient, Parameter):
                self._table[:, column] = coefficient
        self.coefficients = self._table.view()
        self.coefficients.flags.writeable = False
        self._arrays: Mapping[str, Values] = {}
        self._rng = rng
        self._draws = False  # whether the law has ever asked for random numbers

    def fetch(self, world: "World", propagator: Propagator, guard: TickGuard, views: "Views") -> None:
        """Fetch the arrays and the parameters' values of the tick in progress."""
        self._arrays = _law_arrays(world, propagator, guard, views)
        for column, coefficient in enumerate(propagator.coefficients):
            if isinstance(coefficient, Parameter):
                self._table[:, column] = views.after[coefficient]

    @property
    def rng(self) -> WorldRng:
        self._draws = True
        return self._rng

    def count_draws_anew(self) -> None:
        """Let the law's draws be those of a new tick."""
        if self._draws:
            self._rng.restart()

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
    """

    version: int
    before: Values
    after: Values


@dataclasses.dataclass(slots=True, weakref_slot=True)
class Binding:
    """Everything that writes to the buffer being staged.

    Attributes:
        index: which of the two buffers it is.
        version: the arena's layout version that everything here belongs to.
        views: the readable arrays.
        clocks: keys, episodes and steps that draws depend on, read-only.
        steps: the worlds' step counters, writable, (num_worlds,).
        phases: the worlds' phases, writable, (num_worlds,).
        tick: what `act` is given.
        laws: the propagators in order.
        bounds: what brings per-tick fields that may leave their bounds back within them.
        programs: what has been put together of these and of hooks, as long as its owners keep it: each
            refers to this, so this does not keep them alive.
    """

    index: int
    version: int
    views: Views
    clocks: tuple[Array, Array, Array]
    steps: Array
    phases: Array
    tick: Tick
    laws: list[Stage]
    bounds: list[Stage]
    programs: WeakSet[Program]


def view(world: "World", guard: TickGuard) -> Views:
    """Fetch the readable arrays of the tick in progress."""
    before = Values({field: guard.previous(field_id) for field, field_id in world.ids.items()})
    after = Values({field: guard.read(field_id) for field, field_id in world.ids.items()})
    return Views(world.arena.layout_version, before, after)


def bind(world: "World", guard: TickGuard) -> Binding:
    """Fetch the writable arrays of the tick in progress and bind the laws to them.

    Args:
        world: the worlds, as a weak proxy: they keep what is made here, which must not keep them.
        guard: the tick.
    """
    ids = world.ids
    for field in world.sparse_written:
        guard.update(ids[field])  # where it lies in this tick is known only after its copy-on-write
    views = world.views(guard)
    clocks = (views.after[RNG_KEY], views.after[EPISODE], views.after[STEP])
    writers = world.pipeline.writers
    values = Values({f: (views.before if f in writers else views.after)[f] for f in world.fields.values()})
    binding = Binding(
        index=world.arena.staging_index,
        version=views.version,
        views=views,
        clocks=clocks,
        steps=world.arena.staging_view(ids[STEP]),
        phases=world.arena.staging_view(ids[PHASE]),
        tick=Tick(values, _editors(world.fields, ids, writers), WorldRng(*clocks, stage=ACT_STAGE), guard),
        laws=[],
        bounds=[
            Stage(
                f"the bounds of {field.name}",
                partial(bound_of, world.arena.staging_view(ids[field]), field, world.order),
                partial(_law_failed, f"the bounds of {field.name}", world.num_worlds),
            )
            for field in world.bounded_per_tick
        ],
        programs=WeakSet(),
    )
    binding.laws = [
        _law_stage(world, guard, binding, propagator, FIRST_LAW_STAGE + index)
        for index, propagator in enumerate(world.pipeline.propagators)
    ]
    return binding


def rebind(world: "World", guard: TickGuard, binding: Binding) -> None:
    """Follow the sparse fields that have moved."""
    for field in world.sparse_written:
        guard.update(world.ids[field])
    binding.views = world.views(guard)
    writers = world.pipeline.writers
    for field in world.sparse:
        values = binding.views.before if field in writers else binding.views.after
        binding.tick.show(field, values[field])
    for program in binding.programs:
        program.rebind()
    binding.version = binding.views.version  # last: what failed or was interrupted is done again


def _law_stage(
    world: "World", guard: TickGuard, binding: Binding, propagator: Propagator, stage: int
) -> Stage:
    frame = LawFrame(world, propagator, WorldRng(*binding.clocks, stage=stage))
    bound_to = ref(binding)  # which keeps the stage

    def fetch() -> Run:
        frame.fetch(world, propagator, guard, cast(Binding, bound_to()).views)
        run = propagator.bind(frame)
        if isinstance(run, KernelCall):
            return run

        def anew(start: int, stop: int) -> None:
            frame.count_draws_anew()
            run(start, stop)

        return anew

    touched = (*propagator.reads, *propagator.reads_previous, *propagator.writes, *propagator.updates)
    return Stage(
        propagator.name,
        fetch,
        partial(_law_failed, propagator.name, world.num_worlds),
        moves=any(
            field.mutability == "sparse"
            for field in (*touched, *propagator.coefficients)
            if isinstance(field, Field)
        ),
        check=(lambda: world.check_law(propagator, guard)) if world.arena.checked else None,
    )


def _law_failed(name: str, num_worlds: int, error: Exception) -> PropagatorError:
    return PropagatorError(
        f"{name} raised {described(error)}; the tick was undone for all {num_worlds} worlds."
    )


def free_tick(world: "World", guard: TickGuard) -> Tick:
    """Return a tick through which every field but static ones may be written."""
    values = Values({field: guard.read(world.ids[field]) for field in world.fields.values()})
    clocks = (guard.read(world.ids[field]) for field in (RNG_KEY, EPISODE, STEP))
    return Tick(values, _editors(world.fields, world.ids, {}), WorldRng(*clocks, stage=EDIT_STAGE), guard)


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
