"""exp, log, sin and their like for compiled code, the same to the last bit on every machine.

The functions of `math` and numpy come from the C library, or are numpy's own, and differ in the last place
between processors and versions. These are fixed sequences of float64 additions, multiplications and
divisions, each rounded as IEEE 754 requires:

    >>> from murk_env.mathematics import exp
    >>> exp(2.0)
    7.38905609893065

Call them in hooks for one world and in kernels, with any number. They return a float64 (those named
`float32` take and return a float32), at most 1 unit in the last place from the true value, also for
subnormal numbers and the largest angles. They never raise: without a finite result they return inf or NaN.
They take single numbers; array hooks use numpy's functions, which may differ between machines.
"""

from murk_env.mathematics.exponential import exp, expm1, expm1_float32
from murk_env.mathematics.logarithm import log, log1p, log1p_float32
from murk_env.mathematics.trigonometry import cos, sin

__all__ = ["cos", "exp", "expm1", "expm1_float32", "log", "log1p", "log1p_float32", "sin"]
