"""Backstepping for ReactionDiffusion: the control that maps the rod to one that only diffuses."""

import numpy as np

from murk_envs.reaction_diffusion import ReactionDiffusion
from murk_envs.scripted import act_at_random
from murk_envs.scripted._boundary import Floats, in_closed_loop

__all__ = ["POLICIES", "gain_for", "optimum"]


def gain_for(params: ReactionDiffusion.Params, samples: int = 200) -> Floats:
    """Return the gain on u of every node, (201,), for 201 nodes; 0 at the controlled one.

    It is the kernel k(1, y) times the distance between nodes, where k_xx - k_yy = lambda(y) * k, k(x, 0) = 0
    and 2 * k(x, x) = -(integral of lambda from 0 to x), marched from the diagonal: A. Smyshlyaev and M.
    Krstic, IEEE Trans. Automatic Control 49 (2004), 2185-2202, https://doi.org/10.1109/TAC.2004.838495.

    Args:
        params: the parameters.
        samples: points from 0.005 to 1 at which lambda is evaluated, and rows of the kernel: 200, or 201 for
            the other published variant.
    """
    step = 1.0 / 200.0
    rate = params.strength * np.cos(params.order * np.arccos(np.linspace(step, 1.0, samples)))
    kernel = np.zeros((samples, samples))
    kernel[1, 1] = -(rate[1] + rate[0]) * step / 4.0
    for x in range(1, samples - 1):
        kernel[x + 1, x + 1] = kernel[x, x] - step / 4.0 * (rate[x - 1] + rate[x])
        kernel[x + 1, x] = kernel[x, x] - step / 2.0 * rate[x]
        y = np.arange(1, x)
        sides = kernel[x, y + 1] + kernel[x, y - 1]
        kernel[x + 1, y] = sides - kernel[x - 1, y] + 0.5 * rate[y] * step**2 * sides
    gain = np.zeros(201)
    gain[:200] = step * kernel[-1, :200]
    return gain


DEFAULTS = ReactionDiffusion.Params()
POLICIES = {"random": act_at_random, "scripted": in_closed_loop(gain_for(DEFAULTS), DEFAULTS.power)}


def optimum(params: ReactionDiffusion.Params) -> None:
    """Return None: the best possible return is not known."""
