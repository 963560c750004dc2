"""HeatControl: heaters make a plant follow a moving temperature profile."""

import math
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.mathematics import cos, sin
from murk_env.random import uniform
from murk_envs._fields import LARGE
from murk_envs.propagators.heating import Heating

__all__ = ["HeatControl"]

EXTREME = 20.0  # K from the surroundings, bound of all temperatures
FULL_TURN = 2.0 * math.pi


@murk.register("murk/HeatControl-v1", max_episode_steps=200)
class HeatControl(MurkEnv):
    """Heat and cool a rod or a plate at a few places so that it follows a moving temperature profile.

    Observation: float32 (2 * num_cells + 1,): temperature of every cell, in K above the surroundings; target
        of every cell at the end of the coming step; the wave's speed, scaled from [-speed, speed] to [0, 1].
    Action: Box(-1, 1, (num_heaters,), float32): share of its power at which each heater heats, below 0 cools.
    Reward: -mean((temperature - target)**2) / amplitude**2 over the cells after the tick, minus
        effort * mean(action**2), minus `penalty` when a cell reaches `limit`.
    Ends: terminated when a cell reaches `limit`; truncated after 200 steps (as registered).
    Start: the whole plant at one temperature, uniform in [-amplitude, amplitude]; the wave's phase, speed
        and, on a square, heading uniform.
    Source: our own; a linear-quadratic control task with saturating heaters.
    """

    class Params(murk.Params):
        plant: Annotated[Literal["line", "square"], "a rod, or a square plate"] = "line"
        size: Annotated[int, Range(1, 2**15), "cells along a side"] = 16
        heaters: Annotated[int, "heaters along a side, evenly spaced, 1 to size; a plate has heaters**2"] = 4
        diffusion: Annotated[float, Range(0.0, 0.5), "share of a difference that flows per tick"] = 0.2
        loss: Annotated[float, Range(0.0, LARGE), "rate of heat loss, per tick"] = 0.02
        power: Annotated[float, Range(0.001, 1000.0), "heating of a cell at full power, K/tick"] = 0.5
        noise: Annotated[float, Range(0.0, 1000.0), "standard deviation of the noise per tick, K"] = 0.02
        amplitude: Annotated[float, Range(0.001, EXTREME), "amplitude of the target, below limit, K"] = 1.0
        speed: Annotated[float, Range(0.0, LARGE), "maximum speed of the wave, rad/tick"] = 0.1
        limit: Annotated[float, Range(0.001, EXTREME), "temperature at which the episode ends, K"] = 4.0
        effort: Annotated[float, Range(0.0, LARGE), "cost of a step at full power"] = 0.05
        penalty: Annotated[float, Range(0.0, LARGE), "cost of overheating"] = 200.0

        def check(self) -> None:
            """Require stable diffusion, a cell for each heater, and a target below `limit`."""
            self.require(
                self.plant == "line" or self.diffusion <= 0.25,
                f"diffusion must be at most 0.25 on a square, not {self.diffusion}.",
            )
            self.require(
                1 <= self.heaters <= self.size,
                f"heaters must be from 1 to size={self.size}, one cell for each, not {self.heaters}.",
            )
            self.require(
                self.amplitude < self.limit,
                f"amplitude must lie below limit, so that the target can be followed, not "
                f"amplitude={self.amplitude} with limit={self.limit}.",
            )

        @property
        def num_heaters(self) -> int:
            """Total number of heaters."""
            return self.heaters if self.plant == "line" else self.heaters**2

        @property
        def widest_heading(self) -> float:
            """Upper limit of the wave's heading, which is 0 on a line, in rad."""
            return 0.0 if self.plant == "line" else FULL_TURN

    heat = Field(unit="K", low=-EXTREME, high=EXTREME)  # (num_worlds, num_cells) temperature
    spread = Field(unit="K")  # (num_worlds, num_cells) heat after diffusion and loss
    target = Field(unit="K", low=-EXTREME, high=EXTREME)  # (num_worlds, num_cells) of the coming step
    supply = Field(unit="K/tick")  # (num_worlds, num_cells) heating
    wired = Field(mutability="static", dtype="int32")  # (num_cells,) the cell's heater, -1 for none
    phase = Field(over="world", unit="rad")  # (num_worlds,) of the target wave
    velocity = Field(over="world", unit="rad/tick")  # (num_worlds,) change of the phase
    heading = Field(over="world", unit="rad")  # (num_worlds,) direction of the wave, 0 along x

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the plant, its two propagators and the observation."""
        is_line = params.plant == "line"
        return Blueprint(
            lattice=murk.Line1D(params.size) if is_line else murk.Square4(params.size, params.size),
            propagators=[
                murk.Diffusion(cls.heat, coefficient=params.diffusion, decay=params.loss, output=cls.spread),
                Heating(cls.spread, cls.supply, cls.heat, noise=params.noise),
            ],
            observation=Observation(
                Observe(cls.heat),
                Observe(cls.target),
                Observe(cls.velocity).normalised(-params.speed, params.speed),
            ),
            action_space=Box(-1.0, 1.0, (params.num_heaters,), np.float32),
            static={cls.wired: lambda: heaters_of(params)},
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the temperature with the heaters, and beside it the target."""
        extreme = 1.5 * params.amplitude
        colours: dict[str, Any] = {"low": -extreme, "high": extreme, "palette": "coolwarm"}
        heaters = Marker(np.flatnonzero(heaters_of(params) >= 0), "ring", label="heater")
        return Picture(cls.heat, markers=[heaters], beside=[Picture(cls.target, **colours)], **colours)

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw the temperature of the plant, and the wave to follow."""
        self.heat[:] = self.params.amplitude * (2.0 * uniform(rng) - 1.0)
        self.phase[0] = FULL_TURN * uniform(rng)
        self.velocity[0] = self.params.speed * (2.0 * uniform(rng) - 1.0)
        self.heading[0] = self.params.widest_heading * uniform(rng)
        show_target(self)

    @murk.per_world
    def act(self, action: npt.NDArray[np.float32]) -> None:
        """Set the heaters, and move the target on by a step."""
        for cell in range(len(self.supply)):
            heater = self.wired[cell]
            self.supply[cell] = self.params.power * action[heater] if heater >= 0 else 0.0
        self.phase[0] = (self.phase[0] + self.velocity[0]) % FULL_TURN
        show_target(self)

    @murk.per_world
    def reward(self, before: "HeatControl") -> float:
        """Charge for the error to the target observed before the step, for power and for overheating."""
        p = self.params
        error, used = 0.0, 0.0
        for cell in range(len(self.heat)):
            gap = self.heat[cell] - before.target[cell]
            error += gap * gap
            used += self.supply[cell] * self.supply[cell]
        error /= len(self.heat) * (p.amplitude * p.amplitude)
        cost = error + p.effort * used / (p.num_heaters * (p.power * p.power))
        return 0.0 - cost - (p.penalty if self.heat.max() >= p.limit else 0.0)

    @murk.per_world
    def terminated(self) -> bool:
        """End when a cell is too hot."""
        return self.heat.max() >= self.params.limit


def show_target(world: HeatControl) -> None:
    """Write the target, amplitude * sin(2 pi (x cos(heading) + y sin(heading)) / size - phase)."""
    size, amplitude = world.params.size, world.params.amplitude
    phase, heading = world.phase[0], world.heading[0]
    x, y = FULL_TURN / size * cos(heading), FULL_TURN / size * sin(heading)
    for cell in range(world.target.size):
        world.target[cell] = amplitude * sin(cell % size * x + cell // size * y - phase)


def heaters_of(params: HeatControl.Params) -> npt.NDArray[np.int32]:
    """Return the heater of every cell, (num_cells,); -1 for none."""
    side = np.full(params.size, -1)
    side[(2 * np.arange(params.heaters) + 1) * params.size // (2 * params.heaters)] = np.arange(
        params.heaters
    )
    if params.plant == "line":
        return side.astype(np.int32)
    both = (side[:, np.newaxis] >= 0) & (side >= 0)
    return np.where(both, side[:, np.newaxis] * params.heaters + side, -1).reshape(-1).astype(np.int32)
