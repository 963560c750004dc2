"""KuramotoSivashinsky: waves that grow and carry one another, in chaos, are calmed by forces along a ring."""

import math
from typing import Annotated

import murk_env as murk
from murk_env import Blueprint, Draws, Range
from murk_env.random import uniform
from murk_envs._distributed import DistributedControl
from murk_envs._distributed_params import DistributedParams

__all__ = ["KuramotoSivashinsky"]

LENGTH = 32.0 * math.pi  # of the ring, on which the waves 1 to 15 grow
MAX_SPEED = 4.0  # that the time step is chosen for; the chaos stays below 3.5


@murk.register("murk/KuramotoSivashinsky-v0", max_episode_steps=500)
class KuramotoSivashinsky(DistributedControl):
    """Calm waves on a ring, of which the long ones grow, before they come to chaos, and hold them down.

    u_t = -u_xx - u_xxxx - u * u_x + forces on a ring of length 32 pi, where an actuator pushes all of its
    cells alike.

    Observation: float64 (sensors,): u at every 4th cell, with normal noise of 0.1; view="state" shows all
        cells without noise.
    Action: Box(-1, 1, (actuators,), float32): the force of every actuator, -power to power, held for 0.5.
    Reward: -(sum of squares of u over the cells + sum of squares of the forces), of u before the step.
    Ends: truncated after 500 steps (as registered); terminated when a step costs more than 1e12, or a number
        is no longer finite.
    Start: u = A * cos(2 pi x / L) * sin(12 pi x / L), with A uniform in [0.9, 1.1] and L the ring's length.
    Source: the Kuramoto-Sivashinsky environment of controlgym (Zhang et al. 2024,
        https://arxiv.org/abs/2311.18736), with equal states within 1e-8, but for its actuators and sensors.
    """

    class Params(DistributedParams):
        size: Annotated[int, Range(8, 2**15), "cells of the ring, an even number"] = 256
        period: Annotated[float, Range(1e-6, 100.0), "time from one action to the next"] = 0.5
        substeps: Annotated[int, Range(1, 10**6), "time steps of the scheme in it"] = 100
        actuators: Annotated[int, Range(1, 1024), "numbers of an action"] = 36
        width: Annotated[float, Range(1e-3, 1.0), "share of the ring on which one of them acts"] = 0.025
        sensors: Annotated[
            int, Range(1, 2**15), "cells that are observed, as evenly spaced as cells allow"
        ] = 64
        noise: Annotated[float, Range(0.0, 1000.0), "standard deviation of what a sensor adds"] = 0.1
        power: Annotated[float, Range(0.001, 1000.0), "force at an action of 1"] = 2.0
        horizon: Annotated[int, Range(1, 10**6), "steps after which `time_ends`"] = 500

        @property
        def least_substeps(self) -> int:
            """As many as let the shortest wave turn by 2.6 at most in each."""
            return self.least_stable(LENGTH, MAX_SPEED)

    extreme = 3.0  # of a picture

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return a ring of length 32 pi."""
        return cls.blueprint_of(params, LENGTH, {2: -1.0, 4: -1.0}, MAX_SPEED)

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw how high the two waves are that the start is made of."""
        height = 0.9 + 0.2 * uniform(rng)
        for cell in range(self.u.size):
            angle = 2.0 * math.pi * cell / self.u.size
            self.u[cell] = height * math.cos(angle) * math.sin(6.0 * angle)
