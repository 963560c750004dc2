"""Resets worlds: sets their rows to the initial values and calls `start`, in the middle of a tick."""

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import RowWriter, TickGuard
from murk_env.engine.hooks import HookStages
from murk_env.engine.initial_values import initial_values
from murk_env.fields import Field, Parameter, Values
from murk_env.fields.bookkeeping import EPISODE, LEVEL, RNG_KEY, STEP
from murk_env.kernels import KernelCall
from murk_env.kernels.fused import Choice
from murk_env.kernels.stage import Stage
from murk_env.world import World
from murk_env.world.binding import Binding
from murk_env.world.level_draws import DRAWN, LEVEL_SITE, draw_of_worlds
from murk_env.world.limits import limit_of, within_bounds
from murk_env.world.listed_worlds import ListedWorlds

__all__ = ["NO_VALUES", "Reset", "RowValues"]

Array = npt.NDArray[Any]
Keys = Mapping[int, npt.NDArray[np.int32]]
RowValues = Mapping[Field, Array]
NO_KEYS: Keys = {}
NO_VALUES: RowValues = {}


class Reset:
    """Resets some of the worlds of a tick, at a cost proportional to their number.

    Args:
        world: the worlds.
        hooks: the hooks.

    Attributes:
        fuses: whether all of a reset is kernels that fuse with those of a step, on arrays that never move.
    """

    def __init__(self, world: World, hooks: HookStages) -> None:
        self._layout, self._arena, self._bindings = world.layout, world.arena, world.bindings
        self._hooks = hooks
        self._listed = ListedWorlds(self._layout, self._arena, self._bindings)
        fields = self._layout.fields.values()
        self._per_tick = [field for field in self._layout.ids if field.mutability == "per_tick"]
        self._initial = [field for field in fields if field.mutability == "per_tick" and field is not LEVEL]
        self._initial.append(self._layout.returns)
        self._given = np.full(world.num_worlds, DRAWN, np.int32)  # levels given in options of reset
        self._sparse = [field for field in self._layout.sparse if not isinstance(field, Parameter)]
        self._sparse_limited = [field for field in self._layout.sparse if field.limited]
        moving = [*self._sparse, *(f for f in hooks.touched_by_start if f.mutability == "sparse")]
        self.fuses = hooks.start_fuses and not moving and self._bindings.fuses

    def stages(self, guard: TickGuard, binding: Binding, ended: Choice) -> list[Stage]:
        """Return the kernels that reset the worlds of a choice within a step; only if the reset `fuses`."""
        stages = self._stages_of(guard, binding, self._layout.order)
        if self._layout.levels is not None:
            draws = self._levels_of(binding, self._layout.order)
            stages = [Stage("the levels", lambda: draws), *stages]
        return [dataclasses.replace(stage, choice=ended) for stage in stages]

    def run(
        self,
        guard: TickGuard,
        rows: RowWriter,
        binding: Binding,
        *,
        keys: Keys = NO_KEYS,
        values: RowValues = NO_VALUES,
        in_step: bool,
    ) -> None:
        """Reset the worlds of `rows`.

        Args:
            guard: the tick.
            rows: the writer of these worlds' rows.
            binding: the tick's arrays.
            keys: by world, a new random key; worlds without one keep theirs.
            values: values that fields are set to after `start`, one row for each of these worlds or one for
                all.
            in_step: whether this is part of a step, in which every field with a full writer is written.
        """
        ids = self._layout.ids
        if keys:
            self._seed(rows, keys)
        if not in_step or self._arena.checked:
            for field in self._per_tick:
                rows.unguarded(ids[field])  # carried forward; in checked mode also watched
        self._listed.take(rows.worlds)
        if self._layout.levels is not None:
            self._draw_levels(rows.worlds, binding, values)
        self._reset_sparse(rows, binding.staged.after)
        self._hooks.write_through(rows)
        self._listed.run(binding, lambda: self._stages_of(guard, binding, self._listed.rows))
        for field, array in values.items():
            rows.write(ids[field], array)
        for field in self._sparse_limited:
            held = rows.read(ids[field])
            inside = within_bounds(held, field)
            if not np.array_equal(held, inside):
                rows.write(ids[field], inside)
        rows.close()  # checked mode verifies here that start wrote only its rows
        self._bindings.settle(guard, binding)

    def _draw_levels(self, worlds: Array, binding: Binding, values: RowValues) -> None:
        """Set the levels of some worlds: those given, or drawn ones."""
        self._given[worlds] = values.get(LEVEL, DRAWN)
        try:
            self._levels_of(binding, self._listed.rows)(0, len(worlds))
        finally:
            self._given[worlds] = DRAWN

    def _levels_of(self, binding: Binding, worlds: Array) -> KernelCall:
        """Return the call that sets the levels of worlds by their places in a list."""
        levels: Any = self._layout.levels
        chosen, keys = self._arena.staging_view(self._layout.ids[LEVEL]), binding.staged.after[RNG_KEY]
        episodes = self._arena.staging_view(self._layout.ids[EPISODE])
        drawn = (levels.ids, levels.ends, keys, episodes, LEVEL_SITE)
        return KernelCall(draw_of_worlds, (worlds, chosen, self._given, *drawn))

    def _reset_sparse(self, rows: RowWriter, values: Values) -> None:
        ids = self._layout.ids
        for field in self._sparse:
            initial = field.initial
            if isinstance(initial, Field):
                levelled = initial.mutability == "level"
                initial = values.stored(initial)
                initial = initial[rows.read(ids[LEVEL])] if levelled else initial
            held = rows.read(ids[field])
            wanted = np.broadcast_to(np.asarray(initial, held.dtype), held.shape)
            if held.tobytes() != wanted.tobytes():  # by bytes, as -0.0 == 0.0; equal rows are not copied
                rows.write(ids[field], initial)

    def _seed(self, rows: RowWriter, keys: Keys) -> None:
        ids = self._layout.ids
        worlds = rows.worlds.tolist()
        seeded = np.array([world in keys for world in worlds])
        words, episodes = rows.read(ids[RNG_KEY]), rows.read(ids[EPISODE])
        words[seeded] = [keys[world] for world in worlds if world in keys]
        episodes[seeded] = -1  # the next episode is number 0
        rows.write(ids[RNG_KEY], words)
        rows.write(ids[EPISODE], episodes)

    def _stages_of(self, guard: TickGuard, binding: Binding, worlds: Array) -> list[Stage]:
        ids, staged = self._layout.ids, self._arena.staging_view
        arrays = {field: staged(ids[field]) for field in (*self._initial, EPISODE, STEP)}
        limits = [
            Stage("the bounds", partial(limit_of, arrays[field], field, worlds))
            for field in self._initial
            if field.limited and not field.derived
        ]
        initial = initial_values(worlds, binding, arrays, self._initial)
        return [
            Stage("the initial values", lambda: initial),
            self._hooks.start(binding, guard, worlds),
            *limits,
        ]
