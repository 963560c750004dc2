"""CrystalNav: hop through a crystal to its beacon, past a source of radiation."""

from collections.abc import Callable
from typing import Annotated, Literal

from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.random import integers
from murk_envs._fields import LARGE, settled

__all__ = ["CrystalNav"]

STRENGTH = 10.0  # of both fields, held at their sources
WARM_UP = 81  # ticks from fields of zero to those an episode begins with
Share = Range(0.0, 1.0 / 12.0)


@murk.register("murk/CrystalNav-v0", max_episode_steps=300)
class CrystalNav(MurkEnv):
    """Hop from sphere to sphere of a close-packed crystal, each with twelve neighbours, to the beacon.

    Observation: float32 (3 * num_cells,), num_cells = size**3 / 2 rounded up: light of every cell, radiation
        of every cell, both 0 to 10, then a one-hot of the agent's cell; layout="image" gives (3, num_cells),
        layout="dict" gives beacon, radiation and agent, each (1, num_cells).
    Action: Discrete(13): 0 stay, 1 to 12 hop in the directions of Fcc12; a hop out of the crystal stays.
    Reward: 0.1 * (light - radiation) at the agent's cell after the tick - step_cost, plus 100 at the beacon.
        With the default step_cost of 1 only arriving pays, because no field exceeds 10.
    Ends: terminated at the beacon; truncated after 300 steps (as registered).
    Start: the agent in a uniformly drawn cell other than the beacon; both fields 81 ticks after a start from
        zero.
    Source: the crystal_nav example of murk 0.2.0, where waiting beside the beacon paid (step_cost=0.5).
        The optimal mean return is 96.938 at the default parameters, by shortest paths.
    """

    class Params(murk.Params):
        size: Annotated[int, Range(3, 2**10), "points along x, y and z; every second one is a cell"] = 8
        beacon_diffusion: Annotated[float, Share, "share of a difference that flows per tick"] = 0.06
        beacon_decay: Annotated[float, Range(0.0, LARGE), "decay rate of light, per tick"] = 0.01
        radiation_diffusion: Annotated[
            float, Share, "share of a difference in radiation that flows per tick"
        ] = 0.04
        radiation_decay: Annotated[float, Range(0.0, LARGE), "decay rate of radiation, per tick"] = 0.03
        step_cost: Annotated[float, Range(0.0, LARGE), "cost of a step; below 1, waiting may pay"] = 1.0
        layout: Annotated[Literal["flat", "image", "dict"], "layout of the observation"] = "flat"

        @property
        def lattice(self) -> murk.Fcc12:
            """The crystal."""
            return murk.Fcc12(self.size, self.size, self.size)

        @property
        def goal(self) -> int:
            """Cell of the beacon: one point in from the last corner, two along z if that is not a cell."""
            return self._near(self.size - 2)

        @property
        def hazard(self) -> int:
            """Cell of the radiation's source: a quarter in from the first corner."""
            return self._near(self.size // 4)

        def _near(self, place: int) -> int:
            return int(self.lattice.rank([place, place, place // 2 * 2]))  # the sum is even in every cell

    first_beacon = Field(mutability="static")  # (num_cells,) light when an episode begins
    first_radiation = Field(mutability="static")  # (num_cells,) when an episode begins
    beacon = Field(low=0.0, high=STRENGTH, initial=first_beacon)  # (num_worlds, num_cells) light
    radiation = Field(low=0.0, high=STRENGTH, initial=first_radiation)  # (num_worlds, num_cells)
    agent = Field(over="world", indexes="cells")  # (num_worlds,) cell of the agent

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the crystal, the propagators of its two fields and the observation."""
        crystal = params.lattice
        light = _spreading(params.goal, params.beacon_diffusion, params.beacon_decay)
        radiation = _spreading(params.hazard, params.radiation_diffusion, params.radiation_decay)
        return Blueprint(
            lattice=crystal,
            propagators=[light(cls.beacon), radiation(cls.radiation)],
            observation=Observation(
                Observe(cls.beacon), Observe(cls.radiation), murk.Mask(cls.agent), layout=params.layout
            ),
            action_space=Discrete(13),
            static={
                cls.first_beacon: lambda: settled(crystal, light, WARM_UP),
                cls.first_radiation: lambda: settled(crystal, radiation, WARM_UP),
            },
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the light, and beside it the radiation."""
        goal, agent = Marker([params.goal], "goal", label="beacon"), Marker(cls.agent, "agent")
        hazard = Marker([params.hazard], "cross", label="source")
        radiation = Picture(cls.radiation, high=3.0, palette="inferno", markers=[hazard, agent])
        return Picture(cls.beacon, markers=[goal, agent], beside=[radiation])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Put the agent on a cell other than the beacon."""
        cell = integers(rng, 0, len(self.beacon) - 1)
        self.agent[0] = cell if cell < self.params.goal else cell + 1

    @murk.per_world
    def act(self, action: int) -> None:
        """Hop; 0 stays."""
        self.agent[0] = self.moves[self.agent[0], action - 1]

    @murk.per_world
    def reward(self) -> float:
        """Pay for light and arrival; charge for radiation and the step."""
        cell = self.agent[0]
        arrived = 100.0 if cell == self.params.goal else 0.0
        return 0.1 * (self.beacon[cell] - self.radiation[cell]) - self.params.step_cost + arrived

    @murk.per_world
    def terminated(self) -> bool:
        """End at the beacon."""
        return self.agent[0] == self.params.goal


def _spreading(source: int, diffusion: float, decay: float) -> Callable[[Field], murk.Diffusion]:
    """Return a function that makes the propagator of a field that spreads from a source and decays."""

    def propagator_of(field: Field) -> murk.Diffusion:
        return murk.Diffusion(
            field, coefficient=diffusion, decay=decay, sources={source: STRENGTH}, clamp=(0.0, STRENGTH)
        )

    return propagator_of
