"""Worlds: a lattice, its fields and its propagators, a batch of them in one arena."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena, StaticArena, TickGuard
from murk_env.errors import (
    FieldError,
    HookError,
    PipelineError,
    described,
)
from murk_env.fields import Field, Tick, Values
from murk_env.fields.bookkeeping import LEVEL, RNG_KEY
from murk_env.fields.ticks import revoke
from murk_env.kernels.parts import ThreadFailedError
from murk_env.kernels.places import came_from
from murk_env.kernels.program import Program
from murk_env.kernels.threads import ThreadedRunner, thread_count
from murk_env.lattice import Lattice
from murk_env.maps import Levels
from murk_env.propagators.base import Propagator
from murk_env.random import checked_seed, key_from_seed
from murk_env.world.between_ticks import BetweenTicks
from murk_env.world.binding import Bindings
from murk_env.world.checks import TickChecks
from murk_env.world.claim import Claim, claims
from murk_env.world.derived import Derived
from murk_env.world.identity import Identity
from murk_env.world.layout import Layout, lay_out
from murk_env.world.level_draws import draw_levels, level_numbers
from murk_env.world.rows import restore_rows
from murk_env.world.state import State
from murk_env.world.static_values import build_static, check_static_values, fitting_static, with_maps

__all__ = ["World"]


class World(BetweenTicks):
    """A batch of independent worlds with the same lattice, fields and propagators, ticked together.

    Example:
        >>> from murk_env import Diffusion, Field, Square4, World
        >>> heat = Field(unit="K")
        >>> world = World(Square4(8, 8), {"heat": heat}, [Diffusion(heat, coefficient=0.1, sources={0: 1.0})])
        >>> world.run(10)
        >>> world[heat].shape
        (1, 64)

    Args:
        lattice: the topology of every world's cells.
        fields: the fields by name.
        propagators: the propagators, in the order they run.
        num_worlds: number of worlds in the batch.
        num_agents: number of agents of every world, for fields over agents.
        dt: time that one tick advances, in the propagators' unit of time.
        substeps: how many times the propagators run in a tick, for dt / substeps each.
        seed: seeds world i with `seed + i`; None takes a seed from the system.
        static: values of the static fields (arrays, or functions that return them), or a
            StaticArena that already holds them.
        levels: maps of the fields declared `mutability="level"`. A world draws its level at every `reset`.
        derived: propagators that set derived fields, after the others and at every reset and edit.
        checked: check at every tick that full writes are complete and floats finite.
        num_threads: number of threads; results do not depend on it. None means one per processor, but no more
            than one per 512 kB of worlds. The threads end with the worlds.

    Raises:
        ParameterError: `num_threads` is no number of threads.
        PipelineError: the propagators do not fit the fields or each other.
        FieldError: a static field has no value, or one that is invalid for it or for a field whose initial
            values it holds: of a wrong shape or dtype, masked, NaN, or out of bounds.
        MemorySizeError: the worlds do not fit into memory; nothing was allocated.
    """

    def __init__(
        self,
        lattice: Lattice,
        fields: Mapping[str, Field],
        propagators: Sequence[Propagator] = (),
        *,
        num_worlds: int = 1,
        num_agents: int = 0,
        dt: float = 1.0,
        substeps: int = 1,
        seed: int | None = None,
        static: Mapping[Field, Any] | StaticArena | None = None,
        levels: Levels | None = None,
        derived: Sequence[Propagator] = (),
        checked: bool = False,
        num_threads: int | None = None,
    ) -> None:
        threads = thread_count(num_threads)
        self.layout = layout = lay_out(
            lattice,
            fields,
            propagators,
            derived,
            num_worlds=num_worlds,
            num_agents=num_agents,
            dt=dt,
            substeps=substeps,
            levels=levels,
        )
        shared = _shared_static(static, layout)
        self.arena = PingPongArena(layout.specs, num_worlds=num_worlds, static=shared, checked=checked)
        self.checks = TickChecks(layout)
        self.bindings = Bindings(layout, self.arena, self.checks)
        self.derived = Derived(layout, self.arena, self.bindings)
        self.runner = ThreadedRunner(threads, layout.batch_work)  # idle in checked mode
        self._num_threads = threads
        self._programs: list[Program | None] = [None, None]
        self._claim = Claim(self.arena, "this batch of worlds")
        self.identity = Identity.of("World", {}, lattice, layout.specs)
        self.reset(seed=seed)

    @property
    def lattice(self) -> Lattice:
        """The topology of every world's cells."""
        return self.layout.lattice

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields by name."""
        return self.layout.fields

    @property
    def num_worlds(self) -> int:
        """Number of worlds in the batch."""
        return self.layout.num_worlds

    @claims
    def tick(self, act: Callable[[Tick], None] | None = None) -> None:
        """Advance every world by one tick.

        Args:
            act: called first, with the tick; it may set the fields that no propagator writes. If one of
                several threads fails, the tick is repeated on a single thread, and `act` is called again.

        Raises:
            HookError: `act` raised; nothing has changed.
            PropagatorError: a propagator raised; nothing has changed.
            ConcurrentUseError: another thread is using these worlds.
            PipelineError: there is a derived field that nothing sets; nothing has changed.
        """
        self._advance(act)

    def _advance(self, act: Callable[[Tick], None] | None = None) -> None:
        self._check_derived()
        try:
            self._tick(act)
        except ThreadFailedError:
            self.runner.alone = True  # a worker thread failed; run on this thread alone to get its error
            try:
                self._tick(act)
            finally:
                self.runner.alone = self.runner.num_threads == 1

    def _tick(self, act: Callable[[Tick], None] | None) -> None:
        with self.arena.begin_tick(full=True) as guard:
            binding = self.bindings.open(guard)
            binding.steps += 1
            if act is not None:
                binding.tick.rng.rewind()
                try:
                    act(binding.tick)
                except Exception as error:
                    raise HookError(
                        f"act raised {described(error)}; the tick was undone.{came_from(error)}"
                    ) from error
                finally:
                    revoke(binding.tick)
                if self.arena.checked:
                    self.checks.hook("act", guard)
                self.bindings.settle(guard, binding)
            program = self._programs[binding.index]
            if program is None:
                propagation = self.bindings.propagation(binding, guard)
                stages = [*propagation, *binding.limits, *self.derived.stages(guard, binding)]
                program = self.bindings.program(binding, guard, stages, self.runner)
                self._programs[binding.index] = program
            program.run(self.num_worlds)
            guard.seal()

    def __getitem__(self, field: Field | str) -> npt.NDArray[Any]:
        """Return the published values, read-only, `(num_worlds, ...)`; valid until the tick after next.

        Raises:
            UnknownFieldError: there is no such field.
            ConcurrentUseError: another thread is using these worlds.
        """
        self._claim.check()
        if isinstance(field, str):
            return getattr(self.published(), field)
        return self.published()[field]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the worlds with their state.

        A Field of an importable class is the same object after loading; any other is a new one, to be read by
        its name: `loaded["heat"]`.
        """
        layout = self.layout
        made_of = (layout.lattice, dict(layout.fields), layout.pipeline.propagators)
        keywords = {
            "num_worlds": layout.num_worlds,
            "num_agents": layout.num_agents,
            "dt": layout.dt,
            "substeps": layout.substeps,
            "derived": layout.pipeline.derived,
            "static": self.arena.static_arena,
            "levels": layout.levels,
            "checked": self.arena.checked,
            "num_threads": self._num_threads,
        }
        return _rebuild, (type(self), made_of, keywords, self.identity, self.save())

    @claims
    def reset(self, *, seed: int | None = None, level: Any = None) -> None:
        """Set every field to its initial value and seed world i with `seed + i`.

        Args:
            seed: a non-negative integer; None takes a seed from the system.
            level: one level for all worlds, or one for each; None to draw them.

        Raises:
            OptionError: there is no such level, or these worlds have none.
            SeedError: the seed is negative.
            SeedTypeError: the seed is not an integer.
            ConcurrentUseError: another thread is using these worlds.
        """
        first = np.random.SeedSequence().generate_state(1)[0] if seed is None else checked_seed(seed)
        keys = np.stack([key_from_seed(int(first) + world) for world in range(self.num_worlds)])
        ids, given = self.layout.ids, level_numbers(self.layout, level)
        with self.arena.begin_tick() as guard:
            guard.write(ids[RNG_KEY])[...] = keys
            if self.layout.levels is not None:
                levels = guard.write(ids[LEVEL])
                levels[...] = given
                draw_levels(self.layout.levels, levels, keys)
            for field, field_id in ids.items():
                if not (field.fixed or field in (RNG_KEY, LEVEL)):
                    guard.write(field_id)[...] = self._initial(field, guard)
            self.derived.derive(guard)

    def _initial(self, field: Field, guard: TickGuard) -> Any:
        """Return the initial values of a field in every world."""
        ids, initial = self.layout.ids, field.initial
        if not isinstance(initial, Field):
            return initial
        values = guard.read(ids[initial])
        return values[guard.read(ids[LEVEL])] if initial.mutability == "level" else values

    def _check_derived(self) -> None:
        """Raise PipelineError if there is a derived field that nothing sets."""
        names = [field.name for field in self.layout.pipeline.derived_by_hook]
        if names and self.derived.hook is None:
            raise PipelineError(
                f"the fields {names} are derived, but nothing sets them: list a propagator that writes them "
                f"in World(derived=[...]), or declare them without derived=True."
            )

    def published(self) -> Values:
        """Return the published values of every field."""
        known = self.bindings.published()
        if known is not None:
            return known
        snapshot = self.arena.snapshot()
        arrays = {field: snapshot.read(field_id) for field, field_id in self.layout.ids.items()}
        return Values(arrays, self.layout.dt)


def _shared_static(static: Any, layout: Layout) -> StaticArena:
    """Return the arena of static values: the given one, or a new one with the given values."""
    if isinstance(static, StaticArena):
        shared = fitting_static(static, layout.specs)
    elif isinstance(static, Mapping | None):
        values = with_maps(cast("Mapping[Field, Any]", static or {}), layout.levels, layout.fields)
        shared = build_static(values, layout.ids, layout.specs, layout.sides)
    else:
        raise FieldError(f"static must be a StaticArena or a mapping from fields to values, not {static!r}.")
    check_static_values(layout.ids, shared, layout.sides)
    return shared


def _rebuild(
    cls: type[World],
    made_of: tuple[Lattice, Mapping[str, Field], Sequence[Propagator]],
    keywords: Mapping[str, Any],
    identity: Identity,
    state: State,
) -> World:
    world = cls(*made_of, **keywords, seed=0)
    world.identity = identity
    with world.arena.begin_tick() as guard:  # unchecked, as numbers may have diverged
        restore_rows(world.layout, state, world.layout.order, guard)
        guard.seal()
    return world
