"""Fields as they are after a while: what episodes of the navigation environments begin with."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from murk_env import Diffusion, Field, Lattice, World

__all__ = ["LARGE", "settled"]

LARGE = 1e6  # of rates and rewards: beyond it float32 fields and sums of rewards lose what matters


def settled(
    lattice: Lattice, propagator_of: Callable[[Field], Diffusion], num_ticks: int
) -> npt.NDArray[np.float32]:
    """Return a field that began at zero after some ticks of its propagator, (num_cells,).

    Args:
        lattice: where it spreads.
        propagator_of: returns the propagator of a field.
        num_ticks: how many ticks.
    """
    field = Field()
    world = World(lattice, {"field": field}, [propagator_of(field)])
    world.run(num_ticks)
    return world[field][0]
