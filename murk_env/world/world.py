"""Worlds: a lattice, its fields and its laws, many at a time in one arena."""

import math
import operator
import weakref
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import (
    OwnedSnapshot,
    PingPongArena,
    StaticArena,
    TickGuard,
    UncoveredWriteError,
)
from murk_env.errors import (
    FieldError,
    HookError,
    LatticeError,
    PropagatorError,
    ReentrantStepError,
    described,
)
from murk_env.fields import Field, Parameter
from murk_env.fields.bookkeeping import BOOKKEEPING, RNG_KEY
from murk_env.fields.checks import check_values
from murk_env.fields.views import Tick, Values
from murk_env.kernels.program import Program, Runner, Stage, unchanged
from murk_env.lattice import Lattice
from murk_env.propagators.base import Propagator
from murk_env.random import checked_seed, key_from_seed
from murk_env.world.binding import Binding, Views, bind, free_tick, rebind, view
from murk_env.world.limits import apply_bounds
from murk_env.world.pipeline import Pipeline
from murk_env.world.static_values import build_static, field_ids, field_specs, fitting_static

__all__ = ["World"]


class World:
    """A batch of independent worlds of one kind, ticked together.

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
        propagators: the laws, in the order they run.
        num_worlds: number of worlds in the batch.
        num_agents: number of agents of every world, for fields over agents.
        dt: time that one tick advances, in the propagators' unit.
        seed: world i draws its random numbers from `seed + i`; None takes one from the system.
        static: values of the static fields (arrays, or functions that return them), or a
            StaticArena that holds them already.
        checked: prove at every tick that full writes are complete and floats are finite.

    Raises:
        PipelineError: when the laws do not fit the fields or each other.
        FieldError: when a static field has no value, or one of the wrong shape.
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
        seed: int | None = None,
        static: Mapping[Field, Any] | StaticArena | None = None,
        checked: bool = False,
    ) -> None:
        if not isinstance(lattice, Lattice):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise LatticeError(f"a World lies on a Lattice, such as Square4(8, 8), not on {lattice!r}.")
        lattice.check()
        self.lattice = lattice
        self.fields = _named(fields)
        self.num_worlds = num_worlds
        self.num_agents = _num_agents(num_agents, self.fields.values())
        self.dt = float(dt)
        self.pipeline = Pipeline(propagators, self.fields.values(), lattice, self.dt)
        self.ids = field_ids(self.fields)
        specs = field_specs(self.ids, lattice.num_cells, num_agents, self.pipeline.write_mode)
        if isinstance(static, StaticArena):
            shared = fitting_static(static, specs)
        elif isinstance(static, Mapping | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            shared = build_static(static or {}, self.ids, specs)
        else:
            raise FieldError(f"static is a StaticArena or a mapping from fields to values, not {static!r}.")
        self.arena = PingPongArena(specs, num_worlds=num_worlds, static=shared, checked=checked)
        self._views: list[Views | None] = [None, None]
        self._bindings: list[Binding | None] = [None, None]
        self._programs: list[Program | None] = [None, None]
        self._limited = [field for field in self.fields.values() if field.limited]  # what hooks may leave
        self._bounded = [field for field in self._limited if not self.pipeline.bounds_held(field)]
        self.bounded_per_tick = [field for field in self._bounded if field.mutability == "per_tick"]
        self._bounded_sparse = [field for field in self._bounded if field.mutability == "sparse"]
        self._bounded_parameters = [field for field in self._bounded if isinstance(field, Parameter)]
        self.order = np.arange(num_worlds)
        self.sparse = [field for field in self.fields.values() if field.mutability == "sparse"]
        self.sparse_written = [field for field in self.pipeline.writers if field.mutability == "sparse"]
        self.unchecked: npt.NDArray[np.intp] | None = None  # worlds whose numbers checks do not look at
        self.runner: Runner | None = None
        self._whole = _Whole(self.arena)
        self.reset(seed=seed)

    # --- use without any learning -----------------------------------------------------------

    def tick(self, act: Callable[[Tick], None] | None = None) -> None:
        """Advance every world by one tick.

        Args:
            act: called first, with the tick; it may set the fields that no propagator writes.

        Raises:
            HookError: when `act` raises; nothing has changed then.
            PropagatorError: when a propagator raises; nothing has changed then.
        """
        with self._whole, self.arena.begin_tick() as guard:
            binding = self.open(guard)
            binding.steps += 1
            if act is not None:
                binding.tick.rng.restart()
                try:
                    act(binding.tick)
                except Exception as error:
                    raise HookError(f"act raised {described(error)}; the tick was undone.") from error
                if self.arena.checked:
                    self.check_hook("act", guard)
                self.settle(guard, binding)
            self._laws(binding, guard).run(self.num_worlds)
            guard.seal()

    def _laws(self, binding: Binding, guard: TickGuard) -> Program:
        """Return the laws, and what keeps their results within bounds, as one program."""
        index = self.arena.staging_index
        program = self._programs[index]
        if program is None:
            stages = [*binding.laws, *binding.bounds, *self.sparse_bounds(guard)]
            program = self._programs[index] = self.program(binding, guard, stages)
        return program

    def run(self, num_ticks: int) -> None:
        """Advance every world by a number of ticks."""
        for _ in range(num_ticks):
            self.tick()

    def __getitem__(self, field: Field) -> npt.NDArray[Any]:
        """Return the published values, read-only, `(num_worlds, ...)`; valid until the tick after next."""
        return self.published()[field]

    @contextmanager
    def edit(self) -> Generator[Tick]:
        """Change fields between ticks: `with world.edit() as tick: tick[field] = values`.

        Any field but static ones may be set, also those that propagators write.
        """
        with self._whole, self.arena.begin_tick() as guard:
            yield free_tick(self, guard)
            if self.arena.checked:
                written = [(field, guard.read(self.ids[field])) for field in self.fields.values()]
                check_values("edit", written, HookError)
            self.apply_bounds(guard, self._limited)

    def reset(self, *, seed: int | None = None) -> None:
        """Set every field to its initial value and seed world i with `seed + i`.

        Raises:
            SeedError: when the seed is negative.
            SeedTypeError: when it is not an integer.
        """
        first = np.random.SeedSequence().generate_state(1)[0] if seed is None else checked_seed(seed)
        keys = np.stack([key_from_seed(int(first) + world) for world in range(self.num_worlds)])
        with self._whole, self.arena.begin_tick() as guard:
            for field, field_id in self.ids.items():
                if field.mutability != "static":
                    guard.write(field_id)[...] = field.initial
            guard.update(self.ids[RNG_KEY])[...] = keys

    def save(self) -> OwnedSnapshot:
        """Return a copy of the whole state: picklable, never stale."""
        return self.arena.snapshot().to_owned()

    def restore(self, saved: OwnedSnapshot) -> None:
        """Go back to a saved state."""
        with self._whole:
            self.arena.restore(saved)

    # --- the parts of one tick, composed by `tick` and by the environments' step -------------

    def open(self, guard: TickGuard) -> Binding:
        """Begin a tick and return the arrays to work on; every field with a full writer will be written."""
        for field in self.sparse_written:
            (guard.write if field in self.pipeline.writers[field].writes else guard.update)(self.ids[field])
        guard.claim_full()
        binding = self._bindings[self.arena.staging_index]
        if binding is None or self.sparse:
            return self.binding(guard)
        return binding  # without sparse fields nothing ever moves

    def binding(self, guard: TickGuard) -> Binding:
        """Return the arrays of the tick in progress."""
        index = self.arena.staging_index
        binding = self._bindings[index]
        if binding is None:
            binding = self._bindings[index] = bind(weakref.proxy(self), guard)
        elif binding.version != self.arena.layout_version:
            self.follow(guard, binding)
        return binding

    def follow(self, guard: TickGuard, binding: Binding) -> None:
        """Fetch what has moved anew."""
        if binding.version != self.arena.layout_version:
            rebind(self, guard, binding)

    def settle(self, guard: TickGuard, binding: Binding) -> None:
        """After a hook or a law that is no kernel: keep parameters within bounds, follow what has moved."""
        if binding.version != self.arena.layout_version:
            self.apply_bounds(guard, self._bounded_parameters)  # stability was checked against the bounds
            self.follow(guard, binding)

    def views(self, guard: TickGuard) -> Views:
        """Return the readable arrays while this buffer is staged, fetched anew where they have moved."""
        index = self.arena.staging_index
        found = self._views[index]
        if found is None or found.version != self.arena.layout_version:
            found = self._views[index] = view(self, guard)
        return found

    def program(self, binding: Binding, guard: TickGuard, stages: Sequence[Stage]) -> Program:
        """Return stages put together, which follow whatever moves; whoever asks for them keeps them."""
        moved = partial(World.settle, weakref.proxy(self), guard, binding)
        merge = not self.arena.checked
        made = Program(stages, self.world_bytes, merge=merge, runner=self.runner, moved=moved)
        binding.programs.add(made)
        return made

    def sparse_bounds(self, guard: TickGuard) -> list[Stage]:
        """Return the stage that brings sparse fields written in the tick back within their bounds."""
        if not self._bounded_sparse:
            return []

        world, bounded = weakref.proxy(self), self._bounded_sparse  # the world keeps the stage

        def apply(_start: int, _stop: int) -> None:
            world.apply_bounds(guard, bounded)

        return [Stage("the bounds of sparse fields", lambda: apply, unchanged)]

    @property
    def world_bytes(self) -> int:
        """Memory that one world takes in both buffers."""
        shapes = [field.shape(self.lattice.num_cells, self.num_agents) for field in self.fields.values()]
        return 8 * sum(math.prod(shape) for shape in shapes)

    def apply_bounds(self, guard: TickGuard, fields: Sequence[Field]) -> None:
        """Bring some fields back within their bounds."""
        for field in fields:
            array = guard.read(self.ids[field])
            if field.mutability == "sparse" and array is guard.previous(self.ids[field]):
                continue
            apply_bounds(guard.update(self.ids[field]), field)

    def published(self) -> Values:
        """Return the published values of every field."""
        found = self._views[1 - self.arena.staging_index]
        if found is not None and (not self.sparse or found.version == self.arena.layout_version):
            return found.after
        snapshot = self.arena.snapshot()
        return Values({field: snapshot.read(field_id) for field, field_id in self.ids.items()})

    def check_law(self, propagator: Propagator, guard: TickGuard) -> None:
        """In checked mode, prove what a propagator has just written complete and finite."""
        try:
            guard.prove_covered([self.ids[field] for field in propagator.writes])
        except UncoveredWriteError as error:
            raise PropagatorError(f"{propagator.name} left a part of its write unset: {error}") from error
        written = [
            (field, guard.read(self.ids[field])) for field in (*propagator.writes, *propagator.updates)
        ]
        check_values(propagator.name, written, PropagatorError, skipped=self.unchecked)

    def check_hook(self, who: str, guard: TickGuard) -> None:
        """In checked mode, prove that what a hook may have written is finite."""
        owned = [field for field in self.fields.values() if field not in self.pipeline.writers]
        written = [(field, guard.read(self.ids[field])) for field in owned]
        check_values(who, written, HookError, skipped=self.unchecked)


class _Whole:
    """Leaves no tick open, wherever an interrupt arrives: `with` it around everything that opens one."""

    __slots__ = ("_arena",)

    def __init__(self, arena: PingPongArena) -> None:
        self._arena = arena

    def __enter__(self) -> None:
        if self._arena.in_tick:
            raise ReentrantStepError(
                "these worlds are in the middle of a tick; work through the tick it gives."
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._arena.abandon_tick()


def _num_agents(number: Any, fields: Iterable[Field]) -> int:
    of_agents = [field.name for field in fields if field.over == "agents"]
    try:
        agents = operator.index(number)
    except TypeError:
        agents = -1
    if agents < 0 or (of_agents and agents == 0):
        raise FieldError(
            f"num_agents is a number of agents, not {number!r}"
            + (f"; the fields {of_agents} are over agents and need at least 1." if of_agents else ".")
        )
    return agents


def _named(fields: Mapping[str, Field]) -> Mapping[str, Field]:
    for name, field in fields.items():
        if not field.name:
            field.name = name
        if field.name != name or name in BOOKKEEPING or list(fields.values()).count(field) > 1:
            raise FieldError(
                f"field {field.name!r} cannot be called {name!r} here: a field has one name, "
                f"and none of {list(BOOKKEEPING)}."
            )
    return dict(fields)
