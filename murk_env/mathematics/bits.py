"""The bits of float64 numbers, for exact scaling and rounding by addition."""

from typing import Any

import numpy as np

from murk_env.kernels import inlined

__all__ = [
    "bits_of",
    "double_of",
    "exponent_of",
    "half_of",
    "mantissa_of",
    "nearest",
    "power_of_two",
    "whole",
]

_TO_WHOLE = 1.5 * 2.0**52  # added to a double below 2**51, leaves no bits behind the point
_TO_WHOLE_BITS = 0x4338000000000000
_BIAS = 1023
_MANTISSA = 52
_MANTISSA_BITS = (1 << _MANTISSA) - 1
_WHOLE_BITS = 0x4330000000000000  # of 2.0**52, to which a whole number below it is added by its bits
_FAR = 2048  # more than any exponent


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


@inlined
def exponent_of(bits: Any) -> Any:
    """Return the exponent in the bits of a positive float64, as a float64.

    Without a shift of signed numbers or a conversion from int64: AVX2 has neither for vectors.
    """
    exponent = np.int64(np.uint64(bits) >> np.uint64(_MANTISSA))
    return double_of(exponent | _WHOLE_BITS) - (2.0**_MANTISSA + _BIAS)


@inlined
def mantissa_of(bits: Any) -> Any:
    """Return the bits of a float64's mantissa, an int64."""
    return bits & _MANTISSA_BITS


@inlined
def half_of(exponent: Any) -> Any:
    """Return half of an exponent, rounded down, an int64; without a shift of signed numbers."""
    return np.int64(np.uint64(exponent + _FAR) >> np.uint64(1)) - _FAR // 2
