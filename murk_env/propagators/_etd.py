"""Exponential time differencing of order 4: its weights and stability limits."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.mathematics import cos, exp, sin

__all__ = ["REACH", "SHARE", "Weights", "weights_of"]

Numbers = npt.NDArray[Any]  # float64, or complex128 where rates have imaginary parts

REACH = 2.6  # |lambda| * dt up to which a mode is stable with any damping: 2.62 for lambda at 120 degrees
SHARE = 0.7  # |lambda| / damping up to which a mode is stable at any dt: 1 / sqrt(2) at 90 degrees

_NUM_POINTS = 64  # on the unit circle


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

    numpy rounds exponentials and products of complex numbers differently on different processors, so they are
    computed here, by fixed sequences of real operations.
    """
    c: Any = np.asarray(rates * dt, np.complex128)
    tables: Any = np.empty((6, *c.shape), np.complex128)
    _weigh(c.ravel(), *tables.reshape(6, -1))
    tables *= np.array([1.0, 1.0, dt, dt, 2.0 * dt, dt]).reshape(6, *[1] * c.ndim)
    return Weights(*(tables if np.iscomplexobj(rates) else tables.real.copy()))


@kernel
def _weigh(c: Any, whole: Any, half: Any, stage: Any, first: Any, middle: Any, last: Any) -> None:
    """Set the weights of a step of length 1, each (num_modes,) complex128."""
    for mode in range(c.size):
        whole[mode], half[mode] = _exp(c[mode]), _exp(0.5 * c[mode])
        stage[mode] = first[mode] = middle[mode] = last[mode] = 0.0
    for point in range(_NUM_POINTS):
        turn = (point + 0.5) * (math.pi / 32.0)
        away = complex(cos(turn), sin(turn))
        for mode in range(c.size):
            z = c[mode] + away
            e, square = _exp(z), z * z
            cube = square * z
            stage[mode] += _quotient(_exp(0.5 * z) - 1.0, z) / _NUM_POINTS
            first[mode] += _quotient(e * (4.0 - 3.0 * z + square) - 4.0 - z, cube) / _NUM_POINTS
            middle[mode] += _quotient(e * (z - 2.0) + 2.0 + z, cube) / _NUM_POINTS
            last[mode] += _quotient(e * (4.0 - z) - 4.0 - 3.0 * z - square, cube) / _NUM_POINTS


@kernel
def _exp(z: Any) -> complex:
    size = exp(z.real)
    return complex(size * cos(z.imag), size * sin(z.imag))


@kernel
def _quotient(a: Any, b: Any) -> complex:
    size = b.real * b.real + b.imag * b.imag
    return complex((a.real * b.real + a.imag * b.imag) / size, (a.imag * b.real - a.real * b.imag) / size)
