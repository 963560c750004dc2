"""Harvest: agents pick from the same trees, which grow back more slowly the barer they are."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.random import integers, uniform
from murk_envs._sums import total
from murk_envs.propagators.picking import Picking

__all__ = ["Harvest"]

PICK = 9  # the action after those that stay or hop
RIPE = 0.5  # the least fruit of a tree when an episode begins
WIDEST = 2**15  # cells along a side
LARGEST_CROWD = 2**16  # agents
Share = Range(0.0, 1.0)


@murk.register("murk/Harvest-v0", max_episode_steps=300, agents="apart")
class Harvest(MurkEnv):
    """Pick fruit in a common orchard, where whoever leaves some leaves it to the others too.

    Observation: float32 (3 * (2 * view + 1)**2 + 2,): three windows of the cells at most `view` rows and
        columns away (fruit, 0 to 1; rock, 0 or 1, and 1 off the grid; number of agents, clipped at 2), then
        the agent's own row and column, each scaled to 0 to 1.
    Action: Discrete(10): 0 stay, 1 to 8 hop in the directions of Square8, a hop into rock or off the grid
        stays; 9 pick. Agents may share a cell.
    Reward: the fruit that the agent picked: `bite`, or an equal share of the fruit above `roots` if less.
    Ends: terminated for all when the mean fruit per tree is below `famine`; truncated after 300 steps (as
        registered).
    Start: trees and rocks in uniformly drawn cells; the fruit of each tree uniform from 0.5 to 1; every agent
        in a uniformly drawn cell without rock.
    Source: after Perolat et al. (2017), https://arxiv.org/abs/1707.06600, with trees that grow logistically.
    """

    class Params(murk.Params):
        size: Annotated[int, Range(2, WIDEST), "cells along a side"] = 12
        agents: Annotated[int, Range(1, LARGEST_CROWD), "number of agents"] = 8
        trees: Annotated[float, Share, "share of cells with a tree, rounded; at least one tree"] = 0.25
        rocks: Annotated[float, Share, "share of cells with rock, rounded"] = 0.1
        growth: Annotated[float, Share, "growth rate of fruit on a nearly bare tree, per step"] = 0.05
        bite: Annotated[float, Share, "fruit that one agent picks per step; a full tree bears 1"] = 0.25
        roots: Annotated[float, Share, "fruit of a tree that cannot be picked, at most 0.5"] = 0.05
        famine: Annotated[float, Share, "mean fruit per tree below which episodes end, at most 0.5"] = 0.15
        view: Annotated[int, Range(1, 2**10), "cells that an agent sees to each side"] = 3

        def check(self) -> None:
            """Require a cell without tree or rock, and no famine at the start."""
            self.require(
                1 <= self.num_trees < self.size**2 - self.num_rocks,
                f"there must be at least one tree and one empty cell, but trees={self.trees} and "
                f"rocks={self.rocks} give {self.num_trees} trees and {self.num_rocks} rocks in "
                f"{self.size**2} cells; change them, or make size larger.",
            )
            self.require(
                max(self.roots, self.famine) <= RIPE,
                f"roots and famine must be at most {RIPE}, the fruit per tree at the start, not {self.roots} "
                f"and {self.famine}.",
            )

        @property
        def num_trees(self) -> int:
            """Number of cells with a tree."""
            return round(self.trees * self.size**2)

        @property
        def num_rocks(self) -> int:
            """Number of cells with rock."""
            return round(self.rocks * self.size**2)

    fruit = Field(low=0.0, high=1.0)  # (num_worlds, num_cells)
    rock = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where there is rock, else 0
    crowd = Field(low=0.0, high=LARGEST_CROWD)  # (num_worlds, num_cells) number of agents in a cell
    cells = Field(over="agents", indexes="cells")  # (num_worlds, num_agents) cell of each agent
    # (num_worlds, 2, num_agents) row and column
    place = Field(over="agents", components=2, low=0.0, high=WIDEST - 1)
    picks = Field(over="agents", categories=2)  # (num_worlds, num_agents) 1 if the agent picks in this step
    picked = Field(over="agents", low=0.0, high=1.0)  # (num_worlds, num_agents) fruit picked in this step

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the orchard, its propagator and the agents' observation."""
        rectangle = (params.view, params.view)
        seen = Observation(
            Observe(cls.fruit).window(around=cls.cells, rectangle=rectangle),
            Observe(cls.rock).window(around=cls.cells, rectangle=rectangle, padding=1.0),
            Observe(cls.crowd).window(around=cls.cells, rectangle=rectangle).clipped(0.0, 2.0),
            Observe(cls.place).normalised(0.0, params.size - 1),
            over="agents",
        )
        growing = murk.Resource(
            cls.fruit, cls.fruit, consumption=0.0, regrowth=params.growth, growth="logistic"
        )  # consumption depends on who picks, so Picking does it
        return Blueprint(
            lattice=murk.Square8(params.size, params.size),
            propagators=[Picking(growing, cls.cells, cls.picks, cls.picked, params.bite, params.roots)],
            groups=[murk.Group("agent", params.agents, seen, Discrete(PICK + 1))],
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the fruit with rocks and agents."""
        rocks, agents = Marker(cls.rock, "wall", label="rock"), Marker(cls.cells, "agent", colour="#e8432e")
        return Picture(cls.fruit, palette="YlGn", markers=(rocks, agents))

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw the orchard uniformly from all layouts, and place the agents."""
        trees, rocks = self.params.num_trees, self.params.num_rocks  # still to be placed
        num_cells = len(self.rock)
        for cell in range(num_cells):
            lot = integers(rng, 0, num_cells - cell)
            if lot < trees:
                self.fruit[cell] = RIPE + (1.0 - RIPE) * uniform(rng)
                trees -= 1
            elif lot < trees + rocks:
                self.rock[cell] = 1.0
                rocks -= 1
        for agent in range(len(self.cells)):
            passed = integers(rng, 0, num_cells - self.params.num_rocks)  # open cells before the agent's
            cell = 0
            while self.rock[cell] > 0.0 or passed > 0:
                passed -= self.rock[cell] == 0.0
                cell += 1
            enter(self, agent, cell)

    @murk.per_world
    def act(self, action: npt.NDArray[np.int64]) -> None:
        """Hop where there is no rock, and record who picks."""
        for agent in range(len(self.cells)):
            self.picks[agent] = action[agent] == PICK
            there = self.moves[self.cells[agent], -1 if self.picks[agent] else action[agent] - 1]
            if self.rock[there] == 0.0:
                self.crowd[self.cells[agent]] -= 1.0
                enter(self, agent, there)

    @murk.per_world
    def reward(self, agent: int) -> float:
        """Pay the agent what it picked."""
        return self.picked[agent]

    @murk.per_world
    def terminated(self) -> bool:
        """End for all agents in a famine."""
        return total(self.fruit) < self.params.famine * self.params.num_trees


def enter(world: Harvest, agent: int, cell: int) -> None:
    """Put an agent into a cell, and record its place."""
    size = world.params.size
    world.cells[agent] = cell
    world.crowd[cell] += 1.0
    world.place[0, agent], world.place[1, agent] = cell // size, cell % size
