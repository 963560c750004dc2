"""Arrays of one buffer, bound once to the propagators and hooks that work on them.

Fields lie at the same addresses every second tick, so arrays are bound once for each of the arena's two
buffers, and again only when a sparse field has moved.
"""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from weakref import WeakSet

import numpy.typing as npt

from murk_arena import PingPongArena, TickGuard
from murk_env.fields import Tick
from murk_env.fields.bookkeeping import EPISODE, PHASE, RNG_KEY, STEP
from murk_env.fields.values import Values
from murk_env.kernels import COMPILES
from murk_env.kernels.parts import Runner
from murk_env.kernels.program import Program
from murk_env.kernels.stage import Repeat, Run, Stage
from murk_env.propagators.base import Propagator
from murk_env.random import WorldRng, origins
from murk_env.world.act_tick import tick_of_act
from murk_env.world.checks import TickChecks
from murk_env.world.failures import propagator_failed, stage_failed
from murk_env.world.frames import Routes
from murk_env.world.layout import Layout
from murk_env.world.limits import apply_limits, limit_of
from murk_env.world.propagating import propagator_stage, staging_of
from murk_env.world.staged import Staged
from murk_env.world.substeps import Between, Substeps

__all__ = ["Binding", "Bindings"]


Array = npt.NDArray[Any]


@dataclasses.dataclass(slots=True)
class Binding:
    """Everything that writes to one buffer while it is staged.

    Attributes:
        index: which of the two buffers it is.
        version: the arena's layout version that everything here belongs to.
        staged: the readable arrays.
        clocks: keys, episodes and steps that draws depend on, read-only.
        steps: the worlds' step counters, writable, (num_worlds,).
        phases: the worlds' phases, writable, (num_worlds,).
        tick: the tick that `act` is given.
        propagators: the stages of the propagators in order, each run once.
        derived: the stages of the propagators that set derived fields, in order.
        limits: the stages that bring per-tick fields back within their bounds.
        programs: the programs built from these and from hooks, held weakly, as each refers to this binding.
    """

    index: int
    version: int
    staged: Staged
    clocks: tuple[Array, Array, Array]
    steps: Array
    phases: Array
    tick: Tick
    propagators: Sequence[Stage]
    derived: Sequence[Stage]
    limits: Sequence[Stage]
    programs: WeakSet[Program]


