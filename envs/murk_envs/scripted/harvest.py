"""Returns of Harvest: a greedy policy, and a restrained one that leaves trees half full."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random

__all__ = ["POLICIES", "greedy", "optimum", "restrained"]

NUM_STEPS = 300
# Where the actions 0 to 8 lead, (row, col): stay, then the directions of Square8.
WAYS = np.array([(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)])
PICK = 9
MARK = 0.55  # fruit that the restrained policy leaves: just above a half, where a tree grows fastest
CRUMB = 0.06  # fruit that the greedy policy leaves: the roots, with a margin for rounding

Floats = npt.NDArray[np.floating[Any]]
Actions = npt.NDArray[np.int64]


def pick_above(least: float, observations: Floats, rng: np.random.Generator) -> Actions:
    """Pick where a tree has more than `least` fruit; else hop towards a near, full one with few agents."""
    side = math.isqrt((observations.shape[1] - 2) // 3)
    fruit, rock, crowd = observations[:, :-2].reshape(-1, 3, side, side).swapaxes(0, 1)
    centre = side // 2
    worth = np.maximum(fruit - least, 0.0) / (1.0 + crowd)
    offsets = np.moveaxis(np.indices((side, side)), 0, -1) - centre
    distances = np.abs(offsets - WAYS[:, None, None, :]).max(axis=-1)  # (9, side, side)
    value = (worth[:, None] * np.exp2(-distances)).max(axis=(2, 3))
    there = rock[:, centre + WAYS[:, 0], centre + WAYS[:, 1]]
    value = np.where(there > 0.0, -1.0, value) + 1e-3 * rng.random(value.shape)
    at_hand = fruit[:, centre, centre] > least
    return np.where(at_hand, PICK, value.argmax(axis=1))


def greedy(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Pick whatever there is."""
    return pick_above(CRUMB, observations, rng)


def restrained(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Leave every tree about half full, where it grows fastest."""
    return pick_above(MARK, observations, rng)


POLICIES = {"random": act_at_random, "scripted": restrained, "greedy": greedy}


def optimum(params: Any) -> float:
    """Return an upper bound of the mean return over all agents.

    Picked fruit was there at the start, 3/4 per tree on average, or has grown since, at most growth / 4 per
    tree and step; and an agent picks at most one bite per step.
    """
    grown = params.num_trees * (0.75 + NUM_STEPS * params.growth / 4.0)
    return min(grown / params.agents, NUM_STEPS * params.bite)
