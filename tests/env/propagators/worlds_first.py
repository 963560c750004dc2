"""Fields set to values of one world or of all, and to those that no edit takes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env import Field, World

__all__ = ["put", "worlds_first"]


def worlds_first(world: World, field: Field, values: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return values with the worlds axis first, the same in every world where they have none."""
    array, own = np.asarray(values), world.layout.sides.of(field)
    if array.ndim in (0, len(own) + 1):
        return array
    return np.broadcast_to(array, own)[np.newaxis]


def put(world: World, field: Field, values: npt.ArrayLike) -> None:
    """Let a field hold values, what is not finite included: as after a tick that went wrong."""
    with world.arena.begin_tick() as guard:
        guard.update(world.layout.ids[field])[...] = worlds_first(world, field, values)
