"""Epidemic: contain an outbreak with tests, distancing and vaccines that a budget has to pay for."""

from dataclasses import dataclass
from typing import Any, ClassVar

from gymnasium.spaces import MultiDiscrete

from murk_env import (
    SIR,
    Blueprint,
    Field,
    MurkEnv,
    Observation,
    Observe,
    Parameter,
    Picture,
    Square8,
    per_world,
    vector_form,
)
from murk_env.errors import ParameterError
from murk_env.random import integers, uniform
from murk_envs._containment import NOTHING, TEST, Containment
from murk_envs._ranges import check_ranges

__all__ = ["Epidemic", "EpidemicVector"]

PRICES = (0.0, 1.0, 2.0, 4.0)  # of each measure, in a region for a step
MEASURES = {"nothing": "#dedede", "test": "#e69f00", "distance": "#0072b2", "vaccines": "#009e73"}
FORGOTTEN = 0.9  # what is left of a finding's freshness a step later
RANGES = {  # of parameters
    "size": (1, 2**15),
    "regions": (1, 2**10),
    "people": (2, 2**24),
    "outbreaks": (1, 2**24),
    **dict.fromkeys(
        (
            "first_cases",
            "least_infectivity",
            "most_infectivity",
            "recovery",
            "mixing",
            "distancing",
            "doses",
        ),
        (0.0, 1.0),
    ),
    "budget": (1.0, 1e9),
    "cost": (0.0, 1e9),
}


