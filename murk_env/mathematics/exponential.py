"""exp and expm1 as fixed float64 operations.

The argument is k * ln 2 + r with |r| <= ln 2 / 2; exp(r) - 1 is a rational function of r, multiplied by 2**k.

Source: fdlibm's e_exp.c and s_expm1.c, with selections in place of their branches. Copyright (C) 1993 by Sun
Microsystems, Inc. All rights reserved. Permission to use, copy, modify, and distribute that software is
freely granted, provided that this notice is preserved.
"""

import math
from typing import Any

import numpy as np

from murk_env.kernels import inlined
from murk_env.mathematics.bits import half_of, nearest, power_of_two, whole

__all__ = ["exp", "expm1", "expm1_float32"]

_PER_LN2 = 1.44269504088896338700
_LN2_HIGH = 6.93147180369123816490e-01  # 32 bits, so that its product with k is exact
_LN2_LOW = 1.90821492927058770002e-10
_LN2 = 0.6931471805599453
_LARGEST = 709.782712893384  # beyond it exp overflows
_LARGEST_FLOAT32 = 88.72283905206835
_P1, _P2, _P3 = 1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05
_P4, _P5 = -1.65339022054652515390e-06, 4.13813679705723846039e-08
_Q1, _Q2, _Q3 = -3.33333333333331316428e-02, 1.58730158725481460165e-03, -7.93650757867487942473e-05
_Q4, _Q5 = 4.00821782732936239552e-06, -2.01099218183624371326e-07
# exp(r) - 1 = r * (F0 + F1 * r + ...) to 38 bits
_F0, _F1, _F2, _F3 = 0.9999999999955055, 0.4999999999995507, 0.1666666678638044, 0.041666666786337556
_F4, _F5 = 0.008333283518768105, 0.001388883909064138
_F6, _F7 = 0.00019907582591325134, 2.4867883453521802e-05


@inlined
def exp(x: float) -> float:
    """Return e**x in float64, to 1 unit in the last place.

    It is inf from 709.79 on, 0 below -745.14, and NaN for NaN.
    """
    value = np.float64(x)
    held: Any = value if value > -746.0 else -746.0
    held = held if held < _LARGEST else _LARGEST
    k, exponent = whole(nearest(held * _PER_LN2))
    high, low = held - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    t = r * r
    c = r - t * (_P1 + t * (_P2 + t * (_P3 + t * (_P4 + t * _P5))))
    result = _scaled(1.0 - ((low - (r * c) / (2.0 - c)) - high), exponent)
    result = result if value <= _LARGEST else math.inf
    return result if value == value else value


@inlined
def expm1(x: float) -> float:
    """Return e**x - 1 in float64, to 1 unit in the last place, also near 0.

    It is inf from 709.79 on, -1 below -38, and NaN for NaN; -0.0 stays -0.0.
    """
    value = np.float64(x)
    held: Any = value if value > -40.0 else -40.0
    held = held if held < _LARGEST else _LARGEST
    k, exponent = whole(nearest(held * _PER_LN2))
    high, low = held - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    lost = (high - r) - low
    half = 0.5 * r
    t = r * half
    r1 = 1.0 + t * (_Q1 + t * (_Q2 + t * (_Q3 + t * (_Q4 + t * _Q5))))
    u = 3.0 - r1 * half
    e = t * ((r1 - u) / (6.0 - r * u))
    excess = (r * (e - lost) - lost) - t  # r - (exp(r) - 1)
    one = power_of_two(-exponent if exponent < 1000 else -1000)  # 1 / 2**k
    ordinary, large, first = (1.0 - one) - (excess - r), 1.0 + ((r - excess) - one), (r + 0.5) - excess
    share = ordinary if exponent < 20 else large
    share = first if (exponent == 1) & (r < -0.25) else share
    result = _scaled(share, exponent)
    result = result if value <= _LARGEST else math.inf
    result = result if abs(value) >= 2.0**-54 else value
    return result if value == value else value


@inlined
def expm1_float32(x: Any) -> Any:
    """Return e**x - 1 of a float32 as a float32, to 0.501 units in the last place."""
    value = np.float64(x)
    held: Any = value if value > -40.0 else -40.0
    held = held if held < _LARGEST_FLOAT32 else _LARGEST_FLOAT32
    k, exponent = whole(nearest(held * _PER_LN2))
    r = held - k * _LN2
    small = r * (_F0 + r * (_F1 + r * (_F2 + r * (_F3 + r * (_F4 + r * (_F5 + r * (_F6 + r * _F7)))))))
    scale = power_of_two(exponent)
    result = scale * small + (scale - 1.0)
    result = result if value <= _LARGEST_FLOAT32 else math.inf
    result = result if abs(value) > 0.0 else value
    return np.float32(result)


@inlined
def _scaled(value: Any, exponent: Any) -> Any:
    """Return value * 2**exponent, rounded once: the second step alone can leave the normal numbers."""
    half = half_of(exponent)
    return value * power_of_two(half) * power_of_two(exponent - half)
