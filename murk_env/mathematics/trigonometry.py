"""sin and cos as fixed float64 operations: polynomials on an eighth of a turn to both sides of 0.

Source: fdlibm's k_sin.c and k_cos.c. Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
Permission to use, copy, modify, and distribute that software is freely granted, provided that this notice is
preserved.
"""

import math
from typing import Any

import numpy as np

from murk_env.kernels import inlined
from murk_env.mathematics.bits import nearest, whole
from murk_env.mathematics.reduction import reduced

__all__ = ["cos", "cos_and_sin_of_turn", "sin"]

_S1, _S2, _S3 = -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04
_S4, _S5, _S6 = 2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10
_C1, _C2, _C3 = 4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05
_C4, _C5, _C6 = -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11
_QUARTER = math.pi / 2.0
_QUARTER_LOW = 6.123233995736766e-17  # pi / 2 - _QUARTER


@inlined
def sin(x: float) -> float:
    """Return the sine of any angle, in radians, in float64, to 1 unit in the last place.

    It is NaN for inf and NaN; -0.0 stays -0.0.
    """
    return _sin_after(np.float64(x), 0)


@inlined
def cos(x: float) -> float:
    """Return the cosine of any angle, in radians, in float64, to 1 unit in the last place.

    It is NaN for inf and NaN.
    """
    return _sin_after(np.float64(x), 1)


@inlined
def cos_and_sin_of_turn(share: Any) -> Any:
    """Return the cosine and the sine of a share of a full turn, from 0 to 1, in float64."""
    k, n = whole(nearest(4.0 * share))
    rest = 4.0 * share - k  # exact
    angle, lack = rest * _QUARTER, rest * _QUARTER_LOW
    z = angle * angle
    cosine, sine = _small_cos(angle, lack, z), _small_sin(angle, lack, z)
    odd = n & 1 != 0
    first, second = -sine if odd else cosine, cosine if odd else sine
    beyond = n & 2 != 0
    return -first if beyond else first, -second if beyond else second


@inlined
def _sin_after(value: Any, quarters: Any) -> Any:
    """Return the sine of an angle plus some quarters of a turn."""
    if not abs(value) < math.inf:
        return math.nan
    n, angle, lack = reduced(value)
    n = n + quarters
    z = angle * angle
    result = _small_cos(angle, lack, z) if n & 1 else _small_sin(angle, lack, z)
    return -result if n & 2 else result


@inlined
def _small_sin(x: Any, lack: Any, z: Any) -> Any:
    """Return the sine of x + lack, |x| <= pi / 4."""
    r = _S2 + z * (_S3 + z * _S4) + z * (z * z) * (_S5 + z * _S6)
    v = z * x
    return x - ((z * (0.5 * lack - v * r) - lack) - v * _S1)


@inlined
def _small_cos(x: Any, lack: Any, z: Any) -> Any:
    """Return the cosine of x + lack, |x| <= pi / 4."""
    r = z * (_C1 + z * (_C2 + z * _C3)) + (z * z) * (z * z) * (_C4 + z * (_C5 + z * _C6))
    half = 0.5 * z
    w = 1.0 - half
    return w + (((1.0 - w) - half) + (z * r - x * lack))
