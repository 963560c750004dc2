"""What the boundary-control tasks share: one end of a line is set, to bring its whole state to rest.

Both are after PDE Control Gym (L. Bhan, Y. Bian, M. Krstic and Y. Shi, "PDE Control Gym: a benchmark for
data-driven boundary control of partial differential equations", L4DC 2024, https://arxiv.org/abs/2405.11401).
"""

import math
from abc import ABC, abstractmethod
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

import murk_env as murk
from murk_env import (
    Blueprint,
    Draws,
    Field,
    Marker,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    Propagator,
    Range,
)
from murk_env.random import uniform
from murk_envs._fields import LARGE

__all__ = ["BoundaryControl", "BoundaryParams"]

UNSCALED = 1e6  # largest control when actions are not scaled


class BoundaryParams(murk.Params, ABC):
    """The parameters that both tasks share."""

    size: Annotated[int, Range(4, 2**15), "nodes of the line"]
    substeps: Annotated[int, Range(1, 10**6), "sub-steps from one action to the next"]
    horizon: Annotated[int, Range(1, 10**6), "steps until success is rewarded and `time_ends` applies"]
    strength: Annotated[float, Range(0.0, 100.0), "amplitude of what makes it unstable"]
    order: Annotated[float, Range(0.0, 100.0), "order of the Chebyshev function that shapes it"]
    control: Annotated[Literal["scaled", "unscaled"], "whether an action of 1 means `power` or 1"] = "scaled"
    power: Annotated[float, Range(0.001, 1000.0), "control at an action of 1"] = 20.0
    least: Annotated[float, Range(-1000.0, 1000.0), "smallest initial value, at most `most`"] = 1.0
    most: Annotated[float, Range(-1000.0, 1000.0), "largest initial value"] = 10.0
    window: Annotated[int, Range(1, 10**6), "final sub-steps of a step whose loss of norm is rewarded"] = 100
    bonus: Annotated[float, Range(0.0, LARGE), "reward for success"] = 300.0
    tolerance: Annotated[float, Range(0.0, LARGE), "final norm below which an episode is a success"] = 20.0
    limit: Annotated[float, Range(1e-3, 1e12), "norm at which the episode ends"] = 1e10
    penalty: Annotated[float, Range(0.0, LARGE), "cost of reaching `limit`, per sub-step left"] = 1000.0
    time_ends: Annotated[Literal["truncated", "terminated"], "how an episode ends after `horizon` steps"] = (
        "truncated"
    )

    def check(self) -> None:
        """Keep the scheme stable, and the window within a step."""
        self.require(
            self.substeps >= self.least_substeps,
            f"substeps must be at least {self.least_substeps} with size={self.size}, for the scheme to be "
            f"stable, not {self.substeps}.",
        )
        self.require(
            self.window <= self.substeps,
            f"window must be at most substeps, {self.substeps}, not {self.window}.",
        )
        self.require(self.least <= self.most, f"least must be at most most, {self.most}, not {self.least}.")

    @property
    @abstractmethod
    def least_substeps(self) -> int:
        """The fewest sub-steps with which the scheme is stable."""

    @property
    def is_scaled(self) -> bool:
        """Whether actions are shares of `power`."""
        return self.control == "scaled"

    @property
    def time_terminates(self) -> bool:
        """Whether the time limit is a termination."""
        return self.time_ends == "terminated"

    def chebyshev(self, nodes: int) -> npt.NDArray[np.float64]:
        """Return strength * cos(order * arccos(x)) at evenly spaced x from 0 to 1, (nodes,)."""
        return self.strength * np.cos(self.order * np.arccos(np.linspace(0.0, 1.0, nodes)))


class BoundaryControl(MurkEnv):
    """What both tasks share: the state, the controlled end, the reward and the ends."""

    u = Field()  # (num_worlds, num_cells) the state; its last cell is the controlled one
    shape = Field(mutability="static")  # (num_cells,) coefficient that makes it unstable
    inflow = Field(over="world")  # (num_worlds,) the control
    effort = Field(over="world", dtype="float64")  # (num_worlds,) sum of |u[-1]| over all time steps
    earlier = Field(over="world", dtype="float64")  # (num_worlds,) norm `window` sub-steps ago

    @classmethod
    def blueprint_of(
        cls, params: BoundaryParams, lattice: murk.Lattice, propagator: Propagator, period: float
    ) -> Blueprint:
        """Return the blueprint of a line under one propagator."""
        most = 1.0 if params.is_scaled else UNSCALED
        return Blueprint(
            lattice=lattice,
            propagators=[propagator],
            observation=Observation(Observe(cls.u)),
            action_space=Box(-most, most, (1,), np.float32),
            static={cls.shape: lambda: params.chebyshev(params.size)},
            dt=period,
            substeps=params.substeps,
        )

    @classmethod
    def picture(cls, params: BoundaryParams, /) -> Picture:
        """Return the state, with the controlled node."""
        extreme = 2.0 * max(abs(params.least), abs(params.most), 0.5)
        controlled = Marker(np.array([params.size - 1]), "ring", label="control")
        return Picture(cls.u, low=-extreme, high=extreme, palette="coolwarm", markers=[controlled])

    @murk.per_world
    def start(self, rng: Draws) -> None:
        """Draw one value for all nodes, including the controlled one."""
        p = self.params
        self.u[:] = p.least + (p.most - p.least) * uniform(rng)

    @murk.per_world
    def act(self, action: npt.NDArray[np.float32]) -> None:
        """Set the control, which holds for all sub-steps."""
        p, power = self.params, np.float32(self.params.power)
        if self.elapsed_steps == 1:
            self.effort[0] = abs(self.u[-1])
        self.earlier[0] = norm_of(self.u)
        self.inflow[0] = (action[0] + np.float32(1.0)) * power - power if p.is_scaled else action[0]
        self.effort[0] += p.substeps * abs(np.float64(self.inflow[0]))

    @murk.per_world
    def between(self, substep: int) -> None:
        """Note the norm when the window begins."""
        if substep == self.params.substeps - self.params.window - 1:
            self.earlier[0] = norm_of(self.u)

    @murk.per_world
    def reward(self) -> float:
        """Pay for the loss of norm within the window, and at the horizon for success."""
        p, norm = self.params, norm_of(self.u)
        if self.elapsed_steps == p.horizon and norm < p.tolerance:
            return p.bonus - self.effort[0] / 1000.0 - norm
        if norm >= p.limit:
            return -p.penalty * p.substeps * max(0, p.horizon - self.elapsed_steps)
        return self.earlier[0] - norm

    @murk.per_world
    def terminated(self) -> bool:
        """End when the norm reaches `limit`, or at the horizon if `time_ends` is "terminated"."""
        p = self.params
        return norm_of(self.u) >= p.limit or (p.time_terminates and self.elapsed_steps >= p.horizon)


def norm_of(values: npt.NDArray[np.float32]) -> float:
    """Return the square root of the sum of squares."""
    total = 0.0
    for value in values:
        total += np.float64(value) * np.float64(value)
    return math.sqrt(total)
