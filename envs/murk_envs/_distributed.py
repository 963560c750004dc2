"""What the tasks of distributed control share: forces on some cells of a ring, sensors, a quadratic cost.

Both are after controlgym (X. Zhang, W. Mao, S. Mowlavi, M. Benosman and T. Basar, "Controlgym: large-scale
control environments for benchmarking reinforcement learning algorithms", L4DC 2024,
https://arxiv.org/abs/2311.18736).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

import murk_env as murk
from murk_env import Blueprint, Field, Marker, MurkEnv, Observation, Observe, Picture, Range, Spectral
from murk_env.observation import Entry

__all__ = ["DistributedControl", "DistributedParams", "sensor_cells"]

IDLE = -1  # of a cell on which no actuator acts
REACH = 2.6  # what the fastest wave may turn in a time step (`Spectral`)


class DistributedParams(murk.Params, ABC):
    """The parameters of both tasks."""

    size: Annotated[int, Range(8, 2**15), "cells of the ring, an even number"]
    period: Annotated[float, Range(1e-6, 100.0), "time from one action to the next"]
    substeps: Annotated[int, Range(1, 10**6), "time steps of the scheme in it"]
    actuators: Annotated[int, Range(1, 1024), "numbers of an action"]
    width: Annotated[float, Range(1e-3, 1.0), "share of the ring on which one of them acts"]
    sensors: Annotated[int, Range(1, 2**15), "cells that are observed, as evenly spaced as cells allow"] = 10
    noise: Annotated[float, Range(0.0, 1000.0), "standard deviation of what a sensor adds"] = 0.5
    view: Annotated[Literal["sensors", "state"], "what is observed: sensors, or all cells without noise"] = (
        "sensors"
    )
    observed: Annotated[
        Literal["after", "before"], "the state that is observed: after or before the step"
    ] = "after"
    control: Annotated[Literal["scaled", "unscaled"], "whether an action of 1 is `power`, or 1"] = "scaled"
    power: Annotated[float, Range(0.001, 1000.0), "force at an action of 1"]
    state_cost: Annotated[float, Range(0.0, 1000.0), "what the squares of the state cost"] = 1.0
    action_cost: Annotated[float, Range(0.0, 1000.0), "what the squares of the forces cost"] = 1.0
    limit: Annotated[float, Range(1e-3, 1e12), "cost of a step above which the episode ends"] = 1e12
    horizon: Annotated[int, Range(1, 10**6), "steps after which `time_ends`"]
    time_ends: Annotated[Literal["truncated", "terminated"], "what an episode is after `horizon` steps"] = (
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
        apart = all(
            one[1] <= other[0] for one, other in zip(self.reaches[:-1], self.reaches[1:], strict=True)
        )
        within = self.reaches[0][0] >= 0 and self.reaches[-1][1] <= self.size
        self.require(
            apart and within and all(first < last for first, last in self.reaches),
            f"actuators must each have a cell and share none, so width must be about 1 / actuators at most, "
            f"not {self.width:g} with actuators={self.actuators} and size={self.size}.",
        )

    @property
    def centres(self) -> list[int]:
        """The cell in the middle of each actuator."""
        return [int((number + 0.5) * (self.size / self.actuators)) for number in range(self.actuators)]

    @property
    def reaches(self) -> list[tuple[int, int]]:
        """The first cell of each actuator, and the one after its last."""
        half = self.width * self.size / 2.0
        return [(math.trunc(centre - half), math.trunc(centre + half)) for centre in self.centres]

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
        """Whether the end of time is a termination."""
        return self.time_ends == "terminated"

    def least_stable(self, length: float, speed: float) -> int:
        """Return in how many steps the shortest wave on a ring of some length turns little enough in each."""
        return max(1, math.ceil(self.period * speed * math.pi * self.size / length / REACH))


class DistributedControl(MurkEnv):
    """What both tasks share: the state, the forces, what is observed, the cost and the ends."""

    u = Field(dtype="float64")  # (num_worlds, num_cells) the state
    push = Field(dtype="float64")  # (num_worlds, num_cells) the forces
    before = Field(dtype="float64")  # (num_worlds, num_cells) u before the step, where that is observed
    seen = Field(dtype="float64", derived=True)  # (num_worlds, num_cells) the state that is observed
    actuator = Field(mutability="static", dtype="int32")  # (num_cells,) which of them acts there, or IDLE
    cost = Field(over="world", dtype="float64")  # (num_worlds,) of u before the step and of the forces

    @classmethod
    def blueprint_of(
        cls, params: Any, length: float, linear: Mapping[int, float], max_speed: float
    ) -> Blueprint:
        """Return the blueprint of a ring of some length under u_t = linear part - u u_x + forces."""
        ring = murk.Ring1D(params.size, spacing=length / params.size)
        propagator = Spectral(
            cls.u,
            cls.push,
            linear=linear,
            nonlinear={1: carried},
            max_slope={1: max_speed},
            steps=params.substeps,
        )
        most, kind = (1.0, np.float32) if params.is_scaled else (np.inf, np.float64)
        return Blueprint(
            lattice=ring,
            propagators=[propagator],
            observation=Observation(cls.entry(params), dtype="float64"),
            action_space=Box(-most, most, (params.actuators,), kind),
            static={cls.actuator: lambda: actuators_by_cell(params)},
            dt=params.period,
            ends_diverged=True,
        )

    @classmethod
    def entry(cls, params: Any) -> Entry:
        """Return what is observed."""
        if params.view == "state":
            return Observe(cls.seen)
        sensors = Observe(cls.seen, cells=sensor_cells(params))
        return sensors.noisy(params.noise) if params.noise > 0.0 else sensors

    @classmethod
    def picture(cls, params: Any, /) -> Picture:
        """Return the state, with the middles of its actuators, and its sensors unless they would hide it."""
        extreme = cls.extreme
        markers = [Marker(np.array(params.centres), "cross", label="actuator")]
        if 8 * params.sensors <= params.size:
            markers.append(Marker(np.array(sensor_cells(params)), "ring", label="sensor"))
        return Picture(cls.u, low=-extreme, high=extreme, palette="coolwarm", markers=markers)

    extreme = 1.0  # of a picture

    @murk.per_world
    def act(self, action: npt.NDArray[np.float32]) -> None:
        """Set the forces, which hold for all of the step, and what it costs."""
        p = self.params
        power = p.power if p.is_scaled else 1.0
        total = 0.0
        for number in range(action.size):
            total += p.action_cost * (power * np.float64(action[number])) ** 2
        for cell in range(self.u.size):
            total += p.state_cost * self.u[cell] ** 2
            number = self.actuator[cell]
            self.push[cell] = power * np.float64(action[number]) if number >= 0 else 0.0
            if p.sees_before:
                self.before[cell] = self.u[cell]
        self.cost[0] = total

    @murk.per_world
    def derive(self) -> None:
        """Show the state, or the one before the step."""
        stale = self.params.sees_before and self.elapsed_steps > 0
        for cell in range(self.u.size):
            self.seen[cell] = self.before[cell] if stale else self.u[cell]

    @murk.per_world
    def reward(self) -> float:
        """Charge the state before the step, and the forces."""
        return -self.cost[0]

    @murk.per_world
    def terminated(self) -> bool:
        """End when a step has cost too much, or as `time_ends` says."""
        p = self.params
        return self.cost[0] > p.limit or (p.time_terminates and self.elapsed_steps >= p.horizon)


def carried(u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return what flows through a point of a quantity that carries itself, with its sign changed."""
    return -0.5 * u * u


def sensor_cells(params: Any) -> list[int]:
    """Return the cells that sensors observe."""
    return [number * (params.size // params.sensors) for number in range(params.sensors)]


def actuators_by_cell(params: Any) -> npt.NDArray[np.int32]:
    """Return which actuator acts on each cell, (num_cells,)."""
    found = np.full(params.size, IDLE, np.int32)
    for number, (first, last) in enumerate(params.reaches):
        found[first:last] = number
    return found
