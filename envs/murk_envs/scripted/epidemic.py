"""Returns of Epidemic: vaccinate where cases are reported, then keep distance there."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random

__all__ = ["POLICIES", "optimum"]

NOTHING, TEST, DISTANCE, VACCINATE = range(4)
NUM_MAPS = 9  # numbers of a region in the observation
ENOUGH = 0.4  # share of vaccinated people above which distance will do
STALE = 0.2  # freshness below which a region is tested again: after 16 steps
SAFE = 0.2  # share of immune people above which distance will do, where tests say so

Floats = npt.NDArray[np.float32]
Actions = npt.NDArray[np.int64]


def regions(observations: Floats) -> npt.NDArray[np.float32]:
    """Return what is seen of every region, (NUM_MAPS, num_rows, num_regions)."""
    return observations[:, :-2].reshape(len(observations), NUM_MAPS, -1).swapaxes(0, 1)


def contain_what_is_reported(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Answer reported cases by vaccines, and by distance where many have had them."""
    reported, _, _, _, dosed, *_ = regions(observations)
    return np.where(reported > 0.0, np.where(dosed < ENOUGH, VACCINATE, DISTANCE), NOTHING)


def contain_what_tests_find(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Test where findings are stale; answer cases by vaccines, and by distance where many are immune."""
    _, found, immune, fresh, *_ = regions(observations)
    answer = np.where(immune < SAFE, VACCINATE, DISTANCE)
    return np.where(fresh < STALE, TEST, np.where(found > 0.0, answer, NOTHING))


POLICIES = {
    "random": act_at_random,
    "scripted": contain_what_is_reported,
    "testing": contain_what_tests_find,
}


def optimum(params: Any) -> None:
    """Return None: what the best does with so little seen is not known."""
