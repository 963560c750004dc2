"""Backstepping for Transport: the control that makes the outflow 0 from one unit of time later on."""

import numpy as np

from murk_envs.scripted import act_at_random
from murk_envs.scripted._boundary import Floats, in_closed_loop
from murk_envs.transport import Transport

__all__ = ["POLICIES", "gain_for", "optimum"]


def gain_for(params: Transport.Params, samples: int = 100) -> Floats:
    """Return the gain on u of every node, (100,), for 100 nodes.

    It solves kappa(x) = -beta(x) + (integral from 0 to x of beta(x - y) * kappa(y)) by a sum without the ends
    of the interval, and weights the state at y by kappa(1 - y): M. Krstic and A. Smyshlyaev, Systems &
    Control Letters 57 (2008), https://doi.org/10.1016/j.sysconle.2008.02.005.

    Args:
        params: the parameters.
        samples: points from 0.01 to 1 at which beta is evaluated: 100, or 101 for the other published
            variant.
    """
    step = 0.01
    beta = params.strength * np.cos(params.order * np.arccos(np.linspace(step, 1.0, samples)))
    kappa = np.empty(samples)
    for point in range(samples):
        inner = np.arange(1, point)
        kappa[point] = -beta[point] + step * (kappa[point - inner] * beta[inner]).sum()
    return step * kappa[::-1][:100]


DEFAULTS = Transport.Params()
POLICIES = {"random": act_at_random, "scripted": in_closed_loop(gain_for(DEFAULTS), DEFAULTS.power)}


def optimum(params: Transport.Params) -> None:
    """Return None: the best possible return is not known."""
