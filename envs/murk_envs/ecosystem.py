"""Ecosystem: a ranger keeps predators and prey from collapse in changing weather."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import MultiDiscrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, Marker, MurkEnv, Observation, Observe, Picture, Range
from murk_env.mathematics import exp, log
from murk_env.random import integers, normal, uniform
from murk_envs._fields import LARGE
from murk_envs._sums import mean
from murk_envs.propagators.tending import REST, Tending

__all__ = ["Ecosystem"]

MEMORY = 0.9  # share of the weather that remains a step later
ABUNDANCE = 20.0  # largest density of a cell


@murk.register("murk/Ecosystem-v0", max_episode_steps=500)
class Ecosystem(MurkEnv):
    """Walk over a torus of hexagons and cull or release animals to keep predators and prey from collapse.

    Densities are in units of the equilibrium, at which both species are 1.

    Observation: float32 (2 * (2 * view + 1)**2 + 3,): ln(1 + prey), then ln(1 + predators), in the cells
        within `view` hops of the ranger, 0 in the corners, which are farther away; ln(1 + mean over all
        cells) of prey and of predators; the weather.
    Action: MultiDiscrete([7, 5]): a hop (0 stay, 1 to 6 in the directions of Hex2D), then a deed in the new
        cell and its neighbours: 0 rest, 1 cull predators, 2 cull prey, 3 release prey, 4 release predators.
    Reward: 1 + balance * (the smallest of mean prey, mean predators and their inverses), minus `cost` for a
        deed other than rest; at collapse, -penalty instead.
    Ends: terminated when the mean of a species falls below `scarcity`, or that of prey rises above `plenty`;
        truncated after 500 steps (as registered).
    Start: the ranger in a uniformly drawn cell; the log density of a species in a cell is the sum of a draw
        for the species and a draw for the cell, each uniform in [-disturbance, disturbance].
    Source: the Lotka-Volterra equations on a lattice; the weather and the ranger are our own.
    """

    class Params(murk.Params):
        size: Annotated[int, Range(3, 2**15), "cells along a side"] = 8
        growth: Annotated[float, Range(0.0, LARGE), "growth rate of prey, per tick"] = 0.1
        mortality: Annotated[float, Range(0.0, LARGE), "death rate of predators, per tick"] = 0.1
        wandering: Annotated[
            float, Range(0.0, 1.0 / 6.0), "share of animals that moves to each neighbour"
        ] = 0.02
        weather: Annotated[float, Range(0.0, 1.0), "standard deviation of its noise, per tick"] = 0.025
        disturbance: Annotated[float, Range(0.0, 10.0), "half the largest log density at the start"] = 0.5
        culling: Annotated[float, Range(0.0, 1.0), "share of the animals that a cull removes"] = 0.5
        release: Annotated[float, Range(0.0, ABUNDANCE), "density that a release adds to each cell"] = 0.5
        view: Annotated[int, Range(1, 2**10), "radius of the ranger's view, in hops"] = 3
        scarcity: Annotated[float, "mean density below which a species has collapsed, between 0 and 1"] = 0.25
        plenty: Annotated[float, "mean density of prey above which the land collapses, 1 to 20"] = 3.0
        balance: Annotated[float, Range(0.0, 1e9), "reward per step at perfect balance"] = 1.0
        cost: Annotated[float, Range(0.0, 1e9), "cost of an intervention"] = 0.1
        penalty: Annotated[float, Range(0.0, 1e9), "cost of collapse"] = 100.0

        def check(self) -> None:
            """Require limits on both sides of the equilibrium and of every start."""
            self.require(
                0.0 < self.scarcity < 1.0 < self.plenty < ABUNDANCE,
                f"scarcity must lie between 0 and 1, and plenty between 1 and {ABUNDANCE:g}, not "
                f"{self.scarcity} and {self.plenty}.",
            )
            self.require(
                self.disturbance <= self.widest_disturbance,
                f"disturbance must be at most {self.widest_disturbance:.3g} with this scarcity and plenty, "
                f"so that no episode begins in collapse, not {self.disturbance}.",
            )

        @property
        def widest_disturbance(self) -> float:
            """The largest disturbance allowed: a log density starts at most twice it from equilibrium."""
            return min(-log(self.scarcity), log(self.plenty)) / 2.0

    prey = Field(initial=1.0, low=0.0, high=ABUNDANCE)  # (num_worlds, num_cells)
    predators = Field(initial=1.0, low=0.0, high=ABUNDANCE)  # (num_worlds, num_cells)
    census = Field(over="world", components=2, initial=1.0, low=0.0, high=ABUNDANCE)  # (num_worlds, 2) means
    ranger = Field(over="world", indexes="cells")  # (num_worlds,) cell
    deed = Field(over="world", categories=5)  # (num_worlds,) what the ranger does in this step
    weather = Field(over="world", low=-1.0, high=1.0)  # (num_worlds,) relative growth of prey

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the torus, the propagator of its animals and the ranger's observation."""
        living = murk.LotkaVolterra(
            cls.prey,
            cls.predators,
            growth=params.growth,
            predation=params.growth,
            reproduction=params.mortality,
            mortality=params.mortality,
            prey_diffusion=params.wandering,
            predator_diffusion=params.wandering,
        )
        tending = Tending(
            living,
            cls.ranger,
            cls.deed,
            cls.weather,
            cls.census,
            culling=params.culling,
            release=params.release,
        )
        near = [
            Observe(field).window(around=cls.ranger, disk=params.view).logged()
            for field in (cls.prey, cls.predators)
        ]
        return Blueprint(
            lattice=murk.Hex2D(params.size, params.size, edge="wrap"),
            propagators=[tending],
            observation=Observation(*near, Observe(cls.census).logged(), Observe(cls.weather)),
            action_space=MultiDiscrete([7, 5]),
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the prey, and beside them the predators."""
        ranger = [Marker(cls.ranger, "agent", label="ranger")]
        predators = Picture(cls.predators, high=3.0, palette="inferno", markers=ranger)
        return Picture(cls.prey, high=3.0, markers=ranger, beside=[predators])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Place the ranger and disturb the equilibrium, for each species and in every cell."""
        widest = self.params.disturbance
        self.ranger[0] = integers(rng, 0, len(self.prey))
        offset, other = widest * (2 * uniform(rng) - 1), widest * (2 * uniform(rng) - 1)
        for cell in range(len(self.prey)):
            self.prey[cell] = exp(offset + widest * (2 * uniform(rng) - 1))
            self.predators[cell] = exp(other + widest * (2 * uniform(rng) - 1))
        self.census[0], self.census[1] = mean(self.prey), mean(self.predators)

    @murk.per_world
    def act(self, action: npt.NDArray[np.int64], rng: Draws) -> None:
        """Hop, set the deed and change the weather."""
        self.ranger[0] = self.moves[self.ranger[0], action[0] - 1]
        self.deed[0] = action[1]
        self.weather[0] = MEMORY * self.weather[0] + self.params.weather * normal(rng)

    @murk.per_world
    def reward(self) -> float:
        """Pay for every step, and for balance; charge for deeds and for collapse."""
        if collapsed(self):
            return -self.params.penalty
        prey, predators = self.census
        even = min(prey, predators, 1.0 / prey, 1.0 / predators)
        return 1.0 + self.params.balance * even - (self.params.cost if self.deed[0] != REST else 0.0)

    @murk.per_world
    def terminated(self) -> bool:
        """End at collapse."""
        return collapsed(self)


def collapsed(world: Ecosystem) -> bool:
    """Return whether either species is too rare, or prey are too many."""
    prey, predators = world.census
    scarcity = world.params.scarcity
    return prey < scarcity or predators < scarcity or prey > world.params.plenty
