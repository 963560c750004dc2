"""LayeredHex: walk over hexagons and from floor to floor up to a beacon."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Diffusion,
    Field,
    Hex2D,
    Line1D,
    Marker,
    Mask,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    Product,
    World,
    per_world,
    vector_form,
)
from murk_env.errors import ParameterError
from murk_env.random import integers
from murk_envs._ranges import LARGE, check_ranges

__all__ = ["LayeredHex", "LayeredHexVector"]

STRENGTH = 10.0  # of the beacon, held at its cell
WARM_UP = 61  # ticks from a cold field to the one an episode begins with
RANGES = {  # of parameters
    "size": (2, 2**10),
    "floors": (2, 2**10),
    "diffusion": (0.0, 1.0 / 8.0),
    "decay": (0.0, 1.0),
    "step_cost": (0.0, LARGE),
}


class LayeredHex(MurkEnv):
    """Walk over floors of hexagons, one above the other, to the beacon in the far corner of the top floor.

    Observation: float32 (2 * size * size * floors,): beacon of every cell, then a one-hot of the agent's
        cell; layout="image" gives (2, size, size, floors) by row, column and floor, layout="dict" each
        part under its name.
    Action: Discrete(9): 0 stay, 1 east, 2 northeast, 3 northwest, 4 west, 5 southwest, 6 southeast,
        7 down, 8 up; against the border, stay.
    Reward: 0.1 * beacon at the agent's cell after the tick - step_cost, and 100 more at the beacon.
    Ends: terminated at the beacon; truncated after 200 steps (as registered).
    Start: the agent on any cell of floor 0, uniformly; the beacon's light as it is 61 ticks after a cold
        start.
    Source: the layered_hex example of murk 0.2.0; optimal mean return 98.427 at the default parameters,
        by shortest paths of 7 steps on average.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of LayeredHex.

        Attributes:
            size: rows and columns of each floor, at least 2.
            floors: number of floors, at least 2.
            diffusion: share of the difference to each neighbour that flows in a tick; 8 of them and the
                decay are at most 1.
            decay: share of the light that is lost in a tick, at least 0 and below 1.
            step_cost: reward that every step costs, at least 0. At 1 or more it never pays to wait near the
                beacon, for no light exceeds 10; at less it may, as with 2 floors or with little decay.
            layout: layout of the observation: `flat`, `image` or `dict`.
        """

        size: int = 6
        floors: int = 3
        diffusion: float = 0.06
        decay: float = 0.01
        step_cost: float = 0.5
        layout: Literal["flat", "image", "dict"] = "flat"

        def __post_init__(self) -> None:
            check_ranges("LayeredHex", self, RANGES)
            if self.decay == 1.0 or 8.0 * (self.diffusion / (1.0 - self.decay)) > 1.0:
                raise ParameterError(
                    f"LayeredHex's decay is below 1, and together with 8 times its diffusion at most 1, "
                    f"not decay={self.decay} with diffusion={self.diffusion}."
                )

        @property
        def goal(self) -> int:
            """Cell of the beacon: the last row and column of the top floor."""
            return self.size * self.size * self.floors - 1

    beacon = Field(low=0.0, high=STRENGTH)  # (num_worlds, num_cells)
    agent = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    first_beacon = Field(mutability="static")  # (num_cells,) when an episode begins

    max_episode_steps: ClassVar = 200
    small: ClassVar = {"size": 2, "floors": 2, "max_episode_steps": 7}

    def build(self, params: Params) -> Blueprint:
        """Return the floors, the law of the light and what the agent sees."""
        floors = Product(Hex2D(params.size, params.size), Line1D(params.floors))
        # (1 - decay) u + diffusion (sum over neighbours - degree u), in the terms of Diffusion
        shining = Diffusion(
            self.beacon,
            coefficient=params.diffusion / (1.0 - params.decay),
            decay=-math.log1p(-params.decay),
            sources={params.goal: STRENGTH},
            clamp=(0.0, STRENGTH),
        )

        def warm_up() -> Any:
            world = World(floors, {"beacon": self.beacon}, [shining])
            world.run(WARM_UP)
            return world[self.beacon][0]

        return Blueprint(
            lattice=floors,
            propagators=[shining],
            observation=Observation(Observe(self.beacon), Mask(self.agent), layout=params.layout),
            action_space=Discrete(9),
            static={self.first_beacon: warm_up},
            picture=Picture(
                self.beacon,
                markers=(Marker([params.goal], "goal", label="beacon"), Marker(self.agent, "agent")),
            ),
        )

    @per_world(beacon, agent, first_beacon)
    def start(beacon: Any, agent: Any, first_beacon: Any, size: int, floors: int, rng: Any) -> None:
        """Put the agent anywhere on the lowest floor."""
        for place in range(len(beacon)):
            beacon[place] = first_beacon[place]
        agent[0] = integers(rng, 0, size * size) * floors

    @per_world(agent)
    def act(agent: Any, action: int, moves: Any) -> None:
        """Hop, climb or descend; 0 stays."""
        agent[0] = moves[agent[0], action - 1]

    @per_world(beacon, agent)
    def reward(beacon: Any, agent: Any, goal: int, step_cost: float) -> float:
        """Pay for light, charge for time, and pay for the beacon."""
        return 0.1 * beacon[agent[0]] - step_cost + (100.0 if agent[0] == goal else 0.0)

    @per_world(agent)
    def terminated(agent: Any, goal: int) -> bool:
        """End at the beacon."""
        return agent[0] == goal


LayeredHexVector = vector_form(LayeredHex)
