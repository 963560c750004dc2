"""KuramotoSivashinsky: calm chaotic waves on a ring by forces along it."""

import math
from typing import Annotated

import murk_env as murk
from murk_env import Blueprint, Draws, Range
from murk_env.random import uniform
from murk_envs._distributed import DistributedControl
from murk_envs._distributed_params import DistributedParams

__all__ = ["KuramotoSivashinsky"]

LENGTH = 32.0 * math.pi  # of the ring; waves 1 to 15 grow on it
MAX_SPEED = 4.0  # of the waves, for which the time step is stable; the chaos stays below 3.5


@murk.register("murk/KuramotoSivashinsky-v0", max_episode_steps=500)
class KuramotoSivashinsky(DistributedControl):
    """Bring growing waves on a ring to rest before they become chaotic, and hold them there.

    u_t = -u_xx - u_xxxx - u * u_x + forces on a ring of length 32 pi; an actuator applies the same force to
    all of its cells.

    Observation: float64 (sensors,): u at every 4th cell, with Gaussian noise of standard deviation `noise`;
        view="state" shows all cells without noise.
    Action: Box(-1, 1, (actuators,), float32): the force of every actuator, -power to power, held for 0.5.
    Reward: -(state_cost * sum of u**2 over the cells + action_cost * sum of squares of the forces), with u
        before the step.
    Ends: truncated after 500 steps (as registered); terminated when a step costs more than `limit` or a value
        is no longer finite.
    Start: u = A * cos(2 pi x / L) * sin(12 pi x / L), with A uniform in [0.9, 1.1] and L the ring's length.
    Source: the Kuramoto-Sivashinsky environment of controlgym (Zhang et al. 2024,
        https://arxiv.org/abs/2311.18736), whose states it matches within 1e-8, given its actuators and
        sensors.
    """

    class Params(DistributedParams):
        size: Annotated[int, Range(8, 2**15), "cells of the ring, an even number"] = 256
        period: Annotated[float, Range(1e-6, 100.0), "time from one action to the next"] = 0.5
        substeps: Annotated[int, Range(1, 10**6), "time steps of the scheme in a period"] = 100
        actuators: Annotated[int, Range(1, 1024), "number of actuators, the length of an action"] = 36
        width: Annotated[float, Range(1e-3, 1.0), "share of the ring on which an actuator acts"] = 0.025
        sensors: Annotated[
            int, Range(1, 2**15), "cells that are observed, as evenly spaced as cells allow"
        ] = 64
        noise: Annotated[float, Range(0.0, 1000.0), "standard deviation of the sensors' noise"] = 0.1
        power: Annotated[float, Range(0.001, 1000.0), "force at an action of 1"] = 2.0
        horizon: Annotated[int, Range(1, 10**6), "steps after which `time_ends` applies"] = 500

        @property
        def least_substeps(self) -> int:
            """The fewest time steps in which the shortest wave turns by at most 2.6 rad in each."""
            return self.least_stable(LENGTH, MAX_SPEED)

    extreme = 3.0  # of u in a picture

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return a ring of length 32 pi."""
        return cls.blueprint_of(params, LENGTH, {2: -1.0, 4: -1.0}, MAX_SPEED)

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw the height of the two waves of which the start consists."""
        height = 0.9 + 0.2 * uniform(rng)
        for cell in range(self.u.size):
            angle = 2.0 * math.pi * cell / self.u.size
            self.u[cell] = height * math.cos(angle) * math.sin(6.0 * angle)
