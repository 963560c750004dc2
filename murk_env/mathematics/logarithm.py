"""log and log1p as fixed float64 operations.

The argument is 2**k * m with m from sqrt(1/2) to sqrt(2), and log(m) a polynomial in ((m - 1) / (m + 1))**2.

Source: fdlibm's e_log.c and s_log1p.c, with selections in place of their branches. Copyright (C) 1993 by Sun
Microsystems, Inc. All rights reserved. Permission to use, copy, modify, and distribute that software is
freely granted, provided that this notice is preserved.
"""

import math
from typing import Any

import numpy as np

from murk_env.kernels import inlined
from murk_env.mathematics.bits import bits_of, double_of, exponent_of, mantissa_of

__all__ = ["log", "log1p", "log1p_float32", "log_of_normal"]

_LN2_HIGH = 6.93147180369123816490e-01  # 32 bits, so that its product with k is exact
_LN2_LOW = 1.90821492927058770002e-10
_ROOT_HALF_BITS = 0x3FE6A09E00000000  # a little below sqrt(1/2)
_TO_ONE = 0x3FF0000000000000 - _ROOT_HALF_BITS  # from there to 1
_L1, _L2, _L3 = 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01
_L4, _L5, _L6 = 2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01
_L7 = 1.479819860511658591e-01
_LEAST_NORMAL = 2.0**-1022
_TO_NORMAL = 2.0**54


@inlined
def log(x: float) -> float:
    """Return the natural logarithm in float64, to 1 unit in the last place.

    It is -inf for 0, inf for inf, and NaN below 0 and for NaN.
    """
    value = np.float64(x)
    ordinary: Any = value if (value > 0.0) & (value < math.inf) else 1.0
    tiny = ordinary < _LEAST_NORMAL
    result = _log_of(ordinary * _TO_NORMAL if tiny else ordinary, -54.0 if tiny else 0.0)
    result = result if value > 0.0 else (-math.inf if value == 0.0 else math.nan)
    return result if value < math.inf else value


@inlined
def log_of_normal(value: Any) -> Any:
    """Return the natural logarithm of a positive, finite, normal float64."""
    return _log_of(value, 0.0)


@inlined
def log1p(x: float) -> float:
    """Return the natural logarithm of 1 + x in float64, to 1 unit in the last place, also near 0.

    It is -inf for -1, inf for inf, and NaN below -1 and for NaN; -0.0 stays -0.0.
    """
    value = np.float64(x)
    ordinary: Any = value if (value > -1.0) & (value < math.inf) else 0.0
    u = 1.0 + ordinary
    k, m = _parts(u)
    of_large, of_small = 1.0 - (u - ordinary), ordinary - (u - 1.0)
    lost = (of_large if k >= 2.0 else of_small) / u
    return _log1p_of(value, ordinary, k, m, lost)


@inlined
def log1p_float32(x: Any) -> Any:
    """Return log(1 + x) of a float32 as a float32, in three quarters of the time of `log1p`.

    Up to 2**52 it is what `log1p` returns, rounded; beyond, to 0.501 units in the last place: 1 + x loses
    nothing of x, or so little that the result does not show it.
    """
    value = np.float64(x)
    ordinary: Any = value if (value > -1.0) & (value < math.inf) else 0.0
    k, m = _parts(1.0 + ordinary)
    return np.float32(_log1p_of(value, ordinary, k, m, 0.0))


@inlined
def _log1p_of(value: Any, ordinary: Any, k: Any, m: Any, lost: Any) -> Any:
    """Return log1p of a value, given k and m of 1 + x and what of x it has lost."""
    near = (ordinary > -0.2928) & (ordinary < 0.4142)  # then 1 + x is its own m, and nothing of x is lost
    f = m - 1.0
    result = _log_near_one(ordinary if near else f, 0.0 if near else k, 0.0 if near else lost)
    result = result if abs(value) >= 2.0**-54 else value
    result = result if value > -1.0 else (-math.inf if value == -1.0 else math.nan)
    return result if value < math.inf else value


@inlined
def _log_of(value: Any, exponent: Any) -> Any:
    """Return log(value * 2**exponent)."""
    k, m = _parts(value)
    return _log_near_one(m - 1.0, k + exponent, 0.0)


@inlined
def _parts(value: Any) -> Any:
    """Return k and m of value = 2**k * m."""
    bits = bits_of(value) + _TO_ONE
    return exponent_of(bits), double_of(mantissa_of(bits) + _ROOT_HALF_BITS)


@inlined
def _log_near_one(f: Any, k: Any, lost: Any) -> Any:
    """Return log(2**k * (1 + f)) + lost."""
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = w * (_L2 + w * (_L4 + w * _L6))
    even = z * (_L1 + w * (_L3 + w * (_L5 + w * _L7)))
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + (odd + even)) + (k * _LN2_LOW + lost))) - f)
