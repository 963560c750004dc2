"""Returns of CrystalNav: climbing the light, and the optimum by dynamic programming."""

import math
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random
from murk_envs.scripted.navigation import Cells, Floats, Play, best_play, climb, evolve, ways

__all__ = ["POLICIES", "best", "optimum"]

# stay, then the twelve hops to the nearest spheres
HOPS = [
    *[(0, 0, 0), (1, 1, 0), (-1, 1, 0), (1, -1, 0), (-1, -1, 0), (1, 0, 1), (-1, 0, 1)],
    *[(1, 0, -1), (-1, 0, -1), (0, 1, 1), (0, -1, 1), (0, 1, -1), (0, -1, -1)],
]
NUM_STEPS, WARM_UP = 300, 81


@cache
def crystal(size: int) -> Cells:
    """Return where every action leads, (13, num_cells)."""
    points = [(x, y, z) for z, y, x in np.ndindex(size, size, size)]
    return ways([point for point in points if sum(point) % 2 == 0], HOPS)


def climb_the_light(observations: npt.NDArray[np.float32], action_space: Any, rng: Any) -> Cells:
    """Hop to the neighbour with the most light."""
    beacon, _, agents = np.split(observations, 3, axis=1)
    size = round((2 * beacon.shape[1]) ** (1 / 3))
    return climb(beacon, agents, crystal(size))


POLICIES = {"random": act_at_random, "scripted": climb_the_light}


def rewards(params: Any) -> Floats:
    """Return the reward of being at a cell after each step, without that for arriving, (301, num_cells).

    The first row is the start of the episode.
    """

    def field(source: int, diffusion: float, decay: float) -> Floats:
        kept = math.exp(-decay)
        every = evolve(
            crystal(params.size), source, WARM_UP + NUM_STEPS, diffusion=kept * diffusion, kept=kept
        )
        return every[WARM_UP - 1 :]

    beacon = field(params.goal, params.beacon_diffusion, params.beacon_decay)
    radiation = field(params.hazard, params.radiation_diffusion, params.radiation_decay)
    return 0.1 * (beacon - radiation) - params.step_cost


def best(params: Any) -> Play:
    """Return the optimal play from every start."""
    return best_play(crystal(params.size), rewards(params)[1:], params.goal)


def optimum(params: Any) -> float:
    """Return the largest possible mean return over all starts."""
    return float(np.delete(best(params).values, params.goal).mean())
