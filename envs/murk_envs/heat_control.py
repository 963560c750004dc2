"""HeatControl: heaters that make a plant follow a temperature profile in motion."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

from murk_env import (
    Blueprint,
    Diffusion,
    Field,
    Line1D,
    Marker,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    Square4,
    per_world,
    vector_form,
)
from murk_env.errors import ParameterError
from murk_env.kernels import kernel
from murk_env.random import uniform
from murk_envs._heating import Heating
from murk_envs._ranges import LARGE, check_ranges

__all__ = ["HeatControl", "HeatControlVector"]

EXTREME = 20.0  # K from the surroundings, which no part of the plant passes
FULL_TURN = 2.0 * math.pi
RANGES = {  # of parameters
    "size": (1, 2**15),
    "diffusion": (0.0, 0.5),
    "power": (0.001, 1000.0),
    "noise": (0.0, 1000.0),
    "amplitude": (0.001, EXTREME),
    "limit": (0.001, EXTREME),
    **dict.fromkeys(("loss", "speed", "effort", "penalty"), (0.0, LARGE)),
}


class HeatControl(MurkEnv):
    """Heat and cool a plant at a few places so that all of it follows a wave that travels through it.

    Observation: float32 (2 * num_cells + 1,): temperature of every cell, in K from the surroundings; target
        of every cell at the end of the coming step; the wave's speed, 0 to 1 for -speed to speed.
    Action: Box(-1, 1, (num_heaters,), float32): share of its power at which each heater heats, below 0 cools.
    Reward: -mean((temperature - target)**2) / amplitude**2 over the cells after the tick, less
        effort * mean(action**2), and less `penalty` when the plant overheats.
    Ends: terminated when a cell reaches `limit`; truncated after 200 steps (as registered).
    Start: the whole plant at one temperature, uniform in [-amplitude, amplitude]; a wave of uniform phase,
        speed and, on a square, heading.
    Source: our own; a task of linear-quadratic control with limits to the actuators.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of HeatControl.

        Attributes:
            plant: `line`, a rod of cells, or `square`, a plate.
            size: cells along a side.
            heaters: heaters along a side, evenly spread, from 1 to size; a plate has heaters**2.
            diffusion: share of the difference to each neighbour that flows in a tick, at most 0.5 on a line
                and 0.25 on a square.
            loss: rate at which heat is lost to the surroundings, at least 0, per tick.
            power: what a heater adds to its cell in a tick at full power, 0.001 to 1000, in K.
            noise: standard deviation of what chance adds to every cell in a tick, 0 to 1000, in K.
            amplitude: of the target, at least 0.001 and below limit, in K.
            speed: the fastest that the wave travels, in rad/tick, at least 0.
            limit: temperature at which the plant is ruined, at most 20, in K.
            effort: reward that a step with all heaters at full power costs, at least 0.
            penalty: reward that overheating costs, at least 0.
        """

        plant: Literal["line", "square"] = "line"
        size: int = 16
        heaters: int = 4
        diffusion: float = 0.2
        loss: float = 0.02
        power: float = 0.5
        noise: float = 0.02
        amplitude: float = 1.0
        speed: float = 0.1
        limit: float = 4.0
        effort: float = 0.05
        penalty: float = 200.0

        def __post_init__(self) -> None:
            if self.plant not in ("line", "square"):
                raise ParameterError(
                    f"HeatControl's plant cannot be {self.plant!r}; it is 'line' or 'square'."
                )
            check_ranges("HeatControl", self, RANGES)
            if self.plant == "square" and self.diffusion > 0.25:
                raise ParameterError(
                    f"HeatControl's diffusion is at most 0.25 on a square, not {self.diffusion}."
                )
            if not 1 <= self.heaters <= self.size:
                raise ParameterError(
                    f"HeatControl's heaters are from 1 to its size of {self.size}, a cell for each, "
                    f"not {self.heaters}."
                )
            if not self.amplitude < self.limit:
                raise ParameterError(
                    f"HeatControl's amplitude lies below its limit, so that the target can be followed, not "
                    f"amplitude={self.amplitude} with limit={self.limit}."
                )

        @property
        def num_heaters(self) -> int:
            """Number of heaters in all."""
            return self.heaters if self.plant == "line" else self.heaters**2

        @property
        def widest_heading(self) -> float:
            """Headings of the wave are from 0 to this: on a line there is but one."""
            return 0.0 if self.plant == "line" else FULL_TURN

    heat = Field(unit="K", low=-EXTREME, high=EXTREME)  # (num_worlds, num_cells)
    spread = Field(unit="K")  # (num_worlds, num_cells) heat after diffusion and loss
    target = Field(unit="K", low=-EXTREME, high=EXTREME)  # (num_worlds, num_cells) of the coming step
    supply = Field(unit="K/tick")  # (num_worlds, num_cells) what heaters add
    wired = Field(mutability="static", dtype=np.int32)  # (num_cells,) the cell's heater, -1 for none
    phase = Field(over="world", unit="rad")  # (num_worlds,) of the target
    velocity = Field(over="world", unit="rad/tick")  # (num_worlds,)
    heading = Field(over="world", unit="rad")  # (num_worlds,)

    max_episode_steps: ClassVar = 200
    small: ClassVar = {"size": 4, "heaters": 2, "power": 1.0, "noise": 0.5, "limit": 2.0}

    def build(self, params: Params) -> Blueprint:
        """Return the plant, its two laws and what the controller sees."""
        is_line = params.plant == "line"
        extreme = 1.5 * params.amplitude
        colours: dict[str, Any] = {"low": -extreme, "high": extreme, "palette": "coolwarm"}
        return Blueprint(
            lattice=Line1D(params.size) if is_line else Square4(params.size, params.size),
            propagators=[
                Diffusion(self.heat, coefficient=params.diffusion, decay=params.loss, output=self.spread),
                Heating(self.spread, self.supply, self.heat, noise=params.noise),
            ],
            observation=Observation(
                Observe(self.heat),
                Observe(self.target),
                Observe(self.velocity).normalised(-params.speed, params.speed),
            ),
            action_space=Box(-1.0, 1.0, (params.num_heaters,), np.float32),
            static={self.wired: lambda: heaters_of(params)},
            picture=Picture(
                self.heat,
                markers=[Marker(np.flatnonzero(heaters_of(params) >= 0), "ring", label="heater")],
                beside=[Picture(self.target, **colours)],
                **colours,
            ),
        )

    @per_world(heat, target, phase, velocity, heading)
    def start(
        heat: Any,
        target: Any,
        phase: Any,
        velocity: Any,
        heading: Any,
        size: int,
        amplitude: float,
        speed: float,
        widest_heading: float,
        rng: Any,
    ) -> None:
        """Draw the temperature of the plant and the wave it is to follow."""
        heat[:] = amplitude * (2.0 * uniform(rng) - 1.0)
        phase[0] = FULL_TURN * uniform(rng)
        velocity[0] = speed * (2.0 * uniform(rng) - 1.0)
        heading[0] = widest_heading * uniform(rng)
        _draw(target, phase[0], heading[0], size, amplitude)

    @per_world(target, supply, wired, phase, velocity, heading)
    def act(
        target: Any,
        supply: Any,
        wired: Any,
        phase: Any,
        velocity: Any,
        heading: Any,
        action: Any,
        size: int,
        power: float,
        amplitude: float,
    ) -> None:
        """Set the heaters, and show where the wave is a step later."""
        for cell in range(len(supply)):
            supply[cell] = power * action[wired[cell]] if wired[cell] >= 0 else 0.0
        phase[0] = (phase[0] + velocity[0]) % FULL_TURN
        _draw(target, phase[0], heading[0], size, amplitude)

    @per_world(heat, supply, before=(target,))
    def reward(
        heat: Any,
        supply: Any,
        target: Any,
        num_heaters: int,
        power: float,
        amplitude: float,
        effort: float,
        limit: float,
        penalty: float,
    ) -> float:
        """Charge for the distance from the target that was shown, for power, and for a ruined plant."""
        error, used = 0.0, 0.0
        for cell in range(len(heat)):
            error += (heat[cell] - target[cell]) ** 2
            used += supply[cell] ** 2
        cost = error / (len(heat) * amplitude**2) + effort * used / (num_heaters * power**2)
        return 0.0 - cost - (penalty if heat.max() >= limit else 0.0)

    @per_world(heat)
    def terminated(heat: Any, limit: float) -> bool:
        """End when a cell is too hot."""
        return heat.max() >= limit


@kernel
def _draw(target: Any, phase: float, heading: float, size: int, amplitude: float) -> None:
    """Write one wave a side: amplitude * sin(2 pi (x cos(heading) + y sin(heading)) / size - phase)."""
    x, y = FULL_TURN / size * math.cos(heading), FULL_TURN / size * math.sin(heading)
    for cell in range(target.size):
        target[cell] = amplitude * math.sin(cell % size * x + cell // size * y - phase)


def heaters_of(params: HeatControl.Params) -> npt.NDArray[np.int32]:
    """Return the heater of every cell, -1 for none, (num_cells,)."""
    side = np.full(params.size, -1)
    side[(2 * np.arange(params.heaters) + 1) * params.size // (2 * params.heaters)] = np.arange(
        params.heaters
    )
    if params.plant == "line":
        return side.astype(np.int32)
    both = (side[:, np.newaxis] >= 0) & (side >= 0)
    return np.where(both, side[:, np.newaxis] * params.heaters + side, -1).reshape(-1).astype(np.int32)


HeatControlVector = vector_form(HeatControl)
