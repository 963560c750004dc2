"""Derived fields, which follow from others: set at every step, at every reset and after every edit."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena, TickGuard
from murk_env.errors import PropagatorError
from murk_env.fields import LEVEL, Field, Parameter
from murk_env.fields.checks import check_values
from murk_env.kernels import KernelCall, kernel
from murk_env.kernels.fused import Choice, can_fuse
from murk_env.kernels.stage import Run, Stage
from murk_env.propagators.base import Propagator
from murk_env.world.binding import Binding, Bindings
from murk_env.world.layout import Layout
from murk_env.world.limits import limit_of
from murk_env.world.listed_worlds import ListedWorlds

__all__ = ["DeriveHook", "Derived"]

Array = npt.NDArray[Any]
Worlds = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class DeriveHook:
    """The author's hook `derive`, as the engine hands it down.

    Attributes:
        stage: returns the hook's stage, which runs worlds at places [start, stop) of a list of worlds.
        fuses: whether the hook is a kernel that fuses with others.
    """

    stage: Callable[[Binding, TickGuard, Worlds], Stage]
    fuses: bool


class Derived:
    """Sets the derived fields: first by the propagators that write them, in order, then by the hook.

    Propagators and hook see all other fields within their bounds, as they are published, so derived fields
    follow from the published state alone: derived from it again, a field has the same bytes. The hook's
    fields hold their initial values before it runs.

    Args:
        layout: the layout of the worlds.
        arena: their memory.
        bindings: their arrays.

    Attributes:
        used: whether there is any derived field.
        hook: the author's hook, None if there is none.
    """

    def __init__(self, layout: Layout, arena: PingPongArena, bindings: Bindings) -> None:
        pipeline = layout.pipeline
        self.used = bool(pipeline.derived or pipeline.derived_by_hook)
        self.hook: DeriveHook | None = None
        self._layout, self._arena, self._bindings = layout, arena, bindings
        self._listed = ListedWorlds(layout, arena, bindings)
        self._in_python = False  # whether one of the propagators is not a kernel
        coefficients = [value for propagator in pipeline.derived for value in propagator.coefficients]
        self._has_parameters = any(isinstance(value, Parameter) for value in coefficients)

    def use(self, hook: DeriveHook | None) -> None:
        """Use the author's hook for the derived fields that no propagator sets."""
        self.hook = hook
        self._listed.forget()

    @property
    def fuses(self) -> bool:
        """Whether propagators and hook are all kernels that fuse with others; known after the first run."""
        return self._bindings.fuses and not self._in_python and (self.hook is None or self.hook.fuses)

    def stages(self, guard: TickGuard, binding: Binding, choice: Choice | None = None) -> list[Stage]:
        """Return the stages within a step, for all worlds or, only if they fuse, for those of a choice."""
        if not self.used:
            return []
        stages = self._stages(guard, binding, binding.derived, self._layout.order)
        return stages if choice is None else [dataclasses.replace(one, choice=choice) for one in stages]

    def derive(self, guard: TickGuard, worlds: Worlds | None = None) -> None:
        """Set the derived fields of some worlds again, in a tick that changes these worlds outside a step.

        Call it before the tick is published, when all other fields have been set and are within their bounds:
        at the end of a reset or an edit. The tick may be sealed, with these rows reopened. A step derives
        fields by `stages`, and needs this only for worlds that it resets afterwards. Without derived fields
        it does nothing.

        Args:
            guard: the tick in progress.
            worlds: the worlds, (k,), each once; None for all.

        Raises:
            HookError: the hook raised.
            PropagatorError: one of the propagators raised.
        """
        if not self.used:
            return
        for field_id in self._layout.ids.values():
            guard.read(field_id)  # outside a step, fields with full writers are carried forward when read
        binding = self._bindings.of(guard)
        self._listed.take(self._layout.order if worlds is None else worlds)
        self._listed.run(binding, lambda: self._stages_of_some(guard, binding))

    def follow(self, binding: Binding) -> None:
        """Have coefficients fetched again in a step in which worlds were reset outside kernels."""
        if self._has_parameters:
            binding.version = -1

    def _stages_of_some(self, guard: TickGuard, binding: Binding) -> list[Stage]:
        """Return the stages for the listed worlds."""
        pairs = zip(self._layout.pipeline.derived, binding.derived, strict=True)
        some = [self._of_some(propagator, stage, guard) for propagator, stage in pairs]
        return self._stages(guard, binding, some, self._listed.rows)

    def _stages(
        self, guard: TickGuard, binding: Binding, propagators: Sequence[Stage], worlds: Worlds
    ) -> list[Stage]:
        pipeline = self._layout.pipeline
        stages: list[Stage] = []
        for propagator, stage in zip(pipeline.derived, propagators, strict=True):
            stages += [stage, *self._limits(propagator.writes, worlds)]
        if pipeline.derived_by_hook and self.hook is not None:
            own = pipeline.derived_by_hook
            stages += [self._initial(field, binding, worlds) for field in own]
            stages += [self.hook.stage(binding, guard, worlds), *self._limits(own, worlds)]
        return stages

    def _limits(self, fields: Sequence[Field], worlds: Worlds) -> list[Stage]:
        limited = [
            field for field in fields if field.limited and not self._layout.pipeline.bounds_held(field)
        ]
        return [
            Stage(f"the bounds of {field.name}", partial(limit_of, self._array(field), field, worlds))
            for field in limited
        ]

    def _initial(self, field: Field, binding: Binding, worlds: Worlds) -> Stage:
        rows, initial = self._array(field).reshape(self._layout.num_worlds, -1), field.initial
        if isinstance(initial, Field):
            maps, levelled = binding.staged.after.stored(initial), initial.mutability == "level"
            flat = maps.reshape(len(maps) if levelled else 1, -1)
            levels = binding.staged.after[LEVEL] if levelled else np.zeros(len(rows), np.int32)
            call = KernelCall(_copy, (worlds, rows, flat, levels))
        else:
            call = KernelCall(_fill, (worlds, rows, initial))
        return Stage("the initial values", lambda: call)

    def _array(self, field: Field) -> Array:
        return self._arena.staging_view(self._layout.ids[field])

    def _of_some(self, propagator: Propagator, stage: Stage, guard: TickGuard) -> Stage:
        """Return a propagator's stage for the listed worlds instead of all."""
        ids, rows = self._layout.ids, self._listed.rows

        def bind() -> Run:
            run = stage.bind()
            self._in_python |= not can_fuse(run)
            if not isinstance(run, KernelCall):  # it may ignore start and stop
                return lambda _start, _stop: run(0, self._layout.num_worlds)

            def some(start: int, stop: int) -> None:
                for first, last in _stretches(rows[start:stop]):
                    run(first, last)

            return some

        def check() -> None:
            written = [(field, guard.read(ids[field])) for field in propagator.writes]
            check_values(propagator.name, written, PropagatorError, self._layout.sides)

        return dataclasses.replace(stage, bind=bind, check=check if self._arena.checked else None)


def _stretches(worlds: Worlds) -> Iterator[tuple[int, int]]:
    """Yield the contiguous ranges [first, last) of the worlds."""
    if worlds.size:
        for stretch in np.split(worlds, np.flatnonzero(np.diff(worlds) != 1) + 1):
            yield int(stretch[0]), int(stretch[-1]) + 1


@kernel
def _fill(start: int, stop: int, worlds: Worlds, rows: Array, value: float) -> None:
    for index in range(start, stop):
        values = rows[worlds[index]]
        for place in range(values.size):
            values[place] = value


@kernel
def _copy(start: int, stop: int, worlds: Worlds, rows: Array, maps: Array, levels: Array) -> None:
    for index in range(start, stop):
        world = worlds[index]
        values, initial = rows[world], maps[levels[world]]
        for place in range(values.size):
            values[place] = initial[place]
