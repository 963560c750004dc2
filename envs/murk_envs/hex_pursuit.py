"""HexPursuit: predators hunt prey over hexagons, and both see only what is near."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.random import integers
from murk_envs._fields import LARGE
from murk_envs._hexagons import hops_to_nearest

__all__ = ["HexPursuit"]

NOWHERE = -1  # the cell of a prey that has been caught
WIDEST = 2**15  # cells along a side


@murk.register("murk/HexPursuit-v0", max_episode_steps=100, agents="apart")
class HexPursuit(MurkEnv):
    """Hunt, or be hunted, on a field of hexagons with a border.

    Observation: float32 (3 * (2 * view + 1)**2 + 2,), the same for both groups: three windows of the cells
        within `view` hops: predators, prey, and which cells exist (0 beyond the border and in the corners of
        the box); then the agent's own q and r, each scaled to 0 to 1.
    Action: Discrete(7) for each agent: 0 stay, 1 to 6 hop in the directions of Hex2D, counter-clockwise from
        east; a hop across the border has no effect. All hop at once, and any number may share a cell.
    Reward: a prey: `survival` per step, -catch in the step after which it is within `reach` hops of a
        predator, and so is caught; a predator: minus the sum of all prey's rewards.
    Ends: prey terminate when they are caught, the predators with the last prey; truncated after 100 steps.
    Start: one predator in any cell; every prey anywhere at least `gap` hops from it; the other predators
        anywhere at least `gap` hops from all prey; each draw uniform.
    Source: the hex_pursuit example of murk 0.2.0, with prey that act, rewards and observations of our own.
    """

    class Params(murk.Params):
        size: Annotated[int, Range(2, WIDEST), "cells along a side"] = 12
        predators: Annotated[int, Range(1, 2**16), "number of predators"] = 3
        prey: Annotated[int, Range(1, 2**16), "number of prey"] = 2
        view: Annotated[int, Range(1, 2**10), "radius of an agent's view, in hops"] = 3
        reach: Annotated[int, Range(0, WIDEST), "hops within which a predator catches prey"] = 1
        gap: Annotated[int, "minimum hops between predators and prey at the start, reach + 1 to size - 1"] = 4
        catch: Annotated[float, Range(0.0, LARGE), "reward of every predator per catch"] = 10.0
        survival: Annotated[float, Range(0.0, LARGE), "reward of a prey per step survived"] = 0.1

        def check(self) -> None:
            """Keep prey from starting caught, and leave room for all."""
            self.require(  # from any cell, some corner is size - 1 hops away or more
                self.reach < self.gap < self.size,
                f"gap must be larger than reach, so that nobody begins caught, and smaller than size, so "
                f"that all have room, not {self.gap} with reach={self.reach} and size={self.size}.",
            )

    cells = Field(over="agents", indexes="cells", low=NOWHERE)  # (num_worlds, num_agents) predators first
    place = Field(over="agents", components=2, low=0.0, high=WIDEST - 1)  # (num_worlds, 2, num_agents) q, r
    caught = Field(over="agents", categories=2)  # (num_worlds, num_agents) 1 from the catch on
    hunters = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where predators are
    hunted = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where prey are

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the field of hexagons, and the two groups with their observations."""
        seen = Observation(
            Observe(cls.hunters).window(around=cls.cells, disk=params.view),
            Observe(cls.hunted).window(around=cls.cells, disk=params.view, with_mask=True),
            Observe(cls.place).normalised(0.0, params.size - 1),
            over="agents",
        )
        predators = murk.Group("predator", params.predators, seen, Discrete(7))
        prey = murk.Group("prey", params.prey, seen, Discrete(7))
        return Blueprint(lattice=murk.Hex2D(params.size, params.size), groups=[predators, prey])

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the cells with all agents on them."""
        return Picture(markers=(Marker(cls.hunted, "prey"), Marker(cls.hunters, "predator")))

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Place the first predator, the prey far from it, and the other predators far from the prey."""
        predators, agents = self.params.predators, len(self.cells)
        self.cells[0] = integers(rng, 0, self.params.size**2)
        locate(self, 0)
        for prey in range(predators, agents):
            self.cells[prey] = far_cell(self, 0, 1, rng)
            locate(self, prey)
        for predator in range(1, predators):
            self.cells[predator] = far_cell(self, predators, agents, rng)
            locate(self, predator)
        show_agents(self)

    @murk.per_world
    def act(self, action: npt.NDArray[np.int64]) -> None:
        """Let all active agents hop, and note which prey are caught."""
        predators = self.params.predators
        for agent in range(len(self.cells)):
            cell = self.cells[agent]
            if cell != NOWHERE:
                self.hunters[cell] = self.hunted[cell] = 0.0
                self.cells[agent] = self.moves[cell, action[agent] - 1] if self.active[agent] else NOWHERE
                locate(self, agent)
        for prey in range(predators, len(self.cells)):
            if self.cells[prey] != NOWHERE:
                hops = hops_to_nearest(self.place, self.place[0, prey], self.place[1, prey], 0, predators)
                if hops <= self.params.reach:
                    self.caught[prey] = 1
        show_agents(self)

    @murk.per_world
    def reward(self, agent: int) -> float:
        """Pay prey for surviving, charge them for being caught; pay predators minus the sum of that."""
        if agent >= self.params.predators:
            return gain_of_prey(self, agent)
        total = 0.0
        for prey in range(self.params.predators, len(self.cells)):
            total += gain_of_prey(self, prey)
        return 0.0 - total

    @murk.per_world
    def terminated(self, agent: int) -> bool:
        """End for prey that are caught, and for the predators when none is left."""
        if agent >= self.params.predators:
            return self.caught[agent] != 0
        left = 0
        for prey in range(self.params.predators, len(self.cells)):
            left += self.caught[prey] == 0
        return left == 0


def gain_of_prey(world: HexPursuit, prey: int) -> float:
    """Return the reward of a prey, 0 if it has left."""
    if world.active[prey] == 0:
        return 0.0
    return 0.0 - world.params.catch if world.caught[prey] else world.params.survival


def locate(world: HexPursuit, agent: int) -> None:
    """Write q and r of an agent's cell; an agent in no cell keeps its last ones."""
    cell, size = world.cells[agent], world.params.size
    if cell != NOWHERE:
        world.place[0, agent], world.place[1, agent] = cell % size, cell // size


def far_cell(world: HexPursuit, first: int, end: int, rng: Draws) -> int:
    """Draw, uniformly, a cell at least `gap` hops from all agents from `first` to before `end`."""
    size, gap = world.params.size, world.params.gap
    found = 0
    for r in range(size):
        for q in range(size):
            found += hops_to_nearest(world.place, q, r, first, end) >= gap
    left = integers(rng, 0, found)
    for r in range(size):
        for q in range(size):
            if hops_to_nearest(world.place, q, r, first, end) >= gap:
                if left == 0:
                    return r * size + q
                left -= 1
    return NOWHERE


def show_agents(world: HexPursuit) -> None:
    """Mark the cells of all agents."""
    for agent in range(len(world.cells)):
        if world.cells[agent] != NOWHERE:
            shown = world.hunters if agent < world.params.predators else world.hunted
            shown[world.cells[agent]] = 1.0
