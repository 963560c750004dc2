"""ReactionDiffusion: bring an unstable reaction-diffusion equation to rest from one end."""

import math
from typing import Annotated

import murk_env as murk
from murk_env import Blueprint, Range
from murk_envs._boundary import BoundaryControl, BoundaryParams
from murk_envs.propagators.reacting import Reacting

__all__ = ["PERIOD", "ReactionDiffusion"]

PERIOD = 0.001  # from one action to the next


@murk.register("murk/ReactionDiffusion-v0", max_episode_steps=1000)
class ReactionDiffusion(BoundaryControl):
    """Set one end of a rod that diffuses and grows by itself, so that all of it dies out.

    u_t = u_xx + lambda(x) * u on [0, 1], u(0, t) = 0, u(1, t) the control, lambda(x) = strength * cos(order *
    arccos(x)).

    Observation: float32 (size,): u at every node, 0.005 apart; the last is the controlled one.
    Action: Box(-1, 1, (1,), float32): the control, -power to power, held for 0.001, which is 100 sub-steps.
    Reward: the decrease of the norm of u (the root of its sum of squares) over the last `window` sub-steps;
        in step 1,000, if the norm is below `tolerance`, bonus - (sum of |u(1)| over all sub-steps) / 1000 -
        norm instead.
    Ends: truncated after 1,000 steps (as registered); terminated when the norm reaches `limit`, which costs
        `penalty` for each sub-step left.
    Start: u the same at all nodes, uniform from `least` to `most`.
    Source: ReactionDiffusionPDE1D of PDE Control Gym (Bhan et al. 2024, https://arxiv.org/abs/2405.11401),
        whose observations it matches bit for bit.
    """

    class Params(BoundaryParams):
        size: Annotated[int, Range(4, 2**15), "nodes of the rod"] = 201
        substeps: Annotated[int, Range(1, 10**6), "sub-steps from one action to the next"] = 100
        horizon: Annotated[
            int, Range(1, 10**6), "steps until success is rewarded and `time_ends` applies"
        ] = 1000
        strength: Annotated[float, Range(0.0, 100.0), "amplitude of the growth rate lambda"] = 50.0
        order: Annotated[float, Range(0.0, 100.0), "order of the Chebyshev function lambda"] = 8.0

        @property
        def least_substeps(self) -> int:
            """The fewest that keep dt / dx**2 at most 1/2."""
            return math.ceil(2.0 * PERIOD * (self.size - 1) ** 2)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return a rod of nodes from 0 to 1."""
        rod = murk.Line1D(params.size, spacing=1.0 / (params.size - 1))
        return cls.blueprint_of(params, rod, Reacting(cls.u, cls.inflow, cls.shape), PERIOD)
