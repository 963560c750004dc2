"""ShallowWater: calm a basin, disturbed by wind and falling stones, with pumps."""

import math
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.mathematics import cos, sin
from murk_env.random import uniform
from murk_envs._basin import island, patches, push_aside
from murk_envs._sums import farthest, num_positive, total_square

__all__ = ["GRAVITY", "ShallowWater"]

GRAVITY = 9.81  # m/s**2
PERIOD = 0.4  # s, from one action to the next
FASTEST = 7.5  # m/s, currents and waves together
PUMP = 1.0  # m/s, flow at which a pump no longer pushes
SHALLOW = 0.5  # m, depth below which pumps and wind push less
SPARE = 12.0  # m**2/s**2: up to it, pumps that all push one way pile up less than 0.7 m of water
SLOWEST, QUICKEST = 0.4, 0.8  # rad/s, of the wind's gusts: around the first resonance of the basin
MOST = 20.0  # m, and m**2/s: far above what the water reaches
FULL_TURN = 2.0 * math.pi


@murk.register("murk/ShallowWater-v0", max_episode_steps=100)
class ShallowWater(MurkEnv):
    """Calm the water around an island, stirred by gusts and falling stones, with a grid of pumps.

    Observation: float32 (3 * (size // 4)**2 + 2,): the water's height above its level at rest, averaged over
        each square of 4 by 4 cells, in m; the discharge along x, then along y, likewise, in m**2/s; x and y
        of the wind's push in the coming step, 0 to 1 for -wind to wind.
    Action: Box(-1, 1, (2 * pumps**2,), float32): how hard the pump of every patch pushes along x, patch by
        patch and row by row, then along y; held for 0.4 s.
    Reward: -mean(height**2) / swell**2 over the cells with water after the step - effort * mean(action**2)
        - `penalty` when the water leaves the basin.
    Ends: terminated when the water is `limit` from its level at rest anywhere; truncated after 100 steps.
    Start: still water and `stones` stones, each at a uniform position; gusts of uniform heading, phase and
        frequency, 0.4 to 0.8 rad/s; afterwards a stone in every step with probability `rain`.
    Source: our own; the water is that of the propagator ShallowWater (Audusse et al. 2004).
    """

    class Params(murk.Params):
        size: Annotated[int, Range(4, 1024), "cells of 1 m along a side, a multiple of 4"] = 16
        pumps: Annotated[int, Range(1, 256), "patches along a side, each with a pump; a divisor of size"] = 2
        edge: Annotated[Literal["walls", "wrap"], "walls around the basin, or none: a torus"] = "walls"
        island: Annotated[float, Range(0.0, 0.4), "radius of the island, in sides; 0 for none"] = 0.12
        stones: Annotated[int, Range(0, 100), "stones at the start"] = 4
        rain: Annotated[float, Range(0.0, 1.0), "probability of a stone in a step"] = 0.1
        stone: Annotated[float, Range(0.0, 4.0), "strength of the heaviest stone's push, m/s**2"] = 3.0
        wind: Annotated[float, Range(0.0, 0.2), "largest push of the wind, m/s**2"] = 0.06
        power: Annotated[float, Range(0.001, 3.0), "push of a pump in still water, m/s**2"] = 0.4
        swell: Annotated[float, Range(0.001, 10.0), "height of waves that cost 1 per step, m"] = 0.05
        effort: Annotated[float, Range(0.0, 1000.0), "cost of a step with all pumps at full power"] = 0.2
        limit: Annotated[float, Range(0.01, 0.9), "height at which water leaves the basin, m"] = 0.8
        penalty: Annotated[float, Range(0.0, 1e6), "cost of water leaving the basin"] = 50.0

        def check(self) -> None:
            """Make patches and squares fit, and keep the water slow enough for the scheme to be stable."""
            fits, pile = self.size % 4 == self.size % self.pumps == 0, (self.power + self.wind) * self.size
            self.require(fits, f"size must be a multiple of 4 and of pumps={self.pumps}, not {self.size}.")
            message = f"(power + wind) * size must be at most {SPARE:g}, or the water piles up, not {pile}."
            self.require(pile <= SPARE, message)

    depth = Field(low=0.0, initial=1.0, unit="m")  # (num_worlds, num_cells)
    discharge = Field(components=2, low=-MOST, high=MOST, unit="m**2/s")  # (num_worlds, 2, num_cells) x, y
    push = Field(components=2, unit="m/s**2")  # (num_worlds, 2, num_cells) of pumps and stones
    bed = Field(mutability="static", unit="m")  # (num_cells,) height of the ground
    rest = Field(mutability="static", unit="m")  # (num_cells,) depth of the water at rest
    patch = Field(mutability="static", dtype="int32")  # (num_cells,) the cell's pump
    height = Field(derived=True, low=-1.0, high=MOST, unit="m")  # (num_worlds, num_cells) above rest, or 0
    wind = Field(over="world", components=2, unit="m/s**2")  # (num_worlds, 2) of the coming step
    phase = Field(over="world", unit="rad")  # (num_worlds,) of the gusts
    pace = Field(over="world", unit="rad/s")  # (num_worlds,)
    heading = Field(over="world", unit="rad")  # (num_worlds,)
    work = Field(over="world")  # (num_worlds,) mean of the squared actions

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the basin with its island, the water and the observation."""
        size, pumps, bed = params.size, params.pumps, island(params.size, params.island)
        propagator = murk.ShallowWater(
            cls.depth, cls.discharge, cls.bed, cls.push, max_speed=FASTEST, gravity=GRAVITY, drag=0.02
        )
        seen = [Observe(field).pooled("mean", 4) for field in (cls.height, cls.discharge)]
        seen.append(Observe(cls.wind).normalised(-params.wind, params.wind))
        return Blueprint(
            lattice=murk.Square4(size, size, "wrap" if params.edge == "wrap" else "absorb", unit="m"),
            propagators=[propagator],
            observation=Observation(*seen),
            action_space=Box(-1.0, 1.0, (2 * pumps**2,), np.float32),
            static={cls.bed: bed, cls.rest: np.maximum(1.0 - bed, 0.0), cls.patch: patches(size, pumps)},
            dt=PERIOD,
            substeps=math.ceil(2.0 * PERIOD * FASTEST),
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the waves, with the island."""
        dry, wave = np.flatnonzero(island(params.size, params.island)), 3.0 * params.swell
        land = Marker(dry, "fill", colour="#c8b27d", label="island")
        return Picture(cls.height, low=-wave, high=wave, palette="RdBu_r", markers=[land], figures=[cls.wind])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Fill the basin, draw the gusts, and throw stones."""
        self.phase[0], self.heading[0] = FULL_TURN * uniform(rng), FULL_TURN * uniform(rng)
        self.pace[0] = SLOWEST + (QUICKEST - SLOWEST) * uniform(rng)
        blow(self)
        for cell in range(len(self.rest)):
            self.depth[cell] = self.rest[cell]
        for _ in range(self.params.stones):
            throw(self, rng)

    @murk.per_world
    def act(self, action: npt.NDArray[np.float32], rng: Draws) -> None:
        """Run the pumps, weaker in water that already flows; blow, and now and then throw a stone."""
        count = self.params.pumps * self.params.pumps
        for axis in range(2):
            for cell in range(len(self.rest)):
                wanted = action[axis * count + self.patch[cell]]
                speed = self.discharge[axis, cell] / max(self.depth[cell], SHALLOW)
                left = 1.0 - speed / PUMP if wanted > 0.0 else 1.0 + speed / PUMP
                kept = self.push[axis, cell] if self.elapsed_steps == 1 else 0.0  # the stones of the start
                pumped = self.params.power * wanted * min(max(left, 0.0), 1.0)
                whole = min(self.depth[cell] / SHALLOW, 1.0)  # shallow water is pushed less
                self.push[axis, cell] = kept + whole * (self.wind[axis] + pumped)
        if uniform(rng) < self.params.rain:
            throw(self, rng)
        self.phase[0] = (self.phase[0] + PERIOD * self.pace[0]) % FULL_TURN
        blow(self)
        self.work[0] = 0.0
        for one in action:
            self.work[0] += one * one / len(action)

    @murk.per_world
    def derive(self) -> None:
        """Compute the water's height above its level at rest."""
        for cell in range(len(self.rest)):
            self.height[cell] = self.depth[cell] - self.rest[cell] if self.rest[cell] > 0.0 else 0.0

    @murk.per_world
    def reward(self) -> float:
        """Charge for waves, for power, and for water that leaves the basin."""
        p = self.params
        wet = num_positive(self.rest)
        cost = total_square(self.height) / (wet * p.swell * p.swell) + p.effort * self.work[0]
        return 0.0 - cost - (p.penalty if farthest(self.height) >= p.limit else 0.0)

    @murk.per_world
    def terminated(self) -> bool:
        """End when the water leaves the basin."""
        return farthest(self.height) >= self.params.limit


def throw(world: ShallowWater, rng: Draws) -> None:
    """Throw a stone, which pushes the water away from where it falls for one step."""
    size = world.params.size
    x, y = size * uniform(rng), size * uniform(rng)
    push_aside(world.push, size, x, y, world.params.stone * (0.5 + 0.5 * uniform(rng)))


def blow(world: ShallowWater) -> None:
    """Write the wind's push in the coming step."""
    gust = world.params.wind * cos(world.phase[0])
    world.wind[0], world.wind[1] = gust * cos(world.heading[0]), gust * sin(world.heading[0])
