"""LayeredHex: walk over hexagons and from floor to floor up to a beacon."""

from typing import Annotated, Literal

from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.mathematics import log1p
from murk_env.random import integers
from murk_envs._fields import LARGE, settled

__all__ = ["LayeredHex"]

STRENGTH = 10.0  # of the beacon, held at its cell
WARM_UP = 61  # ticks from a cold field to the start of an episode


@murk.register("murk/LayeredHex-v0", max_episode_steps=200)
class LayeredHex(MurkEnv):
    """Walk over floors of hexagons, one above the other, to the beacon in the far corner of the top floor.

    Observation: float32 (2 * size * size * floors,): the light in every cell, then a one-hot of the agent's
        cell; layout="image" gives (2, size, size, floors) by row, column and floor, layout="dict" `beacon`
        and `agent`, each (1, size, size, floors).
    Action: Discrete(9): 0 stay, 1 east, 2 northeast, 3 northwest, 4 west, 5 southwest, 6 southeast,
        7 down, 8 up; a move across the border has no effect.
    Reward: 0.1 * light at the agent's cell after the tick - step_cost, plus 100 at the beacon.
    Ends: terminated at the beacon; truncated after 200 steps (as registered).
    Start: the agent on any cell of floor 0, uniformly; the light field 61 ticks after a cold start.
    Source: the layered_hex example of murk 0.2.0; optimal mean return 98.427 at the default parameters,
        on shortest paths of 7 steps on average.
    """

    class Params(murk.Params):
        size: Annotated[int, Range(2, 2**10), "rows and columns of each floor"] = 6
        floors: Annotated[int, Range(2, 2**10), "number of floors"] = 3
        diffusion: Annotated[float, Range(0.0, 1.0 / 8.0), "share of a difference that flows per tick"] = 0.06
        decay: Annotated[float, Range(0.0, 1.0), "share of the light lost per tick, below 1"] = 0.01
        step_cost: Annotated[float, Range(0.0, LARGE), "cost of a step; below 1, waiting may pay"] = 0.5
        layout: Annotated[Literal["flat", "image", "dict"], "layout of the observation"] = "flat"

        def check(self) -> None:
            """Keep the light stable."""
            self.require(
                self.decay < 1.0 and 8.0 * (self.diffusion / (1.0 - self.decay)) <= 1.0,
                f"decay must be below 1, and together with 8 times the diffusion at most 1, not "
                f"decay={self.decay} with diffusion={self.diffusion}.",
            )

        @property
        def goal(self) -> int:
            """Cell of the beacon: the last row and column of the top floor."""
            return self.size * self.size * self.floors - 1

    first_beacon = Field(mutability="static")  # (num_cells,) light when an episode begins
    beacon = Field(low=0.0, high=STRENGTH, initial=first_beacon)  # (num_worlds, num_cells) light
    agent = Field(over="world", indexes="cells")  # (num_worlds,) cell

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the floors, the propagator of the light and the observation."""
        floors = murk.Product(murk.Hex2D(params.size, params.size), murk.Line1D(params.floors))

        def shining(field: Field) -> murk.Diffusion:
            # (1 - decay) u + diffusion (sum over neighbours - degree u), in the terms of Diffusion
            return murk.Diffusion(
                field,
                coefficient=params.diffusion / (1.0 - params.decay),
                decay=-log1p(-params.decay),
                sources={params.goal: STRENGTH},
                clamp=(0.0, STRENGTH),
            )

        return Blueprint(
            lattice=floors,
            propagators=[shining(cls.beacon)],
            observation=Observation(Observe(cls.beacon), murk.Mask(cls.agent), layout=params.layout),
            action_space=Discrete(9),
            static={cls.first_beacon: lambda: settled(floors, shining, WARM_UP)},
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the light with the beacon and the agent."""
        goal = Marker([params.goal], "goal", label="beacon")
        return Picture(cls.beacon, markers=(goal, Marker(cls.agent, "agent")))

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Put the agent anywhere on the lowest floor."""
        self.agent[0] = integers(rng, 0, self.params.size**2) * self.params.floors

    @murk.per_world
    def act(self, action: int) -> None:
        """Hop, climb or descend; 0 stays."""
        self.agent[0] = self.moves[self.agent[0], action - 1]

    @murk.per_world
    def reward(self) -> float:
        """Pay for light, charge for time, and pay for the beacon."""
        cell = self.agent[0]
        arrived = 100.0 if cell == self.params.goal else 0.0
        return 0.1 * self.beacon[cell] - self.params.step_cost + arrived

    @murk.per_world
    def terminated(self) -> bool:
        """End at the beacon."""
        return self.agent[0] == self.params.goal
