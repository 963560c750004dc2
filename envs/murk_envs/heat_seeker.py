"""HeatSeeker: climb a diffusing heat field to its source."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Diffusion,
    Field,
    Marker,
    Mask,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    Square4,
    World,
    per_world,
    vector_form,
)
from murk_env.random import integers
from murk_envs._ranges import LARGE, check_ranges

__all__ = ["HeatSeeker", "HeatSeekerVector"]

SOURCE_HEAT = 10.0  # K, held at the source cell
WARM_UP = 51  # ticks from a cold field to the one an episode begins with
RANGES = {"size": (2, 2**15), "diffusion": (0.0, 0.25), "decay": (0.0, LARGE)}  # of parameters


class HeatSeeker(MurkEnv):
    """Walk over a square grid to the cell that heats it.

    Observation: float32 (2 * size * size,): heat of every cell, then a one-hot of the agent's cell;
        layout="image" gives (2, size, size), layout="dict" both under their names.
    Action: Discrete(5): 0 stay, 1 north, 2 south, 3 west, 4 east; against the edge, stay.
    Reward: 0.1 * heat at the agent's cell after the tick - 1, and 100 more at the source.
    Ends: terminated at the source; truncated after 200 steps (as registered).
    Start: the agent on any other cell, uniformly; the heat as it is 51 ticks after a cold start.
    Source: the heat_seeker example of murk 0.2.0; optimal mean return 89.265 at the default size.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of HeatSeeker.

        Attributes:
            size: rows and columns of the grid, at least 2.
            diffusion: share of the difference to each neighbour that flows in a tick, at most 0.25.
            decay: rate at which heat is lost, at least 0, per tick.
            layout: layout of the observation: `flat`, `image` or `dict`.
        """

        size: int = 16
        diffusion: float = 0.1
        decay: float = 0.005
        layout: Literal["flat", "image", "dict"] = "flat"

        def __post_init__(self) -> None:
            check_ranges("HeatSeeker", self, RANGES)

        @property
        def source(self) -> int:
            """Cell of the source: one step in from the last row and column."""
            return (self.size - 2) * self.size + self.size - 2

    heat = Field(unit="K", low=0.0, high=SOURCE_HEAT)  # (num_worlds, num_cells)
    agent = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    settled = Field(mutability="static", unit="K")  # (num_cells,) heat when an episode begins

    max_episode_steps: ClassVar = 200
    small: ClassVar = {"size": 3, "max_episode_steps": 7}

    def build(self, params: Params) -> Blueprint:
        """Return the grid, its heat equation and what the agent sees."""
        grid = Square4(params.size, params.size)
        heating = Diffusion(
            self.heat,
            coefficient=params.diffusion,
            decay=params.decay,
            sources={params.source: SOURCE_HEAT},
            clamp=(0.0, SOURCE_HEAT),
        )

        def settle() -> Any:
            world = World(grid, {"heat": self.heat}, [heating])
            world.run(WARM_UP)
            return world[self.heat][0]

        return Blueprint(
            lattice=grid,
            propagators=[heating],
            observation=Observation(Observe(self.heat), Mask(self.agent), layout=params.layout),
            action_space=Discrete(5),
            static={self.settled: settle},
            picture=Picture(
                self.heat,
                markers=[
                    Marker([params.source], "goal", label="source"),
                    Marker(self.agent, "agent"),
                ],
            ),
        )

    @per_world(heat, agent, settled)
    def start(heat: Any, agent: Any, settled: Any, source: int, rng: Any) -> None:
        """Put the agent on any cell but the source."""
        for place in range(len(heat)):  # heat[:] = settled would take numba two seconds more
            heat[place] = settled[place]
        cell = integers(rng, 0, len(heat) - 1)
        agent[0] = cell if cell < source else cell + 1

    @per_world(agent)
    def act(agent: Any, action: int, moves: Any) -> None:
        """Hop; 0 stays."""
        agent[0] = moves[agent[0], action - 1]

    @per_world(heat, agent)
    def reward(heat: Any, agent: Any, source: int) -> float:
        """Pay for warmth, charge for time, and pay for the source."""
        return 0.1 * heat[agent[0]] - 1.0 + (100.0 if agent[0] == source else 0.0)

    @per_world(agent)
    def terminated(agent: Any, source: int) -> bool:
        """End at the source."""
        return agent[0] == source


HeatSeekerVector = vector_form(HeatSeeker)
