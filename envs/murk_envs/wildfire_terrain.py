"""WildfireTerrain: crews dig fire breaks on hills, ahead of a fire that climbs them."""

import math
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import (
    Blueprint,
    Draws,
    Field,
    Levels,
    Marker,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    Range,
    Raster,
)
from murk_env.mathematics import cos, exp, sin
from murk_env.random import integers, uniform
from murk_envs import tiles

__all__ = ["FACTORS", "WildfireTerrain"]

FOREST, BURNING, BARE = murk.Fire.UNBURNT, murk.Fire.BURNING, murk.Fire.BURNT
DIG = 9  # the action after those that stay or hop
BREAK = 0.1  # of a cell's rate of catching fire that is left once it is dug: WildTorch's fire break
FACTORS = (0.0, 0.42, 1.0, 1.4, 1.82)  # bare, fields, shrub, pine, dense pine: (1 + p_veg)(1 + p_den)
LOADS = (0.0, 0.4, 0.7, 1.0, 1.0)  # fuel of each, at most 1
SLOPE = 0.078  # per degree uphill
GALE = 20.0  # m/s, the strongest wind there is
WIDEST = 2**15  # cells along a side
SMALLEST = 4  # cells along a side of a tile: smaller corners of some have nothing to burn
RINGS, SECTORS = (1, 2, 3, 5, 9), 8  # of what one of the crew sees: where rings begin, in hops
WAYS_X = (0.0, 0.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0)  # of Square8's directions, y to the south
WAYS_Y = (-1.0, 1.0, 0.0, 0.0, -1.0, -1.0, 1.0, 1.0)


