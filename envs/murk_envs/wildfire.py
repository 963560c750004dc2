"""Wildfire: a crew wets a forest ahead of a wind-driven fire."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.random import integers, uniform
from murk_envs._crew import GALE, WIDEST, any_burns, draw_wind, num_caught, seen_from, show_crew

__all__ = ["Wildfire"]

FOREST, BURNING, BARE = murk.Fire.UNBURNT, murk.Fire.BURNING, murk.Fire.BURNT
WET = 7  # the action after those that stay or hop
LIGHT = 0.5  # fuel of the lightest forest; the heaviest has 1


@murk.register("murk/Wildfire-v1", max_episode_steps=200, agents="team")
class Wildfire(MurkEnv):
    """Keep a fire in a forest of hexagons from spreading: it cannot be put out, but wet cells do not ignite.

    Observation: float32 (6 * size**2 + 2 * crew + 2,): six maps of all cells, each from 0 to 1: forest,
        burning, bare, fuel, dryness, crew; the q of each crew member, then the r of each, scaled to 0 to 1;
        the wind's x and y in units of 20 m/s. Per agent, float32 (128,): four maps summed by ring and sector
        around it (five rings of six sectors, east first): burning, dry forest next to flames, dry forest,
        crew; the same four of its own cell; its own q and r; and the wind. With `view` above 0, the six maps
        within `view` hops in place of the four.
    Action: Discrete(8) per crew member, centralised MultiDiscrete([8] * crew): 0 stay; 1 to 6 hop in the
        directions of Hex2D, where a hop into flames or the border stays; 7 wet the cell and its neighbours,
        whose dryness falls to 0, then grows by `drying` per step; cells ignite in proportion to it.
    Reward: minus the percentage of the forest that catches fire in this step, shared by the crew.
    Ends: terminated when nothing burns; truncated after 200 steps (as registered).
    Start: forest in cells drawn uniformly, each with fuel uniform from 0.5 to 1; `sparks` of them, drawn
        uniformly, burn; everything dry; each crew member in any cell, uniformly; wind speed uniform from 0 to
        `wind`, wind direction uniform.
    Source: the fire of Alexandridis et al. (2008), as in the propagator Fire; the crew is our own.
    """

    class Params(murk.Params):
        size: Annotated[int, Range(2, WIDEST), "cells along a side"] = 16
        crew: Annotated[int, Range(1, 2**16), "number of crew members"] = 4
        sparks: Annotated[int, Range(1, 2**16), "cells that burn at the start, fewer than the forest has"] = 1
        forest: Annotated[float, Range(0.0, 1.0), "share of cells with forest, rounded"] = 0.9
        burning: Annotated[float, Range(1.0, 1e6), "steps that the densest forest burns"] = 12.0
        ignition: Annotated[float, Range(0.0, 1e6), "rate of igniting a dry neighbour, per step"] = 0.15
        wind: Annotated[float, Range(0.0, GALE), "maximum wind speed, m/s"] = 8.0
        drying: Annotated[float, Range(0.0, 1.0), "dryness that a wet cell regains per step"] = 0.02
        view: Annotated[int, Range(0, 2**10), "radius of a view, in hops; 0 for rings of the whole map"] = 0

        @property
        def num_trees(self) -> int:
            """Cells with forest."""
            return round(self.forest * self.size**2)

        def check(self) -> None:
            """Leave forest beside the sparks."""
            self.require(
                self.sparks < self.num_trees,
                f"sparks must be below the number of cells with forest, which is {self.num_trees} with "
                f"forest={self.forest}, not {self.sparks}; lower sparks, or raise forest.",
            )

    state = Field(categories=3)  # (num_worlds, num_cells) forest, burning, or bare
    fuel = Field(low=0.0, high=1.0)  # (num_worlds, num_cells)
    dryness = Field(initial=1.0, low=0.0, high=1.0)  # (num_worlds, num_cells)
    crowd = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where a crew member is
    # what agents observe of the forest, (num_worlds, num_cells)
    flames = Field(low=0.0, high=1.0, derived=True)  # 1 where it burns
    tinder = Field(low=0.0, high=1.0, derived=True)  # dryness where there is forest, 0 elsewhere
    front = Field(low=0.0, high=1.0, derived=True)  # tinder next to flames, 0 elsewhere
    cells = Field(over="agents", indexes="cells")  # (num_worlds, num_agents)
    place = Field(over="agents", components=2, low=0.0, high=WIDEST - 1)  # (num_worlds, 2, num_agents) q, r
    breeze = Field(over="world", components=2, low=-1.0, high=1.0)  # (num_worlds, 2) x and y, in GALEs
    speed = Field(over="world", low=0.0, high=GALE, unit="m/s")  # (num_worlds,)
    direction = Field(over="world", low=0.0, high=7.0)  # (num_worlds,) radians

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the forest, the propagator of its fire, and both observations: centralised and per agent."""
        fire = murk.Fire(
            cls.state,
            cls.fuel,
            ignition=params.ignition,
            consumption=1.0 / params.burning,
            wind_speed=cls.speed,
            wind_direction=cls.direction,
            flammability=cls.dryness,
        )
        maps = [Observe(cls.state, one_hot=True), Observe(cls.fuel), Observe(cls.dryness), Observe(cls.crowd)]
        own = [Observe(cls.place).normalised(0.0, params.size - 1), Observe(cls.breeze)]
        if params.view:
            seen = [entry.window(around=cls.cells, disk=params.view) for entry in maps]
        else:
            seen = seen_from(cls.cells, (cls.flames, cls.front, cls.tinder, cls.crowd), sectors=6)
        apart = Observation(*seen, *own, over="agents")
        return Blueprint(
            lattice=murk.Hex2D(params.size, params.size),
            propagators=[fire],
            observation=Observation(*maps, *own),
            groups=[murk.Group("crew", params.crew, apart, Discrete(WET + 1))],
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the forest with its crew, and beside it the dryness."""
        crew = [Marker(cls.cells, "agent", label="crew")]
        colours = {"forest": "#4f8a4c", "fire": "#ffb02e", "bare": "#2f2826"}
        dryness = Picture(cls.dryness, palette="YlGnBu_r", markers=crew)
        return Picture(cls.state, palette=colours, markers=crew, figures=[cls.breeze], beside=[dryness])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw a forest, with all choices of cells equally likely, sparks, the crew's cells and the wind."""
        trees, flames = self.params.num_trees, self.params.sparks  # still to be placed
        for cell in range(len(self.fuel)):
            if integers(rng, 0, len(self.fuel) - cell) < trees:
                self.fuel[cell] = LIGHT + (1.0 - LIGHT) * uniform(rng)
                if integers(rng, 0, trees) < flames:
                    self.state[cell] = BURNING
                    flames -= 1
                trees -= 1
            else:
                self.state[cell] = BARE
        for agent in range(len(self.cells)):
            self.cells[agent] = integers(rng, 0, len(self.fuel))
        draw_wind(rng, self.params.wind, self.speed, self.direction, self.breeze)
        show_crew(self.cells, self.params.size, self.crowd, self.place)

    @murk.per_world
    def act(self, action: npt.NDArray[np.int64]) -> None:
        """Dry all cells; then let each crew member hop where nothing burns, or wet the cells around."""
        for cell in range(len(self.dryness)):
            self.dryness[cell] = min(self.dryness[cell] + self.params.drying, 1.0)
        for agent in range(len(self.cells)):
            here = self.cells[agent]
            self.crowd[here] = 0.0
            if action[agent] == WET:
                for cell in self.moves[here]:
                    self.dryness[cell] = 0.0
            else:
                there = self.moves[here, action[agent] - 1]
                if self.state[there] != BURNING:
                    self.cells[agent] = there
        show_crew(self.cells, self.params.size, self.crowd, self.place)

    @murk.per_world
    def derive(self) -> None:
        """Map the flames, the dry forest, and the dry forest next to flames."""
        for cell in range(len(self.state)):
            forest = self.state[cell] == FOREST
            self.tinder[cell] = self.dryness[cell] if forest else 0.0
            self.flames[cell] = 1.0 if self.state[cell] == BURNING else 0.0
        for cell in range(len(self.state)):
            if self.state[cell] == BURNING:
                for way in range(self.moves.shape[1]):
                    near = self.moves[cell, way]
                    self.front[near] = self.tinder[near]

    @murk.per_world
    def reward(self, before: "Wildfire") -> float:
        """Charge for cells that catch fire."""
        return 0.0 - 100.0 * num_caught(before.state, self.state) / self.params.num_trees

    @murk.per_world
    def terminated(self) -> bool:
        """End when nothing burns."""
        return not any_burns(self.state)
