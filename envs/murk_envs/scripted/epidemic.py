"""Returns of Epidemic: vaccinate where cases are reported, then keep distance there."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random

__all__ = ["POLICIES", "optimum"]

NOTHING, TEST, DISTANCE, VACCINATE = range(4)
NUM_MAPS = 9  # observed values per region
ENOUGH = 0.4  # vaccinated share from which distance replaces vaccines
STALE = 0.2  # freshness below which a region is tested again, after 16 steps
SAFE = 0.2  # immune share at the last test from which distance replaces vaccines

Floats = npt.NDArray[np.float32]
Actions = npt.NDArray[np.int64]


def regions(observations: Floats) -> npt.NDArray[np.float32]:
    """Return the maps of the observations, (NUM_MAPS, num_rows, num_regions)."""
    return observations[:, :-2].reshape(len(observations), NUM_MAPS, -1).swapaxes(0, 1)


def contain_what_is_reported(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Answer reported cases with vaccines, or with distance where many are vaccinated."""
    reported, _, _, _, dosed, *_ = regions(observations)
    return np.where(reported > 0.0, np.where(dosed < ENOUGH, VACCINATE, DISTANCE), NOTHING)


def contain_what_tests_find(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Test where results are stale; answer cases with vaccines, or with distance where many are immune."""
    _, found, immune, fresh, *_ = regions(observations)
    answer = np.where(immune < SAFE, VACCINATE, DISTANCE)
    return np.where(fresh < STALE, TEST, np.where(found > 0.0, answer, NOTHING))


POLICIES = {
    "random": act_at_random,
    "scripted": contain_what_is_reported,
    "testing": contain_what_tests_find,
}


def optimum(params: Any) -> None:
    """Return None: the optimum of this partially observed task is not known."""
