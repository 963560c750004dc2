"""Linear feedback for forces along a ring: the LQR of the equation without its nonlinear term."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs._ring import actuators_by_cell, sensor_cells

__all__ = ["Floats", "feedback", "interpolation", "regulator"]

Floats = npt.NDArray[np.float64]
Policy = Callable[[Any, Any, np.random.Generator], npt.NDArray[Any]]

_TURNS = 60  # most doublings, each of which doubles the horizon
_CLOSE = 1e-12


def regulator(params: Any, rates: Floats) -> Floats:
    """Return the gain on u of every cell, (actuators, size): forces are gain @ u.

    It is the LQR gain for u_t = linear part + forces, sampled once a step, with an infinite horizon; waves
    that no actuator moves and that do not grow are left alone. The Riccati equation is solved by
    doubling: E. K.-W. Chu, H.-Y. Fan and W.-W. Lin, J. Comput. Appl. Math. 177 (2005),
    https://doi.org/10.1016/j.cam.2004.07.006.

    Args:
        params: the parameters.
        rates: the linear rate of every mode, (size // 2 + 1,).

    Raises:
        ValueError: the actuators cannot stabilise it.
    """
    size, period = params.size, params.period
    by_cell = actuators_by_cell(size, params.reaches)
    acts = (by_cell[:, np.newaxis] == np.arange(params.actuators)).astype(np.float64)
    grown = np.exp(rates * period)
    held = np.where(rates == 0.0, period, np.expm1(rates * period) / np.where(rates == 0.0, 1.0, rates))

    def through(modes: Floats, columns: Floats) -> Floats:
        return np.fft.irfft(modes[:, np.newaxis] * np.fft.rfft(columns, axis=0), size, axis=0)

    free, forced, same = through(grown, np.eye(size)), through(held, acts), np.eye(size)
    a, g, cost = free, forced @ forced.T / params.action_cost, params.state_cost * same
    for _ in range(_TURNS):
        inverse = np.linalg.solve(same + g @ cost, np.hstack([a, g]))
        step, spread = inverse[:, :size], inverse[:, size:]
        more = a.T @ cost @ step
        a, g, cost = a @ step, g + a @ spread @ a.T, cost + (more + more.T) / 2.0
        if not np.isfinite(cost).all() or np.abs(cost).max() > 1e12:
            break
        if np.abs(more).max() <= _CLOSE * np.abs(cost).max():
            weighed = params.action_cost * np.eye(params.actuators) + forced.T @ cost @ forced
            return -np.linalg.solve(weighed, forced.T @ cost @ free)
    raise ValueError(
        f"{params.actuators} actuators of width {params.width:g} cannot stabilise this equation: some "
        f"growing wave is moved by none of them; use narrower actuators, or an odd number of them."
    )


def interpolation(params: Any) -> Floats:
    """Return the matrix that interpolates the state linearly from the sensors, (size, sensors)."""
    cells = sensor_cells(params.size, params.sensors)
    around = [*cells, params.size]
    columns = [np.interp(np.arange(params.size), around, [*unit, unit[0]]) for unit in np.eye(params.sensors)]
    return np.stack(columns, axis=1)


def feedback(gain: Floats, params: Any) -> Policy:
    """Return the policy that sets the forces to gain @ observation, where an action of 1 means `power`."""

    def act(observations: npt.NDArray[Any], action_space: Any, rng: np.random.Generator) -> npt.NDArray[Any]:
        wanted = (observations[:, np.newaxis, :] * gain).sum(axis=2)  # no BLAS: the same in any batch
        share = wanted / params.power if params.is_scaled else wanted
        return np.clip(share, action_space.low, action_space.high).astype(action_space.dtype)

    return act
