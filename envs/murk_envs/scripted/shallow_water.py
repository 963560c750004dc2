"""Returns of ShallowWater: pumps against the wind and the flow."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random
from murk_envs.shallow_water import ShallowWater

__all__ = ["POLICIES", "against_the_flow", "optimum"]

GAIN = 3.0  # share of the power for each m**2/s of discharge
DEFAULTS = ShallowWater.Params()


def against_the_flow(
    observations: npt.NDArray[np.float32], action_space: Any, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Cancel the wind's push, and brake the flow in each patch; for the default wind and power.

    Braking takes energy from any wave, so it never makes waves larger.
    """
    pumps = math.isqrt(action_space.shape[0] // 2)
    flows, wind = observations[:, :-2], 2.0 * observations[:, -2:] - 1.0
    squares = math.isqrt(flows.shape[1] // 3)
    each = squares // pumps  # squares of a patch along a side
    discharge = flows[:, squares**2 :].reshape(-1, 2, pumps, each, pumps, each).mean(axis=(3, 5))
    gust = DEFAULTS.wind / DEFAULTS.power * wind[:, :, np.newaxis, np.newaxis]
    wanted = np.clip(-GAIN * discharge - gust, -1.0, 1.0)
    return wanted.reshape(len(observations), -1).astype(np.float32)


POLICIES = {"random": act_at_random, "scripted": against_the_flow}


def optimum(params: Any) -> float:
    """Return an upper bound of the mean return: still water at no cost."""
    return 0.0
