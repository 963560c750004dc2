"""Sub-steps: the propagators of a tick run several times, from one published state to the next.

A field whose previous values are read has a second array, in scratch. The staged array and that one
alternate: one holds the previous sub-step, the other is written. The last sub-step writes the staged array.
The published buffer is read once, at the beginning, and never written.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena, TickGuard
from murk_env.fields import Field, Parameter, Values
from murk_env.fields.bookkeeping import EPISODE, RNG_KEY, STEP
from murk_env.kernels import KernelCall, kernel
from murk_env.kernels.stage import Repeat, Run, Stage
from murk_env.propagators.base import Propagator
from murk_env.random import WorldRng, origins
from murk_env.world.checks import TickChecks
from murk_env.world.failures import failing_substep, stage_failed
from murk_env.world.frames import Routes
from murk_env.world.layout import Layout
from murk_env.world.limits import apply_limits, limit_of
from murk_env.world.propagating import propagator_stage, staging_of
from murk_env.world.staged import Staged

__all__ = ["Between", "Substeps"]

Array = npt.NDArray[Any]

Between = Callable[[Callable[[], Routes]], Sequence[Stage]]
"""Returns the stages after the propagators of every sub-step, given a function that returns the arrays."""


class Substeps:
    """The sub-steps of a batch of worlds: scratch, clocks, and the stages.

    Args:
        layout: the layout of the worlds.
        arena: their memory.
        checks: the checks of checked mode.

    Attributes:
        ticks: number of sub-steps in each world's episode, with the one in progress, (num_worlds,) int32.
        numbers: the number of the sub-step in progress within its step, from 0, (num_worlds,) int32.
    """

    def __init__(self, layout: Layout, arena: PingPongArena, checks: TickChecks) -> None:
        self._layout, self._arena, self._checks = layout, arena, checks
        self.ticks = np.zeros(layout.num_worlds, np.int32)
        self.numbers = np.zeros(layout.num_worlds, np.int32)
        shape = layout.lattice.num_cells, layout.num_agents
        self._scratch = {
            field: np.zeros((layout.num_worlds, *field.shape(*shape)), field.dtype)
            for field in layout.remembered
        }
        writers = layout.pipeline.writers
        self._swapped = [f for f in self._scratch if f in writers and f in writers[f].writes]
        self._kept = [field for field in self._scratch if field not in self._swapped]

    def stages(self, staged: Staged, guard: TickGuard, between: Between | None) -> list[Stage | Repeat]:
        """Return the stages of all sub-steps of a tick in this buffer.

        Args:
            staged: the readable arrays.
            guard: the tick.
            between: returns the stages of hooks in every sub-step, after the propagators.
        """
        made: list[Stage | Repeat] = []
        failed = partial(self._failed, made, staged, between is not None)
        turns = [self._turn(staged, guard, between, failed, last=last) for last in (False, True)]
        made += [*self._beginning(staged, guard), Repeat(self._layout.substeps, *turns)]
        return made

    def _beginning(self, staged: Staged, guard: TickGuard) -> list[Stage]:
        """Return the stages that set the clocks, and the arrays that the first sub-step reads."""
        count = self._layout.substeps
        staging = staging_of(self._layout, self._arena, guard)
        stages = [self._clock(_begin, staged, count)]
        for field in self._scratch:
            to_staging = field in self._swapped and count % 2 == 0

            def copy(field: Field = field, to_staging: bool = to_staging) -> KernelCall:
                target = staging(field) if to_staging else self._scratch[field]
                return KernelCall(_copy, (_rows(staged.before[field]), _rows(target)))

            stages.append(
                Stage(f"the previous values of {field.name}", copy, moves=field.mutability == "sparse")
            )
        return stages

    def _turn(
        self,
        staged: Staged,
        guard: TickGuard,
        between: Between | None,
        failed: Callable[..., Exception],
        *,
        last: bool,
    ) -> list[Stage]:
        """Return the stages of a sub-step: the last and every second one before it, or one of the others."""
        layout = self._layout
        routes = partial(self._routes, staged, guard, last)
        stages = [self._clock(_count, staged)]
        for index, propagator in enumerate(layout.pipeline.propagators):
            stages += self._propagator(staged, propagator, origins.FIRST_PROPAGATOR + index, routes, failed)
        written = [field for field in layout.bounded if field in layout.pipeline.writers]
        stages += self._limits(written, routes)
        if between is not None:
            stages += between(routes)
        stages += self._limits([field for field in layout.bounded if field not in written], routes)
        loose = [
            field
            for field in layout.bounded
            if field.mutability == "sparse"
            and field not in layout.pipeline.writers
            and not isinstance(field, Parameter)  # parameters are within their bounds already
        ]
        if loose:
            stages.append(
                Stage("the bounds of sparse fields", lambda: self._sparse_limits(guard, loose), failed)
            )
        return [*stages, *(self._remember(field, staged) for field in self._kept)]

    def _propagator(
        self,
        staged: Staged,
        propagator: Propagator,
        origin: int,
        routes: Callable[[], Routes],
        failed: Callable[..., Exception],
    ) -> list[Stage]:
        """Return a propagator's stage; in checked mode, one before it spoils the arrays that it must set."""
        clocks = staged.after[RNG_KEY], staged.after[EPISODE], self.ticks
        rng, checks = WorldRng(*clocks, origin=origin), self._checks
        blame = partial(failed, propagator.name)

        def surfaces(_fetch: Callable[[], Run], error: Exception) -> Exception:
            return blame(error)

        if not self._arena.checked:
            return [propagator_stage(self._layout, propagator, rng, routes, surfaces, None)]

        def spoil(_start: int, _stop: int) -> None:
            checks.spoil(map(routes().writable, propagator.writes))

        def check() -> None:
            checks.substep(propagator, routes().writable)

        proved = propagator_stage(self._layout, propagator, rng, routes, surfaces, check)
        return [Stage("checks", lambda: spoil), proved]

    def _routes(self, staged: Staged, guard: TickGuard, last: bool) -> Routes:
        """Return the arrays of a sub-step."""
        earlier, values = staged.before.all_stored(), staged.after.all_stored()
        staging = staging_of(self._layout, self._arena, guard)
        for field in self._kept:
            earlier[field] = _read_only(self._scratch[field])
        for field in self._swapped:
            arrays = [staged.after[field], _read_only(self._scratch[field])]
            earlier[field], values[field] = reversed(arrays) if last else arrays

        def writable(field: Field) -> Array:
            return self._scratch[field] if field in self._swapped and not last else staging(field)

        dt = self._layout.sub_dt
        return Routes(Values(earlier, dt), Values(values, dt), _read_only(self.ticks), writable)

    def _clock(self, run: Callable[..., None], staged: Staged, *count: int) -> Stage:
        call = KernelCall(run, (self.ticks, self.numbers, *((staged.after[STEP], *count) if count else ())))
        return Stage("the clock of sub-steps", lambda: call)

    def _limits(self, fields: Sequence[Field], routes: Callable[[], Routes]) -> list[Stage]:
        """Return the stages that bring fields back within their bounds, except sparse fields of hooks."""
        order, writers = self._layout.order, self._layout.pipeline.writers

        def limit(field: Field) -> KernelCall:
            return limit_of(routes().writable(field), field, order)

        return [
            Stage(
                f"the bounds of {field.name}",
                partial(limit, field),
                partial(stage_failed, f"the bounds of {field.name}", self._layout.num_worlds),
                moves=field.mutability == "sparse",
            )
            for field in fields
            if field.mutability == "per_tick" or field in writers
        ]

    def _sparse_limits(self, guard: TickGuard, fields: Sequence[Field]) -> Run:
        return lambda _start, _stop: apply_limits(guard, self._layout.ids, fields)

    def _remember(self, field: Field, staged: Staged) -> Stage:
        """Return the stage that copies a sub-step's values for the next, for a field changed in place."""

        def copy() -> KernelCall:
            return KernelCall(_copy, (_rows(staged.after[field]), _rows(self._scratch[field])))

        return Stage(f"the previous values of {field.name}", copy, moves=field.mutability == "sparse")

    def _failed(
        self,
        made: Sequence[Stage | Repeat],
        staged: Staged,
        with_hooks: bool,
        name: str,
        error: Exception,
    ) -> Exception:
        """Return the error for a propagator that failed, with the world and the sub-step if known."""
        count, number, world = self._layout.substeps, int(self.numbers[0]), None
        if not with_hooks:  # values that hooks have changed meanwhile are lost
            world = failing_substep(self._layout, self._arena, staged, made)
            number = number if world is None else int(self.numbers[world])
        where = f"{name} in sub-step {number + 1} of {count}"
        return stage_failed(where, self._layout.num_worlds, error, world)


def _rows(array: Array) -> Array:
    return array.reshape(len(array), -1)


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


@kernel
def _begin(start: int, stop: int, ticks: Array, numbers: Array, steps: Array, count: int) -> None:
    for world in range(start, stop):
        ticks[world] = (np.int64(steps[world]) - 1) * count
        numbers[world] = -1


@kernel
def _count(start: int, stop: int, ticks: Array, numbers: Array) -> None:
    for world in range(start, stop):
        ticks[world] += 1
        numbers[world] += 1


@kernel
def _copy(start: int, stop: int, source: Array, target: Array) -> None:
    for world in range(start, stop):
        for place in range(source.shape[1]):
            target[world, place] = source[world, place]
