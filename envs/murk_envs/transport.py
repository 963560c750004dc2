"""Transport: an unstable transport equation is brought to rest from one of its ends."""

import math
from typing import Annotated

import murk_env as murk
from murk_env import Blueprint, Range
from murk_envs._boundary import BoundaryControl, BoundaryParams

__all__ = ["PERIOD", "Transport"]

PERIOD = 0.1  # from one action to the next; a quantity crosses the line in 1


@murk.register("murk/Transport-v0", max_episode_steps=50)
class Transport(BoundaryControl):
    """Set the inflow of a line so that what travels through it, and feeds back on all of it, dies out.

    u_t = u_x + beta(x) * u(0, t) on [0, 1], u(1, t) the control, beta(x) = strength * cos(order * arccos(x)).

    Observation: float32 (size,): u at every node, 0.01 apart; the last is the controlled one.
    Action: Box(-1, 1, (1,), float32): the control, -power to power, held for 0.1, which is 1,000 sub-steps.
    Reward: what the norm of u (the root of its sum of squares) has lost in the last 100 sub-steps; in step 50
        bonus - (sum of |u(1)| over all sub-steps) / 1000 - norm instead, if the norm is below 20.
    Ends: truncated after 50 steps (as registered); terminated at a norm of 1e10, which costs 1,000 for each
        sub-step left.
    Start: u the same at all nodes, uniform in [1, 10].
    Source: TransportPDE1D of PDE Control Gym (Bhan et al. 2024, https://arxiv.org/abs/2405.11401), with equal
        observations to the last bit.
    """

    class Params(BoundaryParams):
        size: Annotated[int, Range(4, 2**15), "nodes of the line"] = 100
        substeps: Annotated[int, Range(1, 10**6), "sub-steps from one action to the next"] = 1000
        horizon: Annotated[int, Range(1, 10**6), "steps until the state is judged"] = 50
        strength: Annotated[float, Range(0.0, 100.0), "amplitude of the feedback beta"] = 5.0
        order: Annotated[float, Range(0.0, 100.0), "order of the Chebyshev function that beta is"] = 7.35

        @property
        def least_substeps(self) -> int:
            """One for each node that a value passes in a step."""
            return math.ceil(PERIOD * self.size)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return a line of nodes, 1 / size apart, with an inflow and a feedback."""
        line = murk.Line1D(params.size, spacing=1.0 / params.size)
        return cls.blueprint_of(params, line, murk.Transport(cls.u, cls.inflow, cls.shape), PERIOD)
