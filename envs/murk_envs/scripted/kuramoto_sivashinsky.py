"""Linear feedback for KuramotoSivashinsky: the LQR of its linear part, on interpolated sensor values."""

import numpy as np

from murk_envs.kuramoto_sivashinsky import LENGTH, KuramotoSivashinsky
from murk_envs.scripted import act_at_random
from murk_envs.scripted._distributed import Floats, feedback, interpolation, regulator

__all__ = ["POLICIES", "gain_for", "optimum"]

WEAKENED = 0.4  # share of the gain: answering the sensors' noise costs more than a slower response


def gain_for(params: KuramotoSivashinsky.Params) -> Floats:
    """Return the LQR gain on u of every cell, (actuators, size), for the equation without u * u_x.

    Raises:
        ValueError: the actuators cannot stabilise it, such as the original's 8 of width 0.1: evenly spaced,
            they control the waves 4, 8 and 12 in one phase only.
    """
    squares: Floats = np.square(2.0 * np.pi / LENGTH * np.arange(params.size // 2 + 1, dtype=np.float64))
    return regulator(params, squares - np.square(squares))


DEFAULTS = KuramotoSivashinsky.Params()
POLICIES = {
    "random": act_at_random,
    "scripted": feedback(WEAKENED * gain_for(DEFAULTS) @ interpolation(DEFAULTS), DEFAULTS),
}


def optimum(params: KuramotoSivashinsky.Params) -> None:
    """Return None: the best possible return is not known."""
