"""Returns of HeatControl: proportional control, and a bound by LQR without saturation."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random

__all__ = ["POLICIES", "Control", "best_control", "optimum"]

Floats = npt.NDArray[np.float64]

NUM_STEPS = 200
GAIN = 2.0  # share of the power per K of error; tuned on the default plant
NUM_SPEEDS = 9
NUM_HEADINGS = 8


def places(size: int, heaters: int) -> npt.NDArray[np.int64]:
    """Return the cells along a side that have a heater, (heaters,)."""
    return (2 * np.arange(heaters) + 1) * size // (2 * heaters)


def in_proportion(
    observations: npt.NDArray[np.float32], action_space: Any, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Heat each heater's cell in proportion to its error; for the line only."""
    heat, target = np.split(observations[:, :-1], 2, axis=1)
    cells = places(heat.shape[1], action_space.shape[0])
    return np.clip(GAIN * (target - heat)[:, cells], -1.0, 1.0)


POLICIES = {"random": act_at_random, "scripted": in_proportion}


@dataclass(frozen=True)
class Control:
    """The optimal control of one wave without saturation of the heaters.

    Attributes:
        gains: (num_steps, num_heaters, num_cells + 2); the action is
            -gains[step] @ (heat, cos(phase), sin(phase)).
        cost: cost of an episode as a quadratic form of the same state at its start.
        chance: mean cost that noise adds.
    """

    gains: Floats
    cost: Floats
    chance: float


def best_control(params: Any, velocity: float, heading: float) -> Control:
    """Return the optimal control by the Riccati recursion, backward in time."""
    flow, push, wave = _plant(params, heading)
    num_cells, num_heaters = push.shape
    step = np.zeros((num_cells + 2, num_cells + 2))
    step[:num_cells, :num_cells] = flow
    step[num_cells:, num_cells:] = _turn(velocity)
    drive = np.concatenate([push, np.zeros((2, num_heaters))])
    error = np.concatenate([flow, -wave], axis=1)  # after the tick, without heating
    weight = 1.0 / (num_cells * params.amplitude**2)
    price = params.effort / num_heaters * np.eye(num_heaters)
    cost, chance, gains = np.zeros_like(step), 0.0, []
    for _ in range(NUM_STEPS):
        chance += params.noise**2 * (weight * num_cells + np.trace(cost[:num_cells, :num_cells]))
        curve = weight * push.T @ push + price + drive.T @ cost @ drive
        cross = weight * push.T @ error + drive.T @ cost @ step
        gain = np.linalg.solve(curve, cross)
        cost = weight * error.T @ error + step.T @ cost @ step - cross.T @ gain
        cost = (cost + cost.T) / 2.0  # symmetric, as it is but for rounding errors, which would grow
        gains.append(gain)
    return Control(np.array(gains[::-1]), cost, chance)


def optimum(params: Any) -> float:
    """Return an upper bound of the mean return: the optimum without saturation and overheating."""
    nodes, weights = np.polynomial.legendre.leggauss(NUM_SPEEDS)
    one = params.plant == "line"
    headings = [0.0] if one else 2.0 * math.pi * np.arange(NUM_HEADINGS) / NUM_HEADINGS
    returns = [[_mean_return(params, params.speed * node, heading) for node in nodes] for heading in headings]
    return float(np.mean(returns, axis=0) @ weights / 2.0)


def _mean_return(params: Any, velocity: float, heading: float) -> float:
    """Return the mean return over all phases and starting temperatures."""
    control = best_control(params, velocity, heading)
    heat, phase = control.cost[:-2, :-2], control.cost[-2:, -2:]
    return -float(params.amplitude**2 / 3.0 * heat.sum() + np.trace(phase) / 2.0 + control.chance)


def _plant(params: Any, heading: float) -> tuple[Floats, Floats, Floats]:
    """Return the matrices of a tick, of the heaters, and of the wave from (cos, sin) of its phase."""
    size, line = params.size, np.eye(params.size)
    along = np.diff(line, axis=0)
    laplace, cells = -along.T @ along, places(size, params.heaters)
    x, y = np.arange(size), np.zeros(size)
    push = line[:, cells]
    if params.plant == "square":
        laplace = np.kron(laplace, line) + np.kron(line, laplace)
        x, y, push = np.tile(x, size), np.repeat(x, size), np.kron(push, push)
    flow = (np.eye(len(x)) + params.diffusion * laplace) * math.exp(-params.loss)
    angle = 2.0 * math.pi / size * (x * math.cos(heading) + y * math.sin(heading))
    return flow, params.power * push, params.amplitude * np.stack([np.sin(angle), -np.cos(angle)], axis=1)


def _turn(velocity: float) -> Floats:
    """Return the matrix that a step applies to (cos, sin) of the phase."""
    cosine, sine = math.cos(velocity), math.sin(velocity)
    return np.array([[cosine, -sine], [sine, cosine]])
