"""Worlds whose numbers have diverged: their values are restored and their episodes end."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena
from murk_env.kernels import KernelCall, kernel
from murk_env.kernels.stage import Stage
from murk_env.world import World
from murk_env.world.binding import Binding

__all__ = ["DIVERGED", "Divergence"]

DIVERGED = "diverged"  # the key in infos

Array = npt.NDArray[Any]


class Divergence:
    """Ends the episode of a world in which a number is no longer finite, if the blueprint has ends_diverged.

    All of the world's per-tick fields are restored to their values before the step, so that observations and
    rewards are finite.

    Args:
        world: the worlds.
        terminated: the termination flags, (num_worlds,) or (num_worlds, num_agents) bool.
    """

    def __init__(self, world: World, terminated: npt.NDArray[np.bool_]) -> None:
        fields = [field for field in world.layout.fields.values() if field.mutability == "per_tick"]
        self._restored = [field for field in fields if not field.derived]
        self._watched = [field for field in self._restored if field.dtype.kind == "f"]
        self._ids = world.layout.ids
        self._terminated = terminated
        self._flags = np.zeros(world.num_worlds, np.bool_)

    def undo(self, binding: Binding, arena: PingPongArena) -> list[Stage]:
        """Return the stages that find the diverged worlds and restore them."""
        before, view = binding.staged.before, arena.staging_view
        rows = [(_rows(before[field]), _rows(view(self._ids[field]))) for field in self._restored]
        watched = [_rows(view(self._ids[field])) for field in self._watched]
        calls = [KernelCall(_begin, (self._flags,))]
        calls += [KernelCall(_find, (values, self._flags)) for values in watched]
        calls += [KernelCall(_undo, (*pair, self._flags)) for pair in rows]
        return [Stage("the restoration of diverged worlds", lambda call=call: call) for call in calls]

    def end(self) -> list[Stage]:
        """Return the stage that ends the episodes of the diverged worlds."""
        call = KernelCall(_end, (_rows(self._terminated), self._flags))
        return [Stage("the end of diverged episodes", lambda: call)]

    def clear(self) -> None:
        """Forget the diverged worlds, which have been reset."""
        self._flags[:] = False

    def told(self) -> npt.NDArray[np.bool_]:
        """Return which worlds have diverged in this step, (num_worlds,) bool, a copy."""
        return self._flags.copy()


def _rows(array: Array) -> Array:
    return array.reshape(len(array), -1)


@kernel
def _begin(start: int, stop: int, flags: Array) -> None:
    for world in range(start, stop):
        flags[world] = False


@kernel
def _find(start: int, stop: int, values: Array, flags: Array) -> None:
    for world in range(start, stop):
        for place in range(values.shape[1]):
            if not np.isfinite(values[world, place]):
                flags[world] = True


@kernel
def _undo(start: int, stop: int, before: Array, values: Array, flags: Array) -> None:
    for world in range(start, stop):
        if flags[world]:
            for place in range(values.shape[1]):
                values[world, place] = before[world, place]


@kernel
def _end(start: int, stop: int, terminated: Array, flags: Array) -> None:
    for world in range(start, stop):
        if flags[world]:
            for place in range(terminated.shape[1]):
                terminated[world, place] = True
