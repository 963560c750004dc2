"""Returns of Ecosystem: a ranger who corrects the larger of two imbalances."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random

__all__ = ["POLICIES", "optimum"]

NUM_STEPS = 500
REST, CULL_PREDATORS, CULL_PREY, RELEASE_PREY, RELEASE_PREDATORS = range(5)
WAYS = [(0, 0), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1), (0, 1)]  # axial: stay, then Hex2D's directions
TOLERATED = 0.1  # distance of a mean from the equilibrium of 1


def restore_balance(
    observations: npt.NDArray[np.float32], action_space: Any, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Cull or release the species farther from equilibrium; cull where it is densest."""
    side = round(((observations.shape[1] - 3) / 2) ** 0.5)
    prey, predators = observations[:, :-3].reshape(-1, 2, side, side).transpose(1, 0, 2, 3)
    excess = np.expm1(observations[:, -3:-1]) - 1.0  # of prey and of predators
    for_prey = np.where(excess[:, 0] > 0.0, CULL_PREY, RELEASE_PREY)
    for_predators = np.where(excess[:, 1] > 0.0, CULL_PREDATORS, RELEASE_PREDATORS)
    worse = np.abs(excess).argmax(axis=1)
    deed = np.where(worse == 0, for_prey, for_predators)
    deed[np.abs(excess).max(axis=1) < TOLERATED] = REST
    return np.stack([_densest(np.where((worse == 0)[:, None, None], prey, predators), deed), deed], axis=1)


def _densest(density: npt.NDArray[np.float32], deed: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the hop to the densest of the ranger's cell and its neighbours; 0 where nothing is culled."""
    centre = density.shape[1] // 2
    around = np.stack([density[:, centre + q, centre + r] for q, r in WAYS], axis=1)
    return np.where(np.isin(deed, [CULL_PREY, CULL_PREDATORS]), around.argmax(axis=1), 0)


POLICIES = {"random": act_at_random, "scripted": restore_balance}


def optimum(params: Any) -> float:
    """Return an upper bound of the mean return: perfect balance in every step, and no deed."""
    return NUM_STEPS * (1.0 + params.balance)