class Epidemic(MurkEnv):
    """Stop a disease of unknown infectivity that spreads through the regions of a country.

    Observation: float32 (3 * regions**2 + 1,): the share of every region's people that its last test found
        infected; the share that it found recovered or vaccinated; how fresh that is, 1 now, 0.9 a step later,
        0 if never tested; the share of the budget that is left.
    Action: MultiDiscrete([4] * regions**2), a measure for each region: 0 nothing, 1 test, 2 keep distance,
        3 vaccinate. They are paid in the order of regions; one that the budget cannot pay is left undone.
    Reward: minus the per cent of all people that fell ill in this step, less `cost` * the price of what was
        done: 1 for a test, 2 for distance, 4 for vaccines, in a region.
    Ends: terminated when nobody is infected; truncated after 200 steps (as registered).
    Start: `outbreaks` cells, drawn uniformly, with some infected; infectivity uniform between its limits;
        nothing found yet.
    Source: Kermack and McKendrick's model (1927) on a lattice; the measures are our own.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of Epidemic.

        Attributes:
            size: cells along a side, a multiple of `regions`.
            regions: regions along a side, at least 1.
            people: people in a cell, at least 2; less than one of them is nobody.
            outbreaks: draws of a cell in which the disease begins, at least 1.
            first_cases: share of such a cell that is infected, from 1 / people to 1.
            least_infectivity: infections that one infected causes in a step among susceptibles, at the least.
            most_infectivity: the same at the most, up to 1.
            recovery: share of the infected that recovers in a step, from 0 to 1.
            mixing: share of everyone's meetings that are with the cells around, from 0 to 1.
            distancing: share of infections that distance prevents, from 0 to 1.
            doses: share of the susceptible that is vaccinated in a step, from 0 to 1.
            budget: what can be spent in an episode, at least 1.
            cost: reward that spending 1 costs, at least 0.
        """

        size: int = 16
        regions: int = 4
        people: int = 1000
        outbreaks: int = 2
        first_cases: float = 0.05
        least_infectivity: float = 0.2
        most_infectivity: float = 0.4
        recovery: float = 0.1
        mixing: float = 0.2
        distancing: float = 0.7
        doses: float = 0.05
        budget: float = 600.0
        cost: float = 0.03

        def __post_init__(self) -> None:
            check_ranges("Epidemic", self, RANGES)
            if self.size % self.regions:
                raise ParameterError(
                    f"Epidemic's size is a multiple of its regions, so that all are alike, not "
                    f"size={self.size} with regions={self.regions}."
                )
            if self.first_cases < 1.0 / self.people:
                raise ParameterError(
                    f"Epidemic's first_cases are at least one of the {self.people} people of a cell, not the "
                    f"share {self.first_cases}."
                )
            if self.least_infectivity > self.most_infectivity:
                raise ParameterError(
                    f"Epidemic's least_infectivity of {self.least_infectivity} lies above its "
                    f"most_infectivity of {self.most_infectivity}."
                )

        @property
        def block(self) -> int:
            """Cells along a region's side."""
            return self.size // self.regions

    susceptible = Field(initial=1.0, low=0.0)  # (num_worlds, num_cells) shares of a cell's people
    infected = Field(low=0.0)  # (num_worlds, num_cells)
    recovered = Field(low=0.0)  # (num_worlds, num_cells)
    caught = Field(low=0.0)  # (num_worlds, num_cells) infected in this tick
    measure = Field(categories=4)  # (num_worlds, num_cells) what is done there
    found = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) infected at the last test
    immune = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) recovered at the last test
    fresh = Field(low=0.0, high=1.0)  # (num_worlds, num_cells)
    funds = Field(over="world")  # (num_worlds,) left of the budget
    spent = Field(over="world")  # (num_worlds,) in this tick
    infectivity = Parameter(0.5, low=0.0, high=1.0, unit="1/tick")  # (num_worlds,)

    max_episode_steps: ClassVar = 200
    small: ClassVar = {
        "size": 2,
        "regions": 2,
        "people": 20,
        "first_cases": 0.3,
        "recovery": 0.4,
        "most_infectivity": 1.0,
    }

    def build(self, params: Params) -> Blueprint:
        """Return the country, how the disease spreads, and what is known of it."""
        spread = SIR(
            self.susceptible,
            self.infected,
            self.recovered,
            infection=self.infectivity,
            recovery=params.recovery,
            mixing=params.mixing,
        )
        containment = Containment(
            spread,
            self.measure,
            self.caught,
            distancing=params.distancing,
            doses=params.doses,
            person=1.0 / params.people,
        )
        known = (
            Observe(field).pooled("mean", params.block) for field in (self.found, self.immune, self.fresh)
        )
        return Blueprint(
            lattice=Square8(params.size, params.size),
            propagators=[containment],
            observation=Observation(*known, Observe(self.funds).normalised(0.0, params.budget)),
            action_space=MultiDiscrete([len(PRICES)] * params.regions**2),
            picture=Picture(
                self.infected,
                high=0.2,
                palette="YlOrRd",
                title="infected share",
                beside=[Picture(self.measure, palette=MEASURES, figures=[self.funds])],
            ),
        )

    @per_world(susceptible, infected, funds, infectivity)
    def start(
        susceptible: Any,
        infected: Any,
        funds: Any,
        infectivity: Any,
        outbreaks: int,
        first_cases: float,
        least_infectivity: float,
        most_infectivity: float,
        budget: float,
        rng: Any,
    ) -> None:
        """Let the disease begin somewhere, as infectious as chance has it."""
        infectivity[0] = least_infectivity + (most_infectivity - least_infectivity) * uniform(rng)
        for _ in range(outbreaks):
            cell = integers(rng, 0, len(infected))
            infected[cell] = first_cases
            susceptible[cell] = 1.0 - first_cases
        funds[0] = budget

    @per_world(infected, recovered, measure, found, immune, fresh, funds, spent)
    def act(
        infected: Any,
        recovered: Any,
        measure: Any,
        found: Any,
        immune: Any,
        fresh: Any,
        funds: Any,
        spent: Any,
        action: Any,
        size: int,
        regions: int,
        block: int,
    ) -> None:
        """Take the measures that can be paid, and note what tests find."""
        spent[0] = 0.0
        for region in range(regions * regions):
            taken = action[region] if PRICES[action[region]] <= funds[0] else NOTHING
            funds[0] -= PRICES[taken]
            spent[0] += PRICES[taken]
            corner = region // regions * block * size + region % regions * block
            for row in range(block):
                for cell in range(corner + row * size, corner + row * size + block):
                    measure[cell] = taken
                    fresh[cell] *= FORGOTTEN
                    if taken == TEST:
                        found[cell], immune[cell], fresh[cell] = infected[cell], recovered[cell], 1.0

    @per_world(caught, spent)
    def reward(caught: Any, spent: Any, cost: float) -> float:
        """Charge for people who fall ill, and for what was done about it."""
        ill = 0.0
        for cell in range(len(caught)):
            ill += caught[cell]
        return 0.0 - 100.0 * ill / len(caught) - cost * spent[0]

    @per_world(infected)
    def terminated(infected: Any) -> bool:
        """End when nobody is infected."""
        return infected.max() == 0.0


EpidemicVector = vector_form(Epidemic)
