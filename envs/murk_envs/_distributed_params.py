"""The parameters that the distributed-control tasks share, and the checks across them."""

import math
from abc import ABC, abstractmethod
from typing import Annotated, Literal

import murk_env as murk
from murk_env import Range
from murk_envs._ring import actuator_reaches, are_apart

__all__ = ["DistributedParams"]

REACH = 2.6  # radians that the fastest wave may turn in a time step (`Spectral`)


class DistributedParams(murk.Params, ABC):
    """The parameters that both tasks share."""

    size: Annotated[int, Range(8, 2**15), "cells of the ring, an even number"]
    period: Annotated[float, Range(1e-6, 100.0), "time from one action to the next"]
    substeps: Annotated[int, Range(1, 10**6), "time steps of the scheme in a period"]
    actuators: Annotated[int, Range(1, 1024), "number of actuators, the length of an action"]
    width: Annotated[float, Range(1e-3, 1.0), "share of the ring on which an actuator acts"]
    sensors: Annotated[int, Range(1, 2**15), "cells that are observed, as evenly spaced as cells allow"] = 10
    noise: Annotated[float, Range(0.0, 1000.0), "standard deviation of the sensors' noise"] = 0.5
    view: Annotated[Literal["sensors", "state"], "what is observed: sensors, or all cells without noise"] = (
        "sensors"
    )
    observed: Annotated[
        Literal["after", "before"], "the state that is observed: after or before the step"
    ] = "after"
    control: Annotated[Literal["scaled", "unscaled"], "whether an action of 1 is `power`, or 1"] = "scaled"
    power: Annotated[float, Range(0.001, 1000.0), "force at an action of 1"]
    state_cost: Annotated[float, Range(0.0, 1000.0), "weight of the squared state in the cost"] = 1.0
    action_cost: Annotated[float, Range(0.0, 1000.0), "weight of the squared forces in the cost"] = 1.0
    limit: Annotated[float, Range(1e-3, 1e12), "cost of a step above which the episode ends"] = 1e12
    horizon: Annotated[int, Range(1, 10**6), "steps after which `time_ends` applies"]
    time_ends: Annotated[Literal["truncated", "terminated"], "how an episode ends after `horizon` steps"] = (
        "truncated"
    )

    def check(self) -> None:
        """Keep the ring even, the scheme stable, and actuators apart."""
        self.require(self.size % 2 == 0, f"size must be even, for waves of two cells, not {self.size}.")
        self.require(
            self.substeps >= self.least_substeps,
            f"substeps must be at least {self.least_substeps} with size={self.size} and "
            f"period={self.period:g}, for the scheme to be stable, not {self.substeps}.",
        )
        self.require(
            self.sensors <= self.size, f"sensors must be at most size, {self.size}, not {self.sensors}."
        )
        self.require(
            are_apart(self.reaches, self.size),
            f"actuators must each have a cell and share none, so width must be about 1 / actuators at most, "
            f"not {self.width:g} with actuators={self.actuators} and size={self.size}.",
        )

    @property
    def reaches(self) -> list[tuple[int, int]]:
        """The first cell of each actuator and the one after its last."""
        return actuator_reaches(self.size, self.actuators, self.width)

    @property
    @abstractmethod
    def least_substeps(self) -> int:
        """The fewest time steps with which the scheme is stable."""

    @property
    def is_scaled(self) -> bool:
        """Whether actions are shares of `power`."""
        return self.control == "scaled"

    @property
    def sees_before(self) -> bool:
        """Whether the state before the step is observed."""
        return self.observed == "before"

    @property
    def time_terminates(self) -> bool:
        """Whether the time limit is a termination."""
        return self.time_ends == "terminated"

    def least_stable(self, length: float, speed: float) -> int:
        """Return the fewest time steps in each of which the shortest wave turns by at most REACH."""
        return max(1, math.ceil(self.period * speed * math.pi * self.size / length / REACH))
