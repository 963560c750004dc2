"""What the distributed-control tasks share: forces on some cells of a ring, sensors, a quadratic cost.

Both are after controlgym (X. Zhang, W. Mao, S. Mowlavi, M. Benosman and T. Basar, "Controlgym: large-scale
control environments for benchmarking reinforcement learning algorithms", L4DC 2024,
https://arxiv.org/abs/2311.18736).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

import murk_env as murk
from murk_env import Blueprint, Field, Marker, MurkEnv, Observation, Observe, Picture, Spectral
from murk_env.observation import Entry
from murk_envs._distributed_params import DistributedParams
from murk_envs._ring import actuator_centres, actuators_by_cell, sensor_cells

__all__ = ["DistributedControl"]


class DistributedControl(MurkEnv):
    """What both tasks share: the state, the forces, what is observed, the cost and the ends."""

    u = Field(dtype="float64")  # (num_worlds, num_cells) the state
    push = Field(dtype="float64")  # (num_worlds, num_cells) the forces
    before = Field(dtype="float64")  # (num_worlds, num_cells) u before the step, if that is observed
    seen = Field(dtype="float64", derived=True)  # (num_worlds, num_cells) the state that is observed
    actuator = Field(mutability="static", dtype="int32")  # (num_cells,) the actuator that acts there, or IDLE
    cost = Field(over="world", dtype="float64")  # (num_worlds,) of the step: of u before it and of the forces

    @classmethod
    def blueprint_of(
        cls, params: DistributedParams, length: float, linear: Mapping[int, float], max_speed: float
    ) -> Blueprint:
        """Return the blueprint of a ring of the given length under u_t = linear part - u u_x + forces."""
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
            static={cls.actuator: lambda: actuators_by_cell(params.size, params.reaches)},
            dt=params.period,
            ends_diverged=True,
        )

    @classmethod
    def entry(cls, params: DistributedParams) -> Entry:
        """Return the entry of the observation: sensors, or all cells."""
        if params.view == "state":
            return Observe(cls.seen)
        sensors = Observe(cls.seen, cells=sensor_cells(params.size, params.sensors))
        return sensors.noisy(params.noise) if params.noise > 0.0 else sensors

    @classmethod
    def picture(cls, params: DistributedParams, /) -> Picture:
        """Return the state, with the centres of actuators, and the sensors unless they would hide it."""
        extreme = cls.extreme
        centres = actuator_centres(params.size, params.actuators)
        markers = [Marker(np.array(centres), "cross", label="actuator")]
        if 8 * params.sensors <= params.size:
            cells = sensor_cells(params.size, params.sensors)
            markers.append(Marker(np.array(cells), "ring", label="sensor"))
        return Picture(cls.u, low=-extreme, high=extreme, palette="coolwarm", markers=markers)

    extreme = 1.0  # of u in a picture

    @murk.per_world
    def act(self, action: npt.NDArray[np.float32]) -> None:
        """Set the forces, which are held for the step, and the cost of the step."""
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
        """Show the state after the step, or before it."""
        stale = self.params.sees_before and self.elapsed_steps > 0
        for cell in range(self.u.size):
            self.seen[cell] = self.before[cell] if stale else self.u[cell]

    @murk.per_world
    def reward(self) -> float:
        """Charge for the state before the step, and for the forces."""
        return -self.cost[0]

    @murk.per_world
    def terminated(self) -> bool:
        """End when a step costs more than `limit`, or at the horizon if `time_ends` is "terminated"."""
        p = self.params
        return self.cost[0] > p.limit or (p.time_terminates and self.elapsed_steps >= p.horizon)


def carried(u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return -u**2 / 2, whose derivative along the ring is -u * u_x."""
    return -0.5 * u * u
