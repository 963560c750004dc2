"""Linear feedback for Burgers: LQR for the heat equation, on the state interpolated from sensors."""

import numpy as np

from murk_envs.burgers import Burgers
from murk_envs.scripted import act_at_random
from murk_envs.scripted._distributed import Floats, feedback, interpolation, regulator

__all__ = ["POLICIES", "gain_for", "optimum"]

WEAKENED = 0.15  # share of the LQR gain: at the full gain, sensor noise costs more than it saves


def gain_for(params: Burgers.Params) -> Floats:
    """Return the LQR gain on u of every cell, (actuators, size), for the equation without u * u_x."""
    waves: Floats = 2.0 * np.pi * np.arange(params.size // 2 + 1, dtype=np.float64)
    return regulator(params, -params.viscosity * np.square(waves))


DEFAULTS = Burgers.Params()
POLICIES = {
    "random": act_at_random,
    "scripted": feedback(WEAKENED * gain_for(DEFAULTS) @ interpolation(DEFAULTS), DEFAULTS),
}


def optimum(params: Burgers.Params) -> None:
    """Return None: the optimum is not known."""