@murk.register("murk/WildfireTerrain-v0", max_episode_steps=200, agents="team")
class WildfireTerrain(MurkEnv):
    """Keep a fire on hills, driven by wind and slopes, from spreading, by digging fire breaks.

    Observation: float32 (6 * num_cells + 2 * crew + 2,): six maps of all cells, each from 0 to 1: unburnt, on
        fire, bare or burnt, how easily cells burn, height (0 at the lowest cell of all levels, 1 at the
        highest), crew; the column of each crew member, then the row of each, scaled to 0 to 1; the wind's x
        and y in units of 20 m/s. Per agent, float32 (168,): four maps summed by ring and sector around it
        (five rings of eight sectors, east first): on fire, at what rate cells catch fire, how easily they
        burn, crew; the same four of its own cell; its own column and row; and the wind.
    Action: Discrete(10) per crew member, centralised MultiDiscrete([10] * crew): 0 stay; 1 to 8 hop in the
        directions of Square8, where a hop into flames or the border stays; 9 dig in the cell and its
        neighbours, which then catch fire at a tenth of the rate, for good.
    Reward: minus the percentage of the burnable cells that catches fire in this step, shared by the crew.
    Ends: terminated when nothing burns; truncated after 200 steps (as registered).
    Start: a level of the split, uniformly; one burnable cell of it, uniformly, burns; each crew member in any
        cell, uniformly; wind speed uniform from 0 to `wind`, wind direction uniform.
    Source: the fire of Alexandridis et al. (2008) with its factors for wind, slope and vegetation, as the
        propagator Fire has it; fire breaks after WildTorch; crew and tiles are our own.
    """

    class Params(murk.Params):
        split: Annotated[Literal["train", "test", "all"], "levels that episodes draw from"] = "train"
        size: Annotated[int, Range(SMALLEST, tiles.SIDE), "cells along a side, the corner of each tile"] = (
            tiles.SIDE
        )
        elevation: Annotated[str, "a file of heights in m, .npy or GeoTIFF, instead of the tiles"] = ""
        kinds: Annotated[str, "a file of kinds of fuel, 0 to 4, to go with it; shrub by default"] = ""
        gaps: Annotated[Literal["refuse", "bare"], "what cells of a file without data are"] = "refuse"
        cell: Annotated[float, Range(0.1, 1e5), "side of a cell in m, where a file does not say"] = tiles.CELL
        crew: Annotated[int, Range(1, 2**16), "number of crew members"] = 4
        burning: Annotated[float, Range(1.0, 1e6), "steps that the densest pine burns"] = 12.0
        ignition: Annotated[float, Range(0.0, 1e6), "rate of igniting shrub on flat land, per step"] = 0.08
        wind: Annotated[float, Range(0.0, GALE), "maximum wind speed, m/s"] = 8.0

    state = Field(categories=3)  # (num_worlds, num_cells) unburnt, burning, or bare
    elevation = Field(mutability="level", unit="m")  # (num_cells,) of each level
    kind = Field(mutability="level", categories=5)  # (num_cells,) of each level: what grows there
    load = Field(mutability="level", low=0.0, high=1.0)  # (num_cells,) of each level: fuel at the start
    growth = Field(mutability="level", over="world", dtype="int32")  # of each level: burnable cells
    fuel = Field(initial=load, low=0.0, high=1.0)  # (num_worlds, num_cells)
    cover = Field(initial=1.0, low=0.0, high=1.0)  # (num_worlds, num_cells) 1, or less where a break is dug
    crowd = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where any of the crew is
    flames = Field(low=0.0, high=1.0, derived=True)  # (num_worlds, num_cells) 1 where it burns
    tinder = Field(low=0.0, high=1.0, derived=True)  # (num_worlds, num_cells) how easily it burns
    front = Field(low=0.0, high=1.0, derived=True)  # (num_worlds, num_cells) rate of catching fire
    cells = Field(over="agents", indexes="cells")  # (num_worlds, num_agents)
    # (num_worlds, 2, num_agents) column and row
    place = Field(over="agents", components=2, low=0.0, high=WIDEST - 1)
    breeze = Field(over="world", components=2, low=-1.0, high=1.0)  # (num_worlds, 2) x and y, in GALEs
    speed = Field(over="world", low=0.0, high=GALE, unit="m/s")  # (num_worlds,)
    direction = Field(over="world", low=0.0, high=7.0)  # (num_worlds,) radians
    width = Field(mutability="static", over="world", dtype="int32")  # columns
    side = Field(mutability="static", over="world", unit="m")  # of a cell

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the hills, the propagator of their fire, and what the crew sees, together and apart."""
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
        rows, columns = heights.shape[1:]
        together, apart = observations(cls, heights)
        tested = tiles.TEST if len(heights) > 1 else ()
        return Blueprint(
            lattice=murk.Square8(rows, columns, spacing=spacing, unit="m"),
            propagators=[fire],
            observation=together,
            groups=[murk.Group("crew", params.crew, apart, Discrete(DIG + 1))],
            static={cls.width: columns, cls.side: np.mean(spacing)},
            levels=Levels(
                elevation=heights,
                kind=kinds,
                load=np.array(LOADS, np.float32)[kinds],
                growth=(kinds > 0).sum(axis=(1, 2)),
                test=tested,
                split=params.split if len(heights) > 1 else "all",
            ),
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the fire on the hills with the crew, and beside it what grows, and how high it lies."""
        crew = [Marker(cls.cells, "agent", label="crew")]
        colours = {"unburnt": "#6f9a5b", "fire": "#ffb02e", "bare": "#3a322e"}
        high = Picture(cls.elevation, palette="terrain", markers=[Marker(cls.flames, "square", label="fire")])
        tinder = Picture(cls.tinder, palette="YlGn", markers=crew)
        return Picture(cls.state, palette=colours, markers=crew, figures=[cls.breeze], beside=[tinder, high])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Let one cell burn, send the crew, and draw the wind."""
        chosen = integers(rng, 0, self.growth[0])
        for cell in range(len(self.state)):
            self.state[cell] = FOREST if self.kind[cell] > 0 else BARE
            if self.kind[cell] > 0:
                if chosen == 0:
                    self.state[cell] = BURNING
                chosen -= 1
        for agent in range(len(self.cells)):
            self.cells[agent] = integers(rng, 0, len(self.state))
        self.speed[0], self.direction[0] = self.params.wind * uniform(rng), 2.0 * math.pi * uniform(rng)
        self.breeze[0], self.breeze[1] = cos(self.direction[0]), sin(self.direction[0])
        self.breeze *= self.speed[0] / GALE
        show_crew(self)

    @murk.per_world
    def act(self, action: npt.NDArray[np.int64]) -> None:
        """Let each of the crew hop where nothing burns, or dig."""
        for agent in range(len(self.cells)):
            here = self.cells[agent]
            self.crowd[here] = 0.0
            if action[agent] == DIG:
                self.cover[here] = BREAK
                for cell in self.moves[here]:
                    self.cover[cell] = BREAK
            elif action[agent] > 0:
                there = self.moves[here, action[agent] - 1]
                if self.state[there] != BURNING:
                    self.cells[agent] = there
        show_crew(self)

    @murk.per_world
    def derive(self) -> None:
        """Map what burns, how easily the rest does, and how soon it catches fire."""
        for cell in range(len(self.state)):
            easy = self.cover[cell] * FACTORS[self.kind[cell]] / FACTORS[4]
            self.tinder[cell] = easy if self.state[cell] == FOREST else 0.0
            self.flames[cell] = 1.0 if self.state[cell] == BURNING else 0.0
        for cell in range(len(self.state)):
            if self.state[cell] == BURNING:
                for way in range(8):
                    near = self.neighbours[cell, way]
                    if near >= 0 and self.tinder[near] > 0.0:
                        rate = FACTORS[4] * self.params.ignition * self.tinder[near]
                        self.front[near] += rate * windward(self, way) * uphill(self, cell, near, way)

    @murk.per_world
    def reward(self, before: "WildfireTerrain") -> float:
        """Charge for what catches fire."""
        caught = 0
        for cell in range(len(self.state)):
            caught += (before.state[cell] == FOREST) & (self.state[cell] == BURNING)
        return 0.0 - 100.0 * caught / self.growth[0]

    @murk.per_world
    def terminated(self) -> bool:
        """End when nothing burns."""
        burning = False
        for cell in range(len(self.state)):
            burning |= self.state[cell] == BURNING
        return not burning


def observations(cls: type[WildfireTerrain], heights: npt.NDArray[Any]) -> tuple[Observation, Observation]:
    """Return what the crew sees together, and what each of it sees apart."""
    shown = [Observe(field) for field in (cls.flames, cls.front, cls.tinder, cls.crowd)]
    seen = [entry.rings(around=cls.cells, begin=RINGS, sectors=SECTORS) for entry in shown]
    seen += [entry.window(around=cls.cells, disk=0) for entry in shown]
    own = [Observe(cls.place).normalised(0.0, max(*heights.shape[1:], 2) - 1), Observe(cls.breeze)]
    low, high = float(heights.min()), float(heights.max())
    maps = [
        Observe(cls.state, one_hot=True),
        Observe(cls.tinder),
        Observe(cls.elevation).normalised(low, high if high > low else low + 1.0),
        Observe(cls.crowd),
    ]
    return Observation(*maps, *own), Observation(*seen, *own, over="agents")


def windward(world: WildfireTerrain, way: int) -> float:
    """Return how much sooner fire goes one way, with the wind, than without wind."""
    x, y = WAYS_X[way], WAYS_Y[way]
    along = GALE * (world.breeze[0] * x + world.breeze[1] * y) / math.sqrt(x * x + y * y)
    return exp(0.045 * world.speed[0] + 0.131 * (along - world.speed[0]))


def uphill(world: WildfireTerrain, here: int, there: int, way: int) -> float:
    """Return how much sooner fire climbs from a cell to its neighbour than on flat land, about."""
    far = world.side[0] * math.sqrt(abs(WAYS_X[way]) + abs(WAYS_Y[way]))
    steep = (world.elevation[there] - world.elevation[here]) / far
    return exp(SLOPE * 57.3 * steep / (1.0 + 0.28 * steep * steep))  # of the arc tangent, within 0.3 degrees


def show_crew(world: WildfireTerrain) -> None:
    """Write where everyone is."""
    for agent in range(len(world.cells)):
        cell = world.cells[agent]
        world.crowd[cell] = 1.0
        world.place[0, agent], world.place[1, agent] = cell % world.width[0], cell // world.width[0]


def land(params: WildfireTerrain.Params) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Any]:
    """Return heights and kinds of fuel, each (num_levels, rows, columns), and the sides of a cell in m."""
    if not params.elevation:
        heights, kinds = tiles.tiles()
        return heights[:, : params.size, : params.size], kinds[:, : params.size, : params.size], tiles.CELL
    fill = 0 if params.gaps == "bare" else None
    raster = Raster.read(params.elevation, fill=fill)
    kinds = np.full(raster.shape, tiles.SHRUB)
    if params.kinds:
        kinds = np.asarray(Raster.read(params.kinds, fill=fill)).astype(np.int64)
    params.require(
        kinds.shape == raster.shape,
        f"kinds is a map like elevation, of shape {raster.shape}, not of {kinds.shape}.",
    )
    kinds = np.where(raster.gaps, tiles.BARE, kinds)
    params.require(
        kinds.min() >= 0 and kinds.max() < len(FACTORS) and kinds.any(),
        f"kinds of fuel are 0 (bare) to {len(FACTORS) - 1}, and not all bare, not {kinds.min()} to "
        f"{kinds.max()}.",
    )
    heights = np.where(raster.gaps, raster.values[~raster.gaps].min(), raster.values)
    return heights[np.newaxis], kinds[np.newaxis], raster.spacing or params.cell
