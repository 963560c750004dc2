"""Wildfire: a crew wets a forest ahead of a fire that the wind drives."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Field,
    Fire,
    Group,
    Hex2D,
    Marker,
    MurkEnv,
    Observation,
    Observe,
    Parameter,
    Picture,
    Window,
    aec_form,
    parallel_form,
    per_world,
    vector_form,
)
from murk_env.errors import ParameterError
from murk_env.random import integers, uniform
from murk_envs._ranges import check_ranges

__all__ = ["Wildfire", "WildfireVector", "env", "parallel_env"]

FOREST, BURNING, BARE = Fire.UNBURNT, Fire.BURNING, Fire.BURNT
WET = 7  # the action after those that stay or hop
LIGHT = 0.5  # fuel of the lightest forest; the heaviest has 1
GALE = 20.0  # m/s, the strongest wind there is
WIDEST = 2**15  # cells along a side
RANGES = {  # of parameters
    "size": (2, WIDEST),
    "crew": (1, 2**16),
    "sparks": (1, 2**16),
    "forest": (0.0, 1.0),
    "ignition": (0.0, 1e6),
    "burning": (1.0, 1e6),
    "wind": (0.0, GALE),
    "drying": (0.0, 1.0),
    "view": (1, 2**10),
}


class Wildfire(MurkEnv):
    """Save a forest on hexagons, all together, from a fire that cannot be put out, only kept from spreading.

    Observation: float32 (6 * size**2 + 2 * crew + 2,): of all cells, whether they are forest, on fire, bare;
        their fuel, from 0 to 1; how dry they are; where the crew is; then the q of each of the crew, and the
        r, from 0 to 1; the wind's x and y in 20 m/s. For each of the crew apart, the same of the cells within
        `view` hops, its own q and r, and the wind.
    Action: Discrete(8) for each of the crew, together MultiDiscrete([8] * crew): 0 stay, 1 to 6 hop in the
        directions of Hex2D, against flames and the border stay; 7 wet the cell and its neighbours.
    Reward: minus the per cent of the forest that catches fire in this step, for all alike.
    Ends: terminated when nothing burns; truncated after 200 steps (as registered).
    Start: forest in cells drawn uniformly, each with a uniform amount of fuel from 0.5 to 1; `sparks` of
        them, drawn uniformly, burn; the crew in any cells, uniformly; wind of a speed from 0 to `wind`, from
        anywhere.
    Source: the fire of Alexandridis et al. (2008), as the law has it; the crew is our own.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of Wildfire.

        Attributes:
            size: cells along a side, at least 2.
            crew: how many they are, at least 1.
            sparks: cells that burn at the start, at least 1, fewer than those with forest.
            forest: share of the cells with forest, 0 to 1, rounded to a number of cells.
            burning: steps that the heaviest forest burns, at least 1; the lightest burns half as long.
            ignition: rate at which a burning cell sets a dry neighbour on fire without wind, per step.
            wind: speed of the strongest wind, 0 to 20 m/s.
            drying: what a wet cell dries in a step; a wet cell has 0 and a dry one 1.
            view: hops that one of the crew sees, at least 1.
        """

        size: int = 16
        crew: int = 4
        sparks: int = 1
        forest: float = 0.9
        burning: float = 12.0
        ignition: float = 0.15
        wind: float = 8.0
        drying: float = 0.02
        view: int = 4

        def __post_init__(self) -> None:
            check_ranges("Wildfire", self, RANGES)
            if self.sparks >= self.num_trees:
                raise ParameterError(
                    f"Wildfire needs forest besides the sparks, but forest={self.forest} makes "
                    f"{self.num_trees} cells of it with sparks={self.sparks}."
                )

        @property
        def num_trees(self) -> int:
            """Cells with forest."""
            return round(self.forest * self.size**2)

    state = Field(categories=3)  # (num_worlds, num_cells) forest, burning, or bare
    fuel = Field(low=0.0, high=1.0, mutability="sparse")  # (num_worlds, num_cells)
    dryness = Field(initial=1.0, low=0.0, high=1.0)  # (num_worlds, num_cells)
    crowd = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where any of the crew is
    cells = Field(over="agents", dtype=np.int32, low=0, high=WIDEST**2 - 1)  # (num_worlds, num_agents)
    # (num_worlds, 2, num_agents) q and r
    place = Field(over="agents", components=2, low=0.0, high=WIDEST - 1)
    breeze = Field(over="world", components=2, low=-1.0, high=1.0)  # (num_worlds, 2) x and y, of a gale
    speed = Parameter(0.0, low=0.0, high=GALE, unit="m/s")  # (num_worlds,)
    direction = Parameter(0.0, low=0.0, high=7.0)  # (num_worlds,) radians

    max_episode_steps: ClassVar = 200
    small: ClassVar = {"size": 3, "crew": 2, "forest": 0.7, "burning": 4.0, "ignition": 0.4, "view": 1}

    def build(self, params: Params) -> Blueprint:
        """Return the forest, the law of its fire, and what the crew see, together and apart."""
        burning = Fire(
            self.state,
            self.fuel,
            ignition=params.ignition,
            consumption=1.0 / params.burning,
            wind_speed=self.speed,
            wind_direction=self.direction,
            flammability=self.dryness,
        )
        around: dict[str, Any] = {"around": self.cells, "disk": params.view}
        own = Observe(self.place).normalised(0.0, params.size - 1)
        apart = Observation(
            Window(self.state, one_hot=True, **around),
            Window(self.fuel, **around),
            Window(self.dryness, **around),
            Window(self.crowd, **around),
            own,
            Observe(self.breeze),
            over="agents",
        )
        together = Observation(
            Observe(self.state, one_hot=True),
            Observe(self.fuel),
            Observe(self.dryness),
            Observe(self.crowd),
            own,
            Observe(self.breeze),
        )
        crew = [Marker(self.cells, "agent", label="crew")]
        return Blueprint(
            lattice=Hex2D(params.size, params.size),
            propagators=[burning],
            observation=together,
            groups=[Group("crew", params.crew, apart, Discrete(WET + 1))],
            picture=Picture(
                self.state,
                palette={"forest": "#4f8a4c", "fire": "#ffb02e", "bare": "#2f2826"},
                markers=crew,
                figures=[self.breeze],
                beside=[Picture(self.dryness, palette="YlGnBu_r", markers=crew)],
            ),
        )

    @per_world(state, fuel, crowd, cells, place, breeze, speed, direction)
    def start(
        state: Any,
        fuel: Any,
        crowd: Any,
        cells: Any,
        place: Any,
        breeze: Any,
        speed: Any,
        direction: Any,
        num_trees: int,
        sparks: int,
        wind: float,
        size: int,
        rng: Any,
    ) -> None:
        """Grow a forest, every one as likely as any other, set it on fire, and send the crew."""
        trees, flames = num_trees, sparks  # still to come
        for cell in range(len(fuel)):
            if integers(rng, 0, len(fuel) - cell) < trees:
                fuel[cell] = LIGHT + (1.0 - LIGHT) * uniform(rng)
                if integers(rng, 0, trees) < flames:
                    state[cell] = BURNING
                    flames -= 1
                trees -= 1
            else:
                state[cell] = BARE
        for agent in range(len(cells)):
            cells[agent] = integers(rng, 0, len(fuel))
        speed[0], direction[0] = wind * uniform(rng), 2.0 * math.pi * uniform(rng)
        breeze[0], breeze[1] = math.cos(direction[0]), math.sin(direction[0])
        breeze *= speed[0] / GALE
        mark(cells, place, crowd, size)

    @per_world(state, dryness, crowd, cells, place)
    def act(
        state: Any,
        dryness: Any,
        crowd: Any,
        cells: Any,
        place: Any,
        action: Any,
        moves: Any,
        size: int,
        drying: float,
    ) -> None:
        """Hop where nothing burns, or wet what is around; what was wet dries."""
        for cell in range(len(dryness)):
            dryness[cell] = min(dryness[cell] + drying, 1.0)
        for agent in range(len(cells)):
            crowd[cells[agent]] = 0.0
            if action[agent] == WET:
                for cell in moves[cells[agent]]:
                    dryness[cell] = 0.0
            else:
                there = moves[cells[agent], action[agent] - 1]
                if state[there] != BURNING:
                    cells[agent] = there
        mark(cells, place, crowd, size)

    @per_world(state, before=[state])
    def reward(after: Any, before: Any, num_trees: int) -> float:
        """Charge for what catches fire."""
        caught = 0
        for cell in range(len(after)):
            caught += before[cell] == FOREST and after[cell] == BURNING
        return 0.0 - 100.0 * caught / num_trees

    @per_world(state)
    def terminated(state: Any) -> bool:
        """End when nothing burns."""
        burning = False
        for cell in range(len(state)):
            burning |= state[cell] == BURNING
        return not burning


def mark(cells: Any, place: Any, crowd: Any, size: int) -> None:
    """Show where everyone is."""
    for agent in range(len(cells)):
        crowd[cells[agent]] = 1.0
        place[0, agent], place[1, agent] = cells[agent] % size, cells[agent] // size


WildfireVector = vector_form(Wildfire)
parallel_env, env = parallel_form(Wildfire), aec_form(Wildfire)
