"""WildfireTerrain: dig fire breaks on hills, ahead of a fire that climbs them, with a crew."""

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.random import integers
from murk_envs import tiles
from murk_envs._crew import GALE, WIDEST, any_burns, draw_wind, num_caught, seen_from, show_crew
from murk_envs._land import FACTORS, SLOPE, climbs, land, levels, lowest_and_highest, winds

__all__ = ["WildfireTerrain"]

FOREST, BURNING, BARE = murk.Fire.UNBURNT, murk.Fire.BURNING, murk.Fire.BURNT
DIG = 9  # the action after those that stay or hop
BREAK = 0.1  # share of its rate of catching fire that a dug cell keeps: WildTorch's fire break


@murk.register("murk/WildfireTerrain-v0", max_episode_steps=200, agents="team")
class WildfireTerrain(MurkEnv):
    """Keep a fire on hills, driven by wind and slopes, from spreading, by digging fire breaks.

    Observation: float32 (6 * num_cells + 2 * crew + 2,): six maps of all cells, each from 0 to 1: unburnt,
        burning, bare or burnt, how easily cells burn, height (0 at the lowest cell of all levels, 1 at the
        highest), crew; the column of each crew member, then the row of each, scaled to 0 to 1; the wind's x
        and y in units of 20 m/s. Per agent, float32 (168,): four maps summed by ring and sector around it
        (five rings of eight sectors, east first): burning, rate of catching fire, how easily cells burn,
        crew; the same four of its own cell; its own column and row; and the wind.
    Action: Discrete(10) per crew member, centralised MultiDiscrete([10] * crew): 0 stay; 1 to 8 hop in the
        directions of Square8, where a hop into flames or the border stays; 9 dig in the cell and its
        neighbours, which from then on catch fire at a tenth of the rate.
    Reward: minus the percentage of the burnable cells that catch fire in this step, shared by the crew.
    Ends: terminated when nothing burns; truncated after 200 steps (as registered).
    Start: a level of the split, uniformly; one of its burnable cells burns, uniformly; each crew member in
        any cell, uniformly; wind speed uniform from 0 to `wind`, wind direction uniform.
    Source: the fire of Alexandridis et al. (2008) with its factors for wind, slope and vegetation, as in the
        propagator Fire; fire breaks after WildTorch; crew and tiles are our own.
    """

    class Params(murk.Params):
        split: Annotated[Literal["train", "test", "all"], "levels that episodes draw from"] = "train"
        size: Annotated[int, Range(tiles.SMALLEST, tiles.SIDE), "side of a tile's corner, in cells"] = 20
        elevation: Annotated[str, "a file of heights in m, .npy or GeoTIFF, instead of the tiles"] = ""
        kinds: Annotated[str, "a file of kinds of fuel, 0 to 4, for that land; shrub by default"] = ""
        gaps: Annotated[Literal["refuse", "bare"], "what cells without data are"] = "refuse"
        cell: Annotated[float, Range(0.1, 1e5), "side of a cell in m, unless a file states it"] = tiles.CELL
        crew: Annotated[int, Range(1, 2**16), "number of crew members"] = 4
        burning: Annotated[float, Range(1.0, 1e6), "steps that the densest pine burns"] = 12.0
        ignition: Annotated[float, Range(0.0, 1e6), "rate of igniting shrub on flat land, per step"] = 0.08
        wind: Annotated[float, Range(0.0, GALE), "maximum wind speed, m/s"] = 8.0

    state = Field(categories=3)  # (num_worlds, num_cells) unburnt, burning, or bare
    elevation = Field(mutability="level", unit="m")  # (num_cells,) of each level
    kind = Field(mutability="level", categories=5)  # (num_cells,) of each level: kind of fuel
    load = Field(mutability="level", low=0.0, high=1.0)  # (num_cells,) of each level: fuel at the start
    growth = Field(mutability="level", over="world", dtype="int32")  # of each level: number of burnable cells
    ease = Field(mutability="level", dtype="float64")  # (num_cells,) of each level: how easily its fuel burns
    climb = Field(mutability="level", components=8, dtype="float64")  # (8, num_cells) likewise, of the slope
    fuel = Field(initial=load, low=0.0, high=1.0)  # (num_worlds, num_cells)
    cover = Field(initial=1.0, low=0.0, high=1.0)  # (num_worlds, num_cells) 1, or less where a break is dug
    crowd = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where a crew member is
    flames = Field(low=0.0, high=1.0, derived=True)  # (num_worlds, num_cells) 1 where it burns
    tinder = Field(low=0.0, high=1.0, derived=True)  # (num_worlds, num_cells) how easily it burns
    front = Field(low=0.0, high=1.0, derived=True)  # (num_worlds, num_cells) rate of catching fire
    cells = Field(over="agents", indexes="cells")  # (num_worlds, num_agents)
    place = Field(over="agents", components=2, low=0.0, high=WIDEST - 1)  # (num_worlds, 2, num_agents) x, y
    breeze = Field(over="world", components=2, low=-1.0, high=1.0)  # (num_worlds, 2) x and y, in GALEs
    speed = Field(over="world", low=0.0, high=GALE, unit="m/s")  # (num_worlds,)
    direction = Field(over="world", low=0.0, high=7.0)  # (num_worlds,) radians
    width = Field(mutability="static", over="world", dtype="int32")  # columns

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the hills, the propagator of their fire, and the observations, centralised and per agent."""
        heights, kinds, spacing = land(params)
        fire = murk.Fire(
            cls.state,
            cls.fuel,
            ignition=params.ignition,
            consumption=1.0 / params.burning,
            wind_speed=cls.speed,
            wind_direction=cls.direction,
            flammability=cls.cover,
            elevation=cls.elevation,
            slope=SLOPE,
            fuel_class=cls.kind,
            class_factors=FACTORS,
        )
        lattice = murk.Square8(*heights.shape[1:], spacing=spacing, unit="m")
        height = Observe(cls.elevation).normalised(*lowest_and_highest(heights))
        maps = [Observe(cls.state, one_hot=True), Observe(cls.tinder), height, Observe(cls.crowd)]
        own = [Observe(cls.place).normalised(0.0, max(*lattice.shape, 2) - 1), Observe(cls.breeze)]
        seen = seen_from(cls.cells, (cls.flames, cls.front, cls.tinder, cls.crowd), sectors=8)
        apart = Observation(*seen, *own, over="agents")
        return Blueprint(
            lattice=lattice,
            propagators=[fire],
            observation=Observation(*maps, *own),
            groups=[murk.Group("crew", params.crew, apart, Discrete(DIG + 1))],
            static={cls.width: lattice.shape[1]},
            levels=levels(heights, kinds, climbs(heights, spacing, lattice.neighbours), params.split),
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the fire on the hills with the crew, beside it how easily cells burn, and the heights."""
        crew = [Marker(cls.cells, "agent", label="crew")]
        colours = {"unburnt": "#6f9a5b", "fire": "#ffb02e", "bare": "#3a322e"}
        high = Picture(cls.elevation, palette="terrain", markers=[Marker(cls.flames, "square", label="fire")])
        tinder = Picture(cls.tinder, palette="YlGn", markers=crew)
        return Picture(cls.state, palette=colours, markers=crew, figures=[cls.breeze], beside=[tinder, high])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Set one cell on fire, place the crew, and draw the wind."""
        chosen = integers(rng, 0, self.growth[0])
        for cell in range(len(self.state)):
            self.state[cell] = FOREST if self.kind[cell] > 0 else BARE
            if self.kind[cell] > 0:
                if chosen == 0:
                    self.state[cell] = BURNING
                chosen -= 1
        for agent in range(len(self.cells)):
            self.cells[agent] = integers(rng, 0, len(self.state))
        draw_wind(rng, self.params.wind, self.speed, self.direction, self.breeze)
        show_crew(self.cells, self.width[0], self.crowd, self.place)

    @murk.per_world
    def act(self, action: npt.NDArray[np.int64]) -> None:
        """Let each crew member hop where nothing burns, or dig."""
        for agent in range(len(self.cells)):
            here = self.cells[agent]
            self.crowd[here] = 0.0
            if action[agent] == DIG:
                for cell in self.moves[here]:
                    self.cover[cell] = BREAK
            elif action[agent] > 0:
                there = self.moves[here, action[agent] - 1]
                if self.state[there] != BURNING:
                    self.cells[agent] = there
        show_crew(self.cells, self.width[0], self.crowd, self.place)

    @murk.per_world
    def derive(self) -> None:
        """Map the flames, how easily other cells burn, and their rate of catching fire."""
        for cell in range(len(self.state)):
            self.tinder[cell] = (self.state[cell] == FOREST) * self.cover[cell] * self.ease[cell]
            self.flames[cell] = self.state[cell] == BURNING
        wind = winds(self.breeze, self.speed[0])
        for cell in range(len(self.state)):
            if self.state[cell] == BURNING:
                for way in range(len(wind)):
                    near = self.neighbours[cell, way]
                    if near >= 0 and self.tinder[near] > 0.0:
                        rate = FACTORS[4] * self.params.ignition * self.tinder[near]
                        self.front[near] += rate * wind[way] * self.climb[way, cell]

    @murk.per_world
    def reward(self, before: "WildfireTerrain") -> float:
        """Charge for cells that catch fire."""
        return 0.0 - 100.0 * num_caught(before.state, self.state) / self.growth[0]

    @murk.per_world
    def terminated(self) -> bool:
        """End when nothing burns."""
        return not any_burns(self.state)
