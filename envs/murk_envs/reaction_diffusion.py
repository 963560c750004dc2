"""ReactionDiffusion: an unstable reaction-diffusion equation is brought to rest from one of its ends."""

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
    Reward: what the norm of u (the root of its sum of squares) has lost in the step; in step 1,000
        bonus - (sum of |u(1)| over all sub-steps) / 1000 - norm instead, if the norm is below 20.
    Ends: truncated after 1,000 steps (as registered); terminated at a norm of 1e10, which costs 1,000 for
        each sub-step left.
    Start: u the same at all nodes, uniform in [1, 10].
    Source: ReactionDiffusionPDE1D of PDE Control Gym (Bhan et al. 2024, https://arxiv.org/abs/2405.11401),
        with equal observations to the last bit.
    """

    class Params(BoundaryParams):
        size: Annotated[int, Range(4, 2**15), "nodes of the rod"] = 201
        substeps: Annotated[int, Range(1, 10**6), "sub-steps from one action to the next"] = 100
        horizon: Annotated[int, Range(1, 10**6), "steps until the state is judged"] = 1000
        strength: Annotated[float, Range(0.0, 100.0), "amplitude of the growth rate lambda"] = 50.0
        order: Annotated[float, Range(0.0, 100.0), "order of the Chebyshev function that lambda is"] = 8.0

        @property
        def least_substeps(self) -> int:
            """As many as make dt / dx**2 at most 1/2."""
            return math.ceil(2.0 * PERIOD * (self.size - 1) ** 2)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return a rod of nodes from 0 to 1."""
        rod = murk.Line1D(params.size, spacing=1.0 / (params.size - 1))
        return cls.blueprint_of(params, rod, Reacting(cls.u, cls.inflow, cls.shape), PERIOD)
