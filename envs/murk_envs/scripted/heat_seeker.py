"""Returns of HeatSeeker: climbing the heat, and the optimum by dynamic programming."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random
from murk_envs.scripted.navigation import Cells, Play, best_play, climb, evolve, ways

__all__ = ["POLICIES", "best", "optimum"]

HOPS = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]  # stay, north, south, west, east
NUM_STEPS, WARM_UP = 200, 51


def grid(size: int) -> Cells:
    """Return where every action leads from every cell, (5, num_cells)."""
    return ways(list(np.ndindex(size, size)), HOPS)


def climb_the_heat(observations: npt.NDArray[np.float32], action_space: Any, rng: Any) -> Cells:
    """Hop to the warmest neighbour."""
    heat, agents = np.split(observations, 2, axis=1)
    return climb(heat, agents, grid(math.isqrt(heat.shape[1])))


POLICIES = {"random": act_at_random, "scripted": climb_the_heat}


def best(params: Any) -> Play:
    """Return the optimal play from every start."""
    arrived, kept = grid(params.size), math.exp(-params.decay)
    heat = evolve(arrived, params.source, WARM_UP + NUM_STEPS, diffusion=kept * params.diffusion, kept=kept)
    return best_play(arrived, 0.1 * heat[WARM_UP:] - 1.0, params.source)


def optimum(params: Any) -> float:
    """Return the largest possible mean return over all starts."""
    return float(np.delete(best(params).values, params.source).mean())
