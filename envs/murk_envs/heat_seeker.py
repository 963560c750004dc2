"""HeatSeeker: climb a diffusing heat field to its source."""

from typing import Annotated, Literal

from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.random import integers
from murk_envs._fields import LARGE, settled

__all__ = ["HeatSeeker"]

SOURCE_HEAT = 10.0  # K, held at the source cell
WARM_UP = 51  # ticks from a cold field to the start of an episode


@murk.register("murk/HeatSeeker-v0", max_episode_steps=200)
class HeatSeeker(MurkEnv):
    """Walk over a square grid to the cell that heats it.

    Observation: float32 (2 * size * size,): heat of every cell, then a one-hot of the agent's cell;
        layout="image" gives (2, size, size), layout="dict" `heat` and `agent`, each (1, size, size).
    Action: Discrete(5): 0 stay, 1 north, 2 south, 3 west, 4 east; a move off the grid has no effect.
    Reward: 0.1 * heat at the agent's cell after the tick - 1, plus 100 at the source.
    Ends: terminated at the source; truncated after 200 steps (as registered).
    Start: the agent on any cell but the source, uniformly; the heat field 51 ticks after a cold start.
    Source: the heat_seeker example of murk 0.2.0; optimal mean return 89.265 at the default size.
    """

    class Params(murk.Params):
        size: Annotated[int, Range(2, 2**15), "rows and columns of the grid"] = 16
        diffusion: Annotated[float, Range(0.0, 0.25), "share of a difference that flows per tick"] = 0.1
        decay: Annotated[float, Range(0.0, LARGE), "rate of heat loss, per tick"] = 0.005
        layout: Annotated[Literal["flat", "image", "dict"], "layout of the observation"] = "flat"

        @property
        def source(self) -> int:
            """Cell of the source: one in from the last row and column."""
            return (self.size - 2) * self.size + self.size - 2

    settled = Field(mutability="static", unit="K")  # (num_cells,) heat when an episode begins
    heat = Field(unit="K", low=0.0, high=SOURCE_HEAT, initial=settled)  # (num_worlds, num_cells)
    agent = Field(over="world", indexes="cells")  # (num_worlds,) cell

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the grid, its heat equation and the observation."""
        grid = murk.Square4(params.size, params.size)

        def heating(field: Field) -> murk.Diffusion:
            return murk.Diffusion(
                field,
                coefficient=params.diffusion,
                decay=params.decay,
                sources={params.source: SOURCE_HEAT},
                clamp=(0.0, SOURCE_HEAT),
            )

        return Blueprint(
            lattice=grid,
            propagators=[heating(cls.heat)],
            observation=Observation(Observe(cls.heat), murk.Mask(cls.agent), layout=params.layout),
            action_space=Discrete(5),
            static={cls.settled: lambda: settled(grid, heating, WARM_UP)},
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the heat with its source and the agent."""
        source = Marker([params.source], "goal", label="source")
        return Picture(cls.heat, markers=[source, Marker(cls.agent, "agent")])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Put the agent on any cell but the source."""
        cell = integers(rng, 0, len(self.heat) - 1)
        self.agent[0] = cell if cell < self.params.source else cell + 1

    @murk.per_world
    def act(self, action: int) -> None:
        """Hop; 0 stays."""
        self.agent[0] = self.moves[self.agent[0], action - 1]

    @murk.per_world
    def reward(self) -> float:
        """Pay for warmth, charge for time, and pay for the source."""
        cell = self.agent[0]
        return 0.1 * self.heat[cell] - 1.0 + (100.0 if cell == self.params.source else 0.0)

    @murk.per_world
    def terminated(self) -> bool:
        """End at the source."""
        return self.agent[0] == self.params.source
