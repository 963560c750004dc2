"""Burgers: a wave that steepens to a shock is brought to rest by forces along a ring."""

import math
from typing import Annotated

import murk_env as murk
from murk_env import Blueprint, Draws, Range
from murk_env.random import uniform
from murk_envs._distributed import DistributedControl
from murk_envs._distributed_params import DistributedParams

__all__ = ["Burgers"]

MAX_SPEED = 3.0  # that the time step is chosen for; starts are at most 1.1


@murk.register("murk/Burgers-v0", max_episode_steps=100)
class Burgers(DistributedControl):
    """Push a wave on a ring, which steepens as it travels, so that it dies out.

    u_t = viscosity * u_xx - u * u_x + forces on a ring of length 1, where an actuator pushes all of its cells
    alike.

    Observation: float64 (sensors,): u at every 25th cell of the first 226, with normal noise of 0.5;
        view="state" shows all cells without noise.
    Action: Box(-1, 1, (actuators,), float32): the force of every actuator, -power to power, held for 0.05.
    Reward: -(sum of squares of u over the cells + sum of squares of the forces), of u before the step.
    Ends: truncated after 100 steps (as registered); terminated when a step costs more than 1e12, or a number
        is no longer finite.
    Start: u = A / cosh((x - 1/2) / s), with A uniform in [0.9, 1.1] and s in [0.04, 0.06].
    Source: the Burgers environment of controlgym (Zhang et al. 2024, https://arxiv.org/abs/2311.18736), with
        equal states within 1e-10.
    """

    class Params(DistributedParams):
        size: Annotated[int, Range(8, 2**15), "cells of the ring, an even number"] = 256
        period: Annotated[float, Range(1e-6, 100.0), "time from one action to the next"] = 0.05
        substeps: Annotated[int, Range(1, 10**6), "time steps of the scheme in it"] = 50
        actuators: Annotated[int, Range(1, 1024), "numbers of an action"] = 8
        width: Annotated[float, Range(1e-3, 1.0), "share of the ring on which one of them acts"] = 0.1
        power: Annotated[float, Range(0.001, 1000.0), "force at an action of 1"] = 4.0
        horizon: Annotated[int, Range(1, 10**6), "steps after which `time_ends`"] = 100
        viscosity: Annotated[float, Range(1e-6, 1.0), "how fast slopes even out"] = 0.001

        @property
        def least_substeps(self) -> int:
            """As many as let the shortest wave turn by 2.6 at most in each."""
            return self.least_stable(1.0, MAX_SPEED)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return a ring of length 1."""
        return cls.blueprint_of(params, 1.0, {2: params.viscosity}, MAX_SPEED)

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw how high and how wide the wave is."""
        height, breadth = 0.9 + 0.2 * uniform(rng), 0.04 + 0.02 * uniform(rng)
        for cell in range(self.u.size):
            away = (cell / self.u.size - 0.5) / breadth
            self.u[cell] = 2.0 * height / (math.exp(away) + math.exp(-away))
