"""Policies that know the rules: a module for each environment, with the best possible return.

Every module has `POLICIES`, functions of a batch of observations, the action space of one environment and a
numpy generator that return a batch of actions; and `optimum(params)`, the largest possible mean return or an
upper bound of it, or None if it is not known. Policies need the default layout of observations. Beyond the
observations they know the rules and the shape of the default lattice.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Space
from gymnasium.vector.utils import batch_space

__all__ = ["act_at_random"]


def act_at_random(observations: Any, action_space: Space[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    """Draw an action for every row, uniformly."""
    first = next(iter(observations.values())) if isinstance(observations, dict) else observations
    batch = batch_space(action_space, len(first))
    batch.seed(int(rng.integers(2**31)))
    return batch.sample()
