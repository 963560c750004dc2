"""Epidemic: contain an outbreak with tests, distancing and vaccines on a budget."""

import math
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import MultiDiscrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, MurkEnv, Observation, Observe, Picture, Range
from murk_env.random import integers, uniform
from murk_envs._country import Country, copy_region, fill_region, fill_top, repeat_tops, sum_region
from murk_envs._sums import any_nonzero, total
from murk_envs.propagators.containment import DISTANCE, NOTHING, TEST, VACCINATE, Containment

__all__ = ["Epidemic"]

PRICES = (0.0, 1.0, 2.0, 4.0)  # of nothing, a test, distance and vaccines, per region and step
MEASURES = {"nothing": "#dedede", "test": "#e69f00", "distance": "#0072b2", "vaccines": "#009e73"}
LIMIT = 200  # steps of an episode, as registered, and the unit of the observed time
FRESHNESS = 0.9  # share of a test's freshness that remains a step later
Share = Range(0.0, 1.0)


@murk.register("murk/Epidemic-v1", max_episode_steps=LIMIT)
class Epidemic(MurkEnv):
    """Stop a disease of unknown infectivity that spreads through the regions of a country.

    Observation: float32 (9 * regions**2 + 2,), nine maps of the regions: the new cases reported in this step
        and the cases found by the last test, both as ln(1 + n) / ln(1 + people of a region); the immune share
        at that test; its freshness (1 in the step of the test, then times 0.9 per step, 0 if never tested);
        the share vaccinated so far; a one-hot of the measure taken in this step, four maps. Then the money
        available, as a share of the budget; and the time, as a share of 200 steps.
    Action: MultiDiscrete([4] * regions**2), a measure for each region: 0 nothing, 1 test, 2 keep distance, 3
        vaccinate. A test reveals the shares before the disease spreads. Prices are 1, 2 and 4, paid region by
        region, row by row; a measure that cannot be paid is not taken. Then `income` is added, up to the
        budget. With only one of `measures`: MultiDiscrete([2] * regions**2), 1 to take it.
    Reward: minus the percentage of all people infected in this step, minus `cost` * the money spent in it.
    Ends: terminated when nobody is infected; truncated after 200 steps (as registered).
    Start: everybody susceptible, except for a share `first_cases` infected in `outbreaks` cells, drawn
        uniformly with replacement; infectivity uniform between its limits; no tests yet; the whole budget.
    Source: Kermack and McKendrick's model (1927) on a lattice; the measures are our own.
    """

    class Params(Country):
        outbreaks: Annotated[int, Range(1, 2**24), "cells drawn for the outbreak, with replacement"] = 2
        first_cases: Annotated[float, Share, "infected share of an outbreak cell, at least 1 / people"] = 0.05
        least_infectivity: Annotated[float, Share, "fewest infections per infected person per step"] = 0.2
        most_infectivity: Annotated[float, Share, "most infections per infected person per step"] = 0.4
        recovery: Annotated[float, Share, "share of the infected that recovers per step"] = 0.1
        mixing: Annotated[float, Share, "share of contacts that are with neighbouring cells"] = 0.2
        distancing: Annotated[float, Share, "share of infections that distancing prevents"] = 0.7
        doses: Annotated[float, Share, "share of the susceptible vaccinated per step"] = 0.05
        reporting: Annotated[float, Share, "share of new cases reported without a test; 0 is harder"] = 0.05
        measures: Annotated[Literal["all", "distance", "vaccines"], "measures available, all or one"] = "all"
        budget: Annotated[float, Range(1.0, 1e9), "money at the start, and the most there can be"] = 200.0
        income: Annotated[float, Range(0.0, 1e9), "money added per step"] = 16.0
        cost: Annotated[float, Range(0.0, 1e9), "reward lost per unit of money spent"] = 0.015

        def check(self) -> None:
            """Refuse also an outbreak of less than one person, and infectivities in the wrong order."""
            super().check()
            self.require(
                self.first_cases >= 1.0 / self.people,
                f"first_cases must be at least one person, {1.0 / self.people:g}, not {self.first_cases}.",
            )
            low, high = self.least_infectivity, self.most_infectivity
            message = f"least_infectivity must be at most most_infectivity, not {low} with {high}."
            self.require(low <= high, message)

        @property
        def only(self) -> int:
            """The only measure available; NOTHING if all are."""
            return {"all": NOTHING, "distance": DISTANCE, "vaccines": VACCINATE}[self.measures]

    susceptible = Field(initial=1.0, low=0.0)  # (num_worlds, num_cells) shares of a cell's people
    infected = Field(low=0.0)  # (num_worlds, num_cells)
    recovered = Field(low=0.0)  # (num_worlds, num_cells)
    caught = Field(low=0.0)  # (num_worlds, num_cells) infected in this tick
    measure = Field(categories=4)  # (num_worlds, num_cells) taken in this step
    found = Field(low=0.0)  # (num_worlds, num_cells) people infected at the last test
    immune = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) share immune at the last test
    fresh = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) freshness of the last test
    dosed = Field(low=0.0)  # (num_worlds, num_cells) share vaccinated so far
    reported = Field(low=0.0, derived=True)  # (num_worlds, num_cells) cases its region reports
    funds = Field(over="world")  # (num_worlds,) money available
    clock = Field(over="world", low=0.0, high=1.0, derived=True)  # (num_worlds,) share of LIMIT steps
    spent = Field(over="world")  # (num_worlds,) money spent in this step
    infectivity = Field(over="world", initial=0.5, low=0.0, high=1.0, unit="1/tick")  # (num_worlds,)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        """Return the country, the propagator of the disease and the observation."""
        shares = cls.susceptible, cls.infected, cls.recovered
        spread = murk.SIR(*shares, infection=cls.infectivity, recovery=params.recovery, mixing=params.mixing)
        fields = cls.measure, cls.caught, cls.dosed
        containment = Containment(
            spread, *fields, distancing=params.distancing, doses=params.doses, person=1.0 / params.people
        )
        everyone, block, corners = math.log1p(params.people * params.block**2), params.block, params.corners
        reported, found = Observe(cls.reported, cells=corners), Observe(cls.found).pooled("sum", block)
        known = [entry.logged().normalised(0.0, everyone) for entry in (reported, found)]
        means = (Observe(field).pooled("mean", block) for field in (cls.immune, cls.dosed))
        immune, dosed = (entry.clipped(0.0, 1.0) for entry in means)
        fresh, measure = Observe(cls.fresh, cells=corners), Observe(cls.measure, one_hot=True, cells=corners)
        own = Observe(cls.funds).normalised(0.0, params.budget), Observe(cls.clock)
        return Blueprint(
            lattice=murk.Square8(params.size, params.size),
            propagators=[containment],
            observation=Observation(*known, immune, fresh, dosed, measure, *own),
            action_space=MultiDiscrete([len(PRICES) if params.only == NOTHING else 2] * params.num_regions),
        )

    @classmethod
    def picture(cls, params: Params, /) -> Picture:
        """Return the infected share, and beside it the measures."""
        measures = Picture(cls.measure, palette=MEASURES, figures=[cls.funds])
        return Picture(cls.infected, high=0.2, palette="YlOrRd", title="infected share", beside=[measures])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw the infectivity and infect people."""
        p = self.params
        self.infectivity[0] = p.least_infectivity + (p.most_infectivity - p.least_infectivity) * uniform(rng)
        for _ in range(p.outbreaks):
            cell = integers(rng, 0, len(self.infected))
            self.infected[cell] = p.first_cases
            self.susceptible[cell] = 1.0 - p.first_cases
        self.funds[0] = p.budget

    @murk.per_world
    def act(self, action: npt.NDArray[np.int64]) -> None:
        """Take the measures that can be paid, record test results and add the income."""
        p, only = self.params, self.params.only
        self.spent[0] = 0.0
        for cell in range(len(self.fresh)):
            self.fresh[cell] *= FRESHNESS
        for region in range(p.num_regions):
            wanted = only if only != NOTHING and action[region] else action[region]
            taken = wanted if PRICES[wanted] <= self.funds[0] else NOTHING
            self.funds[0] -= PRICES[taken]
            self.spent[0] += PRICES[taken]
            fill_top(self.measure, region, p.regions, p.block, taken)
            if taken == TEST:
                copy_region(self.infected, self.found, region, p.regions, p.block, p.people)
                copy_region(self.recovered, self.immune, region, p.regions, p.block, 1)
                fill_region(self.fresh, region, p.regions, p.block, 1.0)
        repeat_tops(self.measure, p.regions, p.block)
        self.funds[0] = min(self.funds[0] + p.income, p.budget)

    @murk.per_world
    def derive(self) -> None:
        """Report a share of each region's new cases, in whole people, and set the clock."""
        p = self.params
        for region in range(p.num_regions):
            ill = sum_region(self.caught, region, p.regions, p.block)
            fill_top(self.reported, region, p.regions, p.block, np.floor(p.reporting * p.people * ill))
        repeat_tops(self.reported, p.regions, p.block)
        self.clock[0] = min(self.elapsed_steps / LIMIT, 1.0)

    @murk.per_world
    def reward(self) -> float:
        """Charge for new infections and for the measures."""
        return 0.0 - 100.0 * total(self.caught) / len(self.caught) - self.params.cost * self.spent[0]

    @murk.per_world
    def terminated(self) -> bool:
        """End when nobody is infected."""
        return not any_nonzero(self.infected)
