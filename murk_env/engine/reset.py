"""Begins episodes: sets the rows of some worlds to their initial values and calls `start`."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import RowWriter, TickGuard
from murk_env.engine.hooks import Stages
from murk_env.fields import Field, Parameter
from murk_env.fields.bookkeeping import EPISODE, RNG_KEY, RUNNING, STEP
from murk_env.kernels import compile_source
from murk_env.kernels.call import KernelCall
from murk_env.kernels.fused import Choice
from murk_env.kernels.program import Program, Stage, unchanged
from murk_env.world import World
from murk_env.world.binding import Binding
from murk_env.world.limits import apply_bounds, bound_of

__all__ = ["Restart"]

Array = npt.NDArray[Any]


class Restart:
    """Begins episodes in some of the worlds of a tick, at a cost that grows with their number alone.

    Args:
        world: the worlds.
        stages: the hooks.

    Attributes:
        merges: whether all of it is kernels that merge with those of a step, on arrays that never move.
    """

    def __init__(self, world: World, stages: Stages) -> None:
        self._world = world
        self._stages = stages
        self._rows = np.zeros(world.num_worlds, np.int64)  # the worlds, where kernels find them
        fields = world.fields.values()
        self._per_tick = [field for field in world.ids if field.mutability == "per_tick"]
        self._initial = [field for field in fields if field.mutability == "per_tick"]
        self._sparse = [field for field in world.sparse if not isinstance(field, Parameter)]
        self._limited = [field for field in self._initial if field.limited]
        self._limited_sparse = [field for field in world.sparse if field.limited]
        self._programs: list[tuple[Program, int] | None] = [None, None]
        moving = [*self._sparse, *(f for f in stages.written_by_start if f.mutability == "sparse")]
        self.merges = stages.start_merges and not moving and not world.arena.checked

    def begin(
        self,
        guard: TickGuard,
        rows: RowWriter,
        binding: Binding,
        keys: Mapping[int, npt.NDArray[np.int32]],
        *,
        all_written: bool,
    ) -> None:
        """Begin an episode in the worlds of `rows`.

        Args:
            guard: the tick.
            rows: the writer of these worlds' rows.
            binding: the tick's arrays.
            keys: by world, a new random key; worlds without one go on with theirs.
            all_written: whether every field with a full writer is written in this tick.
        """
        world = self._world
        self._restart_sparse(rows)
        if keys:
            self._seed(rows, keys)
        if not all_written or world.arena.checked:
            for field in self._per_tick:
                rows.unguarded(world.ids[field])  # carried forward; in checked mode also watched
        self._follow(guard, binding)
        self._rows[: len(rows.worlds)] = rows.worlds
        self._stages.rows = rows
        self._program(guard, binding).run(len(rows.worlds))
        self._bound_sparse(rows)
        rows.close()  # in checked mode it proves here that start kept to its rows
        self._follow(guard, binding)

    def _follow(self, guard: TickGuard, binding: Binding) -> None:
        """See what has moved. In a sealed tick no law runs any more, and all else follows in the next one."""
        if not guard.sealed:
            self._world.follow(guard, binding)
        elif binding.version != self._world.arena.layout_version:
            binding.views = self._world.views(guard)

    def _restart_sparse(self, rows: RowWriter) -> None:
        ids = self._world.ids
        for field in self._sparse:
            if not (rows.read(ids[field]) == field.initial).all():  # else no copy-on-write
                rows.write(ids[field], field.initial)
        for field in self._stages.written_by_start:
            if field.mutability == "sparse":
                rows.unguarded(ids[field])

    def _seed(self, rows: RowWriter, keys: Mapping[int, npt.NDArray[np.int32]]) -> None:
        ids = self._world.ids
        worlds = rows.worlds.tolist()
        seeded = np.array([world in keys for world in worlds])
        words, episodes = rows.read(ids[RNG_KEY]), rows.read(ids[EPISODE])
        words[seeded] = [keys[world] for world in worlds if world in keys]
        episodes[seeded] = -1  # the episode about to begin is number 0
        rows.write(ids[RNG_KEY], words)
        rows.write(ids[EPISODE], episodes)

    def _bound_sparse(self, rows: RowWriter) -> None:
        for field in self._limited_sparse:
            values = rows.read(self._world.ids[field])
            inside = values.copy()
            apply_bounds(inside, field)
            if not np.array_equal(values, inside):
                rows.write(self._world.ids[field], inside)

    def _program(self, guard: TickGuard, binding: Binding) -> Program:
        """Return the stages of a beginning, with their arrays where they lie now."""
        world = self._world
        index, version = world.arena.staging_index, world.arena.layout_version
        found = self._programs[index]
        if found is None:
            stages = self._stages_of(guard, binding, self._rows)
            merge = not world.arena.checked
            program = Program(stages, world.world_bytes, merge=merge, runner=None, moved=lambda: None)
            found = program, version
        elif found[1] != version:
            found[0].rebind()
        self._programs[index] = found[0], version
        return found[0]

    def stages_for(self, guard: TickGuard, binding: Binding, choice: Choice) -> list[Stage]:
        """Return the stages that begin episodes in some worlds within a step, if all of it `merges`."""
        stages = self._stages_of(guard, binding, self._world.order)
        return [dataclasses.replace(stage, choice=choice) for stage in stages]

    def _stages_of(self, guard: TickGuard, binding: Binding, worlds: Array) -> list[Stage]:
        """Return the stages; they refer to this object's parts and not to itself, which keeps them."""
        ids, staged = self._world.ids, self._world.arena.staging_view
        arrays = {field: staged(ids[field]) for field in (*self._initial, EPISODE, STEP)}
        bounds = [
            Stage("the bounds", partial(bound_of, arrays[field], field, worlds), unchanged)
            for field in self._limited
        ]
        initial = _initial_values(worlds, binding, arrays, self._initial)
        return [
            Stage("the initial values", lambda: initial, unchanged),
            self._stages.start(binding, guard, worlds),
            *bounds,
        ]


def _initial_values(
    worlds: Array, binding: Binding, arrays: Mapping[Field, Array], fields: Sequence[Field]
) -> KernelCall:
    """Return what sets the rows of fields to their initial values and begins the worlds' clocks anew."""
    kernel = compile_source(_source(len(fields)), "initialise_worlds", {"RUNNING": RUNNING})
    rows = [arrays[field].reshape(len(worlds), -1) for field in fields]
    values = [field.initial for field in fields]
    return KernelCall(kernel, (worlds, arrays[EPISODE], arrays[STEP], binding.phases, *rows, *values))


def _source(num_fields: int) -> str:
    fields = [f"field{index}" for index in range(num_fields)]
    values = [f"value{index}" for index in range(num_fields)]
    arguments = ["start", "stop", "rows", "episodes", "steps", "phases", *fields, *values]
    lines = [
        f"def initialise_worlds({', '.join(arguments)}):",
        "    for row in range(start, stop):",
        "        world = rows[row]",
        "        episodes[world] += 1",
        "        steps[world] = 0",
        "        phases[world] = RUNNING",
        *(f"        {field}[world, :] = {value}" for field, value in zip(fields, values, strict=True)),
    ]
    return "\n".join(lines) + "\n"
