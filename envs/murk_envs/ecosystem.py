"""Ecosystem: a ranger who keeps predators and prey from collapse through good years and bad."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import MultiDiscrete

from murk_env import (
    Blueprint,
    Field,
    Hex2D,
    LotkaVolterra,
    Marker,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    Window,
    per_world,
    vector_form,
)
from murk_env.errors import ParameterError
from murk_env.random import integers, normal, uniform
from murk_envs._ranges import LARGE, check_ranges
from murk_envs._tending import REST, Tending, mean

__all__ = ["Ecosystem", "EcosystemVector"]

MEMORY = 0.9  # share of the weather that is left a step later
ABUNDANCE = 20.0  # density of a cell that is full
RANGES = {  # of parameters
    "size": (3, 2**15),
    "growth": (0.0, LARGE),
    "mortality": (0.0, LARGE),
    "wandering": (0.0, 1.0 / 6.0),
    "view": (1, 2**10),
    "weather": (0.0, 1.0),
    "culling": (0.0, 1.0),
    "disturbance": (0.0, 10.0),
    "release": (0.0, ABUNDANCE),
    **dict.fromkeys(("balance", "cost", "penalty"), (0.0, 1e9)),
}


class Ecosystem(MurkEnv):
    """Wander over a torus of hexagons and cull or release animals, lest a species die out or explode.

    Densities are in units of the equilibrium, at which both species are 1.

    Observation: float32 (2 * (2 * view + 1)**2 + 3,): ln(1 + prey), then ln(1 + predators), in the cells
        within `view` hops of the ranger, 0 in the corners beyond; the same of the means over all cells; the
        weather.
    Action: MultiDiscrete([7, 5]): a hop (0 stay, then the directions of Hex2D), then a deed in the new cell
        and its neighbours: 0 rest, 1 cull predators, 2 cull prey, 3 release prey, 4 release predators.
    Reward: 1 + balance * (the smallest of mean prey, mean predators and their inverses), less `cost` for a
        deed; at collapse, -penalty instead.
    Ends: terminated when the mean of a species falls below `scarcity`, or that of prey rises above `plenty`;
        truncated after 500 steps (as registered).
    Start: the ranger in any cell, uniformly; a density's logarithm is the sum of one number for its species
        and one for its cell, both uniform in [-disturbance, disturbance].
    Source: the equations of Lotka and Volterra on a lattice; the weather and the ranger are our own.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of Ecosystem.

        Attributes:
            size: cells along a side, at least 3.
            growth: rate at which prey multiply, at least 0, per tick.
            mortality: rate at which predators die, at least 0, per tick.
            wandering: share of the animals that goes to each neighbour in a tick, at most 1/6.
            weather: standard deviation of its change in a tick, 0 to 1; prey multiply by 1 + weather.
            disturbance: half the largest logarithm of a density when an episode begins, at least 0.
            culling: share of the animals that a cull takes, 0 to 1.
            release: density that is released in each cell, 0 to 20.
            view: hops that the ranger sees, at least 1.
            scarcity: mean density below which a species collapses, above 0 and below 1.
            plenty: mean density of prey above which they ruin the land, above 1, below 20.
            balance: largest reward for balance in a step, at least 0.
            cost: reward that a deed costs, at least 0.
            penalty: reward that collapse costs, at least 0.
        """

        size: int = 8
        growth: float = 0.1
        mortality: float = 0.1
        wandering: float = 0.02
        weather: float = 0.025
        disturbance: float = 0.5
        culling: float = 0.5
        release: float = 0.5
        view: int = 3
        scarcity: float = 0.25
        plenty: float = 3.0
        balance: float = 1.0
        cost: float = 0.1
        penalty: float = 100.0

        def __post_init__(self) -> None:
            check_ranges("Ecosystem", self, RANGES)
            if not 0.0 < self.scarcity < 1.0 < self.plenty < ABUNDANCE:
                raise ParameterError(
                    f"Ecosystem's scarcity lies between 0 and 1 and its plenty between 1 and {ABUNDANCE:g}, "
                    f"not {self.scarcity} and {self.plenty}."
                )
            if self.disturbance > self.widest_disturbance:
                raise ParameterError(
                    f"Ecosystem's disturbance is at most {self.widest_disturbance:.3g} with this scarcity "
                    f"and plenty, so that no episode begins in collapse, not {self.disturbance}."
                )

        @property
        def widest_disturbance(self) -> float:
            """A density begins at most twice the disturbance from equilibrium, in logarithms."""
            return min(-math.log(self.scarcity), math.log(self.plenty)) / 2.0

    prey = Field(initial=1.0, low=0.0, high=ABUNDANCE)  # (num_worlds, num_cells)
    predators = Field(initial=1.0, low=0.0, high=ABUNDANCE)  # (num_worlds, num_cells)
    census = Field(over="world", components=2, initial=1.0, low=0.0, high=ABUNDANCE)  # (num_worlds, 2) means
    ranger = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    deed = Field(over="world", dtype=np.int32)  # (num_worlds,)
    weather = Field(over="world", low=-1.0, high=1.0)  # (num_worlds,) added to the growth of prey

    max_episode_steps: ClassVar = 500
    small: ClassVar = {
        "size": 3,
        "view": 1,
        "scarcity": 0.7,
        "plenty": 1.4,
        "disturbance": 0.15,
        "weather": 0.1,
    }

    def build(self, params: Params) -> Blueprint:
        """Return the torus, the law of its animals and what the ranger sees."""
        living = LotkaVolterra(
            self.prey,
            self.predators,
            growth=params.growth,
            predation=params.growth,
            reproduction=params.mortality,
            mortality=params.mortality,
            prey_diffusion=params.wandering,
            predator_diffusion=params.wandering,
        )
        tending = Tending(
            living,
            self.ranger,
            self.deed,
            self.weather,
            self.census,
            culling=params.culling,
            release=params.release,
        )
        near = (
            Window(field, around=self.ranger, disk=params.view).logged()
            for field in (self.prey, self.predators)
        )
        ranger = [Marker(self.ranger, "agent", label="ranger")]
        return Blueprint(
            lattice=Hex2D(params.size, params.size, edge="wrap"),
            propagators=[tending],
            observation=Observation(*near, Observe(self.census).logged(), Observe(self.weather)),
            action_space=MultiDiscrete([7, 5]),
            picture=Picture(
                self.prey,
                high=3.0,
                markers=ranger,
                beside=[Picture(self.predators, high=3.0, palette="inferno", markers=ranger)],
            ),
        )

    @per_world(prey, predators, census, ranger)
    def start(prey: Any, predators: Any, census: Any, ranger: Any, disturbance: float, rng: Any) -> None:
        """Place the ranger and disturb the equilibrium, as a whole and in every cell."""
        ranger[0] = integers(rng, 0, len(prey))
        offset, other = disturbance * (2 * uniform(rng) - 1), disturbance * (2 * uniform(rng) - 1)
        for cell in range(len(prey)):
            prey[cell] = math.exp(offset + disturbance * (2 * uniform(rng) - 1))
            predators[cell] = math.exp(other + disturbance * (2 * uniform(rng) - 1))
        census[0], census[1] = mean(prey), mean(predators)

    @per_world(ranger, deed, weather)
    def act(
        ranger: Any, deed: Any, weather_now: Any, action: Any, moves: Any, weather: float, rng: Any
    ) -> None:
        """Hop, choose the deed, and let the weather change."""
        ranger[0] = moves[ranger[0], action[0] - 1]
        deed[0] = action[1]
        weather_now[0] = MEMORY * weather_now[0] + weather * normal(rng)

    @per_world(census, deed)
    def reward(
        census: Any, deed: Any, balance: float, cost: float, penalty: float, scarcity: float, plenty: float
    ) -> float:
        """Pay for every step, more in balance; charge for deeds and for collapse."""
        prey, predators = census
        if collapsed(prey, predators, scarcity, plenty):
            return -penalty
        even = min(prey, predators, 1.0 / prey, 1.0 / predators)
        return 1.0 + balance * even - (cost if deed[0] != REST else 0.0)

    @per_world(census)
    def terminated(census: Any, scarcity: float, plenty: float) -> bool:
        """End at collapse."""
        return collapsed(census[0], census[1], scarcity, plenty)


def collapsed(prey: float, predators: float, scarcity: float, plenty: float) -> bool:
    """Whether either species is too rare, or the prey too many."""
    return prey < scarcity or predators < scarcity or prey > plenty


EcosystemVector = vector_form(Ecosystem)
