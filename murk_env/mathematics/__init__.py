"""exp, log, sin and their like for compiled code, which are the same to the last bit wherever they run.

Those of `math` and numpy come from the C library, or are numpy's own, and differ in the last place between
processors and versions. These are fixed sequences of additions, multiplications and divisions, each rounded
as IEEE 754 says, in float64:

    >>> from murk_env.mathematics import exp
    >>> exp(2.0)
    7.38905609893065

They are called in hooks for one world and in kernels, with any number, and return a float64 (those named
`float32` take and return a float32), at most 1 unit in the last place from the true value: for subnormal
numbers and for the largest angles, too. Where there is no number they return inf or NaN, and never raise.
They take single numbers; in array hooks there are numpy's functions, which may differ between machines.
"""

from murk_env.mathematics.exponential import exp, expm1, expm1_float32
from murk_env.mathematics.logarithm import log, log1p
from murk_env.mathematics.trigonometry import cos, sin

__all__ = ["cos", "exp", "expm1", "expm1_float32", "log", "log1p", "sin"]
