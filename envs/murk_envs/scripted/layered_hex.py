"""Returns of LayeredHex: climbing the light, and the optimum by dynamic programming."""

import math
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random
from murk_envs.scripted.navigation import Cells, Floats, Play, best_play, climb, evolve, ways

__all__ = ["POLICIES", "best", "optimum"]

# stay, then (q, r, floor): east, northeast, northwest, west, southwest, southeast, down, up
HOPS = [
    *[(0, 0, 0), (1, 0, 0), (1, -1, 0), (0, -1, 0), (-1, 0, 0), (-1, 1, 0), (0, 1, 0)],
    *[(0, 0, -1), (0, 0, 1)],
]
NUM_STEPS, WARM_UP, FLOORS = 200, 61, 3


@cache
def floors_of(size: int, floors: int) -> Cells:
    """Return where every action leads from every cell, (9, num_cells)."""
    return ways([(q, r, floor) for r, q, floor in np.ndindex(size, size, floors)], HOPS)


def climb_the_light(observations: npt.NDArray[np.float32], action_space: Any, rng: Any) -> Cells:
    """Hop to the neighbour with the most light."""
    beacon, agents = np.split(observations, 2, axis=1)
    size = math.isqrt(beacon.shape[1] // FLOORS)
    return climb(beacon, agents, floors_of(size, FLOORS))


POLICIES = {"random": act_at_random, "scripted": climb_the_light}


def rewards(params: Any) -> Floats:
    """Return the reward of being at a cell after each step, without that for arriving, (201, num_cells).

    The first row is the start of the episode.
    """
    arrived = floors_of(params.size, params.floors)
    beacon = evolve(
        arrived,
        params.goal,
        WARM_UP + NUM_STEPS,
        diffusion=params.diffusion,
        kept=1.0 - params.decay,
    )
    return 0.1 * beacon[WARM_UP - 1 :] - params.step_cost


def best(params: Any) -> Play:
    """Return the optimal play from every start."""
    return best_play(floors_of(params.size, params.floors), rewards(params)[1:], params.goal)


def optimum(params: Any) -> float:
    """Return the largest possible mean return over all starts, which are on the lowest floor."""
    return float(best(params).values[:: params.floors].mean())
