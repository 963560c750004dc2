"""The bits of float64 numbers, for exact scaling and rounding by addition."""

from typing import Any

import numpy as np

from murk_env.kernels import inlined

__all__ = ["bits_of", "double_of", "nearest", "power_of_two", "whole"]

_TO_WHOLE = 1.5 * 2.0**52  # added to a double below 2**51, leaves no bits behind the point
_TO_WHOLE_BITS = 0x4338000000000000
_BIAS = 1023
_MANTISSA = 52


@inlined
def bits_of(value: Any) -> Any:
    """Return the bits of a float64, as an int64."""
    return np.float64(value).view(np.int64)


@inlined
def double_of(bits: Any) -> Any:
    """Return the float64 that has these bits, an int64."""
    return np.int64(bits).view(np.float64)


@inlined
def nearest(value: Any) -> Any:
    """Round a float64 of at most 2**51 to the nearest whole number, ties to even, plus 1.5 * 2**52."""
    return value + _TO_WHOLE


@inlined
def whole(rounded: Any) -> Any:
    """Return the whole number in a result of `nearest`, as a float64 and as an int64."""
    return rounded - _TO_WHOLE, bits_of(rounded) - _TO_WHOLE_BITS


@inlined
def power_of_two(exponent: Any) -> Any:
    """Return 2.0**exponent, for an int64 from -1022 to 1023."""
    return double_of((exponent + _BIAS) << _MANTISSA)
