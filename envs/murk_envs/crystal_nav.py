"""CrystalNav: fly through a crystal to its beacon, past a source of radiation."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Diffusion,
    Fcc12,
    Field,
    Marker,
    Mask,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    World,
    per_world,
    vector_form,
)
from murk_env.random import integers
from murk_envs._ranges import LARGE, check_ranges

__all__ = ["CrystalNav", "CrystalNavVector"]

STRENGTH = 10.0  # of both fields, held at their sources
WARM_UP = 81  # ticks from cold fields to those an episode begins with
RANGES = {  # of parameters
    "size": (3, 2**10),
    **dict.fromkeys(("beacon_diffusion", "radiation_diffusion"), (0.0, 1.0 / 12.0)),
    **dict.fromkeys(("beacon_decay", "radiation_decay", "step_cost"), (0.0, LARGE)),
}


class CrystalNav(MurkEnv):
    """Fly from sphere to sphere of a close-packed crystal, twelve ways from each, to the one that shines.

    Observation: float32 (3 * num_cells,), num_cells = size**3 / 2 rounded up: beacon of every cell, radiation
        of every cell, then a one-hot of the agent's cell; layout="image" gives (3, num_cells), layout="dict"
        each as (1, num_cells) under its name.
    Action: Discrete(13): 0 stay, 1 to 12 hop in the directions of Fcc12; against the border, stay.
    Reward: 0.1 * (beacon - radiation) at the agent's cell after the tick - step_cost, and 100 more at the
        beacon. With the default step_cost of 1 nothing but arriving pays, as no field exceeds 10.
    Ends: terminated at the beacon; truncated after 300 steps (as registered).
    Start: the agent on any other cell, uniformly; the fields as they are 81 ticks after a cold start.
    Source: the crystal_nav example of murk 0.2.0, where waiting beside the beacon paid (step_cost=0.5);
        optimal mean return 96.938 at the default parameters, by shortest paths.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of CrystalNav.

        Attributes:
            size: points of the crystal along x, y and z, of which every second holds a cell; at least 3.
            beacon_diffusion: share of the difference to each neighbour that flows in a tick, at most 1/12.
            beacon_decay: rate at which the beacon's light is lost, at least 0, per tick.
            radiation_diffusion: the same share for radiation.
            radiation_decay: the same rate for radiation.
            step_cost: reward that every step costs, at least 0. At 1 or more it never pays to wait near the
                beacon, for no light exceeds 10; at less it may.
            layout: layout of the observation: `flat`, `image` or `dict`.
        """

        size: int = 8
        beacon_diffusion: float = 0.06
        beacon_decay: float = 0.01
        radiation_diffusion: float = 0.04
        radiation_decay: float = 0.03
        step_cost: float = 1.0
        layout: Literal["flat", "image", "dict"] = "flat"

        def __post_init__(self) -> None:
            check_ranges("CrystalNav", self, RANGES)

        @property
        def lattice(self) -> Fcc12:
            """The crystal."""
            return Fcc12(self.size, self.size, self.size)

        @property
        def goal(self) -> int:
            """Cell of the beacon: one point in from the last corner, two along z where that is no cell."""
            return self._near(self.size - 2)

        @property
        def hazard(self) -> int:
            """Cell of the radiation's source: a quarter in from the first corner."""
            return self._near(self.size // 4)

        def _near(self, place: int) -> int:
            return int(self.lattice.rank([place, place, place // 2 * 2]))  # the sum is even in every cell

    beacon = Field(low=0.0, high=STRENGTH)  # (num_worlds, num_cells)
    radiation = Field(low=0.0, high=STRENGTH)  # (num_worlds, num_cells)
    agent = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    first_beacon = Field(mutability="static")  # (num_cells,) when an episode begins
    first_radiation = Field(mutability="static")  # (num_cells,) when an episode begins

    max_episode_steps: ClassVar = 300
    small: ClassVar = {"size": 3, "max_episode_steps": 7}

    def build(self, params: Params) -> Blueprint:
        """Return the crystal, the laws of its two fields and what the agent sees."""
        crystal = params.lattice
        shining = _spread(self.beacon, params.goal, params.beacon_diffusion, params.beacon_decay)
        radiating = _spread(self.radiation, params.hazard, params.radiation_diffusion, params.radiation_decay)
        seen = Observe(self.beacon), Observe(self.radiation), Mask(self.agent)
        goal, agent = Marker([params.goal], "goal", label="beacon"), Marker(self.agent, "agent")
        hazard = Marker([params.hazard], "cross", label="source")
        return Blueprint(
            lattice=crystal,
            propagators=[shining, radiating],
            observation=Observation(*seen, layout=params.layout),
            action_space=Discrete(13),
            static={
                self.first_beacon: lambda: _warmed_up(crystal, shining),
                self.first_radiation: lambda: _warmed_up(crystal, radiating),
            },
            picture=Picture(
                self.beacon,
                markers=[goal, agent],
                beside=[Picture(self.radiation, high=3.0, palette="inferno", markers=[hazard, agent])],
            ),
        )

    @per_world(beacon, radiation, agent, first_beacon, first_radiation)
    def start(
        beacon: Any, radiation: Any, agent: Any, first_beacon: Any, first_radiation: Any, goal: int, rng: Any
    ) -> None:
        """Put the agent on any cell but the beacon."""
        for place in range(len(beacon)):
            beacon[place] = first_beacon[place]
            radiation[place] = first_radiation[place]
        cell = integers(rng, 0, len(beacon) - 1)
        agent[0] = cell if cell < goal else cell + 1

    @per_world(agent)
    def act(agent: Any, action: int, moves: Any) -> None:
        """Hop; 0 stays."""
        agent[0] = moves[agent[0], action - 1]

    @per_world(beacon, radiation, agent)
    def reward(beacon: Any, radiation: Any, agent: Any, goal: int, step_cost: float) -> float:
        """Pay for light, charge for radiation and time, and pay for the beacon."""
        cell = agent[0]
        return 0.1 * (beacon[cell] - radiation[cell]) - step_cost + (100.0 if cell == goal else 0.0)

    @per_world(agent)
    def terminated(agent: Any, goal: int) -> bool:
        """End at the beacon."""
        return agent[0] == goal


def _spread(field: Field, source: int, diffusion: float, decay: float) -> Diffusion:
    """Return the law of a field that spreads from a source and fades."""
    return Diffusion(
        field, coefficient=diffusion, decay=decay, sources={source: STRENGTH}, clamp=(0.0, STRENGTH)
    )


def _warmed_up(crystal: Fcc12, law: Diffusion) -> npt.NDArray[np.float32]:
    """Return the law's field after the warm-up, (num_cells,)."""
    world = World(crystal, {law.field.name: law.field}, [law])
    world.run(WARM_UP)
    return world[law.field][0]


CrystalNavVector = vector_form(CrystalNav)
