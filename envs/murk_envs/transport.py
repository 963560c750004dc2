"""Transport: bring an unstable transport equation to rest from one end."""

import math
from typing import Annotated

import murk_env as murk
from murk_env import Blueprint, Range
from murk_envs._boundary import BoundaryControl, BoundaryParams

__all__ = ["PERIOD", "Transport"]

PERIOD = 0.1  # from one action to the next; a quantity crosses the line in 1


@murk.register("murk/Transport-v0", max_episode_steps=50)
class Transport(BoundaryControl):
    """Set the inflow of a line, whose outflow feeds back along its length, so that all of it comes to rest.

    u_t = u_x + beta(x) * u(0, t) on [0, 1], u(1, t) the control, beta(x) = strength * cos(order * arccos(x)).

    Observation: float32 (size,): u at every node, 0.01 apart; the last is the controlled one.
    Action: Box(-1, 1, (1,), float32): the control, -power to power, held for 0.1, which is 1,000 sub-steps.
    Reward: the decrease of the norm of u (the root of its sum of squares) over the last `window` sub-steps;
        in step 50, if the norm is below `tolerance`, bonus - (sum of |u(1)| over all sub-steps) / 1000 - norm
        instead.
    Ends: truncated after 50 steps (as registered); terminated when the norm reaches `limit`, which costs
        `penalty` for each sub-step left.
    Start: u the same at all nodes, uniform from `least` to `most`.
    Source: TransportPDE1D of PDE Control Gym (Bhan et al. 2024, https://arxiv.org/abs/2405.11401), whose
        observations it matches bit for bit.
    """

    class Params(BoundaryParams):
        size: Annotated[int, Range(4, 2**15), "nodes of the line"] = 100
        substeps: Annotated[int, Range(1, 10**6), "sub-steps from one action to the next"] = 1000
        horizon: Annotated[
            int, Range(1, 10**6), "steps until success is rewarded and `time_ends` applies"
        ] = 50
        strength: Annotated[float, Range(0.0, 100.0), "amplitude of the feedback beta"] = 5.0
        order: Annotated[float, Range(0.0, 100.0), "order of the Chebyshev function beta"] = 7.35

        @property
        def least_substeps(self) -> int:
            """One for each node that a value passes in a step."""
            return math.ceil(PERIOD * self.size)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return a line of nodes, 1 / size apart, with an inflow and a feedback."""
        line = murk.Line1D(params.size, spacing=1.0 / params.size)
        return cls.blueprint_of(params, line, murk.Transport(cls.u, cls.inflow, cls.shape), PERIOD)
