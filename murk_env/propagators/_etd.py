"""Exponential time differencing of order 4: its weights and stability limits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["REACH", "SHARE", "Weights", "weights_of"]

Numbers = npt.NDArray[Any]  # float64, or complex128 where rates have imaginary parts

REACH = 2.6  # |lambda| * dt up to which a mode is stable with any damping: 2.62 for lambda at 120 degrees
SHARE = 0.7  # |lambda| / damping up to which a mode is stable at any dt: 1 / sqrt(2) at 90 degrees

_POINTS = np.exp(1j * np.pi * (np.arange(1, 65) - 0.5) / 32.0)  # around the unit circle


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of a mode and its nonlinear part in the stages of a step, each (rows, num_modes).

    Attributes:
        whole: exp(c), with c the linear rate times dt.
        half: exp(c / 2).
        stage: weight of the nonlinear part in the three inner stages.
        first: weight of its value at the beginning of the step.
        middle: weight of the sum of the two values in the middle.
        last: weight of the value at the end.
    """

    whole: Numbers
    half: Numbers
    stage: Numbers
    first: Numbers
    middle: Numbers
    last: Numbers


def weights_of(rates: Numbers, dt: float) -> Weights:
    """Return the weights for linear rates, (rows, num_modes), and a time step.

    The quotients lose all digits where c is small, so they are computed as means over a circle around c:
    A.-K. Kassam and L. N. Trefethen, SIAM J. Sci. Comput. 26, 1214-1233 (2005).
    """
    c = rates * dt
    real = not np.iscomplexobj(rates)
    sums = np.zeros((4, *c.shape), np.complex128)
    for point in _POINTS:  # one by one: a table of all points would not fit into the caches
        z = c + point
        e, cubed = np.exp(z), z**3
        sums[0] += (np.exp(z / 2.0) - 1.0) / z
        sums[1] += (-4.0 - z + e * (4.0 - 3.0 * z + z**2)) / cubed
        sums[2] += (2.0 + z + e * (z - 2.0)) / cubed
        sums[3] += (-4.0 - 3.0 * z - z**2 + e * (4.0 - z)) / cubed
    means: Any = dt * sums / _POINTS.size
    stage, first, middle, last = means.real.copy() if real else means
    return Weights(np.exp(c), np.exp(c / 2.0), stage, first, 2.0 * middle, last)
