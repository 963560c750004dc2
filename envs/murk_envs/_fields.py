"""Warmed-up fields, with which episodes of the navigation environments begin."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from murk_env import Diffusion, Field, Lattice, World

__all__ = ["LARGE", "settled"]

LARGE = 1e6  # limit of rates and rewards: beyond it float32 fields and sums of rewards lose precision


def settled(
    lattice: Lattice, propagator_of: Callable[[Field], Diffusion], num_ticks: int
) -> npt.NDArray[np.float32]:
    """Return a field, (num_cells,), after some ticks of its propagator from zero.

    Args:
        lattice: where the field spreads.
        propagator_of: returns the propagator for a field.
        num_ticks: number of ticks.
    """
    field = Field()
    world = World(lattice, {"field": field}, [propagator_of(field)])
    world.run(num_ticks)
    return world[field][0]