class Bindings:
    """The bindings of both buffers of a batch of worlds, made when they are first needed.

    Args:
        layout: the layout of the worlds.
        arena: their memory.
        checks: the checks of checked mode.

    Attributes:
        fuses: whether neighbouring kernels are fused; in checked mode, and where nothing is compiled, stages
            run one by one.
    """

    def __init__(self, layout: Layout, arena: PingPongArena, checks: TickChecks) -> None:
        self.fuses = COMPILES and not arena.checked
        self._layout = layout
        self._arena = arena
        self._checks = checks
        self._may_move = bool(layout.sparse)  # only sparse fields move
        self._staged: list[Staged | None] = [None, None]
        self._bound: list[Binding | None] = [None, None]
        self._substeps: Substeps | None = None

    def open(self, guard: TickGuard) -> Binding:
        """Return the arrays to work on in a tick that has begun with `full`."""
        if self._may_move:
            self._open_sparse(guard)
        binding = self._bound[self._arena.staging_index]
        if binding is None or self._may_move:
            return self.of(guard)
        return binding

    def _open_sparse(self, guard: TickGuard) -> None:
        writers, ids = self._layout.pipeline.writers, self._layout.ids
        for field in self._layout.sparse_written:
            (guard.write if field in writers[field].writes else guard.update)(ids[field])

    def of(self, guard: TickGuard) -> Binding:
        """Return the arrays of the tick in progress."""
        index = self._arena.staging_index
        binding = self._bound[index]
        if binding is None:
            binding = self._bound[index] = self._bind(guard)
        elif binding.version != self._arena.layout_version and not guard.sealed:  # a sealed tick has settled
            self._rebind(guard, binding)
        return binding

    def staged(self, guard: TickGuard) -> Staged:
        """Return the readable arrays while this buffer is staged."""
        index = self._arena.staging_index
        found = self._staged[index]
        if found is None:
            found = self._staged[index] = Staged.of(self._layout, self._arena, guard)
        found.follow(self._layout, self._arena, guard)
        return found

    def published(self) -> Values | None:
        """Return the published values if their arrays are known, else None."""
        found = self._staged[1 - self._arena.staging_index]
        if found is not None and (not self._layout.sparse or found.version == self._arena.layout_version):
            return found.after
        return None

    def settle(self, guard: TickGuard, binding: Binding) -> None:
        """After a stage that is no kernel: keep parameters within bounds, fetch arrays that have moved.

        In a sealed tick no propagator runs any more: only readable arrays are fetched, the others next tick.
        """
        if binding.version == self._arena.layout_version:
            return
        if guard.sealed:
            self.staged(guard)
            return
        apply_limits(guard, self._layout.ids, self._layout.bounded_parameters)
        if binding.version != self._arena.layout_version:
            self._rebind(guard, binding)

    @property
    def substeps(self) -> Substeps:
        """The clocks and scratch arrays of sub-steps, made at the first use."""
        if self._substeps is None:
            self._substeps = Substeps(self._layout, self._arena, self._checks)
        return self._substeps

    def propagation(
        self, binding: Binding, guard: TickGuard, between: Between | None = None
    ) -> Sequence[Stage | Repeat]:
        """Return the stages that run the propagators of a tick, in all its sub-steps.

        Args:
            binding: the tick's arrays.
            guard: the tick.
            between: returns the stages of hooks in every sub-step, after the propagators.
        """
        if self._layout.substeps == 1 and between is None:
            return binding.propagators
        return self.substeps.stages(binding.staged, guard, between)

    def program(
        self, binding: Binding, guard: TickGuard, stages: Sequence[Stage | Repeat], runner: Runner
    ) -> Program:
        """Return a program of stages that follows arrays that move; the caller keeps it alive."""
        made = Program(
            stages,
            self._layout.world_bytes,
            fuse=self.fuses,
            runner=runner,
            moved=partial(self.settle, guard, binding),
        )
        binding.programs.add(made)
        return made

    def _bind(self, guard: TickGuard) -> Binding:
        layout, arena = self._layout, self._arena
        for field in layout.sparse_written:
            guard.update(layout.ids[field])  # its address in this tick is known after its copy-on-write
        staged = self.staged(guard)
        clocks = (staged.after[RNG_KEY], staged.after[EPISODE], staged.after[STEP])
        return Binding(
            index=arena.staging_index,
            version=staged.version,
            staged=staged,
            clocks=clocks,
            steps=arena.staging_view(layout.ids[STEP]),
            phases=arena.staging_view(layout.ids[PHASE]),
            tick=tick_of_act(
                layout, guard, staged, WorldRng(*clocks, origin=origins.ACT), checked=arena.checked
            ),
            propagators=[
                self._propagator(guard, staged, propagator, origins.FIRST_PROPAGATOR + index)
                for index, propagator in enumerate(layout.pipeline.propagators)
            ],
            derived=[
                self._propagator(guard, staged, propagator, None) for propagator in layout.pipeline.derived
            ],
            limits=[*self._per_tick_limits(), *self._sparse_limits(guard)],
            programs=WeakSet(),
        )

    def _rebind(self, guard: TickGuard, binding: Binding) -> None:
        """Fetch the sparse fields that have moved."""
        layout = self._layout
        for field in layout.sparse_written:
            guard.update(layout.ids[field])
        staged = self.staged(guard)
        for field in layout.sparse:
            values = staged.before if field in layout.pipeline.writers else staged.after
            binding.tick.show(field, values.stored(field))
        for program in binding.programs:
            program.rebind()
        binding.version = staged.version  # last, so that a failed or interrupted rebinding is repeated

    def _propagator(
        self, guard: TickGuard, staged: Staged, propagator: Propagator, origin: int | None
    ) -> Stage:
        """Return a propagator's stage; without an origin of random numbers it sets derived fields."""
        layout, arena = self._layout, self._arena
        clocks = (staged.after[RNG_KEY], staged.after[EPISODE], staged.after[STEP])
        rng = None if origin is None else WorldRng(*clocks, origin=origin)
        writable = staging_of(layout, arena, guard)

        def routes() -> Routes:
            earlier = staged.after if origin is None else staged.before
            return Routes(earlier, staged.after, staged.after[STEP], writable)

        def failed(fetch: Callable[[], Run], error: Exception) -> Exception:
            return propagator_failed(layout, arena, propagator, fetch, staged, error)

        check = partial(self._checks.propagator, propagator, guard) if arena.checked else None
        return propagator_stage(layout, propagator, rng, routes, failed, check)

    def _per_tick_limits(self) -> list[Stage]:
        layout, arena = self._layout, self._arena
        return [
            Stage(
                f"the bounds of {field.name}",
                partial(limit_of, arena.staging_view(layout.ids[field]), field, layout.order),
                partial(stage_failed, f"the bounds of {field.name}", layout.num_worlds),
            )
            for field in layout.bounded
            if field.mutability == "per_tick"
        ]

    def _sparse_limits(self, guard: TickGuard) -> list[Stage]:
        """Return the stage that brings sparse fields written in the tick back within their bounds."""
        ids, bounded = self._layout.ids, [f for f in self._layout.bounded if f.mutability == "sparse"]

        def apply(_start: int, _stop: int) -> None:
            apply_limits(guard, ids, bounded)

        return [Stage("the bounds of sparse fields", lambda: apply)] if bounded else []
