"""Burgers: damp a wave that steepens to a shock by forces along a ring."""

import math
from typing import Annotated

import murk_env as murk
from murk_env import Blueprint, Draws, Range
from murk_env.random import uniform
from murk_envs._distributed import DistributedControl
from murk_envs._distributed_params import DistributedParams

__all__ = ["Burgers"]

MAX_SPEED = 3.0  # of the wave, for which the time step is stable; it is at most 1.1 at the start


@murk.register("murk/Burgers-v0", max_episode_steps=100)
class Burgers(DistributedControl):
    """Push a wave on a ring, which steepens as it travels, so that it dies out.

    u_t = viscosity * u_xx - u * u_x + forces on a ring of length 1; an actuator applies the same force to all
    of its cells.

    Observation: float64 (sensors,): u at cells 0, 25, ..., 225, with Gaussian noise of standard deviation
        `noise`; view="state" shows all cells without noise.
    Action: Box(-1, 1, (actuators,), float32): the force of every actuator, -power to power, held for 0.05.
    Reward: -(state_cost * sum of u**2 over the cells + action_cost * sum of squares of the forces), with u
        before the step.
    Ends: truncated after 100 steps (as registered); terminated when a step costs more than `limit` or a value
        is no longer finite.
    Start: u = A / cosh((x - 1/2) / s), with A uniform in [0.9, 1.1] and s in [0.04, 0.06].
    Source: the Burgers environment of controlgym (Zhang et al. 2024, https://arxiv.org/abs/2311.18736), whose
        states it matches within 1e-10.
    """

    class Params(DistributedParams):
        size: Annotated[int, Range(8, 2**15), "cells of the ring, an even number"] = 256
        period: Annotated[float, Range(1e-6, 100.0), "time from one action to the next"] = 0.05
        substeps: Annotated[int, Range(1, 10**6), "time steps of the scheme in a period"] = 50
        actuators: Annotated[int, Range(1, 1024), "number of actuators, the length of an action"] = 8
        width: Annotated[float, Range(1e-3, 1.0), "share of the ring on which an actuator acts"] = 0.1
        power: Annotated[float, Range(0.001, 1000.0), "force at an action of 1"] = 4.0
        horizon: Annotated[int, Range(1, 10**6), "steps after which `time_ends` applies"] = 100
        viscosity: Annotated[float, Range(1e-6, 1.0), "diffusion coefficient of u"] = 0.001

        @property
        def least_substeps(self) -> int:
            """The fewest time steps in which the shortest wave turns by at most 2.6 rad in each."""
            return self.least_stable(1.0, MAX_SPEED)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return a ring of length 1."""
        return cls.blueprint_of(params, 1.0, {2: params.viscosity}, MAX_SPEED)

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw the height and the width of the wave."""
        height, breadth = 0.9 + 0.2 * uniform(rng), 0.04 + 0.02 * uniform(rng)
        for cell in range(self.u.size):
            away = (cell / self.u.size - 0.5) / breadth
            self.u[cell] = 2.0 * height / (math.exp(away) + math.exp(-away))
