"""Angles reduced by the nearest multiple of a quarter turn, precisely enough for every float64.

Sources: W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (1980), as in fdlibm's
e_rem_pio2.c; beyond, M. Payne and R. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter
18 (1983).
"""

import math
from typing import Any

import numpy as np

from murk_env.kernels import inlined, kernel
from murk_env.mathematics.bits import bits_of, nearest, whole

__all__ = ["reduced"]

_SMALLEST_LARGE = 2.0**20
_PER_QUARTER = 6.36619772367581382433e-01  # 2 / pi
# pi / 2: three times 33 bits, so that products with n are exact, and the rest
_PART1, _PART2 = 1.57079632673412561417e00, 6.07710050630396597660e-11
_PART3, _REST3 = 2.02226624871116645580e-21, 8.47842766036889956997e-32
_QUARTER = math.pi / 2.0
_QUARTER_LOW = 6.123233995736766e-17  # pi / 2 - _QUARTER

# 2 / pi behind the point, in words of 32 bits, after 64 bits before it
_DIGITS = (
    "a2f9836e 4e441529 fc2757d1 f534ddc0 db629599 3c439041 fe5163ab debbc561 "
    "b7246e3a 424dd2e0 06492eea 09d1921c fe1deb1c b129a73e e88235f5 2ebb4484 "
    "e99c7026 b45f7e41 3991d639 835339f4 9c845f8b bdf9283b 1ff897ff de05980f "
    "ef2f118b 5a0a6d1f 6d367ecf 27cb09b7 4f463f66 9e5fea2d 7527bac7 ebe5f17b "
    "3d0739f7 8a5292ea 6bfb5fb1 1f8d5d08 56033046 fc7b6bab f0cfbc20 9af4361d"
)
_WORDS = np.array([0, 0, *(int(word, 16) for word in _DIGITS.split())], np.uint64)
_NUM_WORDS = 7  # of 2 / pi that matter to one float64
_LOW, _WORD = np.uint64(0xFFFFFFFF), np.uint64(32)
_MANTISSA, _HIDDEN = np.int64(0xFFFFFFFFFFFFF), np.int64(1 << 52)
_QUARTERS, _BELOW = np.uint64(30), np.uint64(0x3FFFFFFF)
_HALF = np.uint64(1 << 29)
_SPLIT = 134217729.0  # 2**27 + 1


@inlined
def reduced(value: Any) -> Any:
    """Return n modulo 4, r, and the rounding error of r: value = n * pi / 2 + r + lack, |r| <= pi / 4."""
    if abs(value) < _SMALLEST_LARGE:
        return _near(value)
    return _far(value)


@inlined
def _near(value: Any) -> Any:
    """Subtract n * pi / 2 part by part; the products of n with the parts are exact."""
    k, n = whole(nearest(value * _PER_QUARTER))
    exact = value - k * _PART1
    second, third = k * _PART2, k * _PART3
    less = exact - second
    r = less - third
    lost = k * _REST3 - (((exact - less) - second) + ((less - r) - third))
    angle = r - lost
    return n & 3, angle, (r - angle) - lost


@kernel
def _far(value: Any) -> Any:
    """Multiply by as many digits of 2 / pi as needed, and drop whole turns.

    A value is m * 2**e. The first e - 2 binary digits of 2 / pi make whole turns.
    """
    bits = bits_of(abs(value))
    e = (bits >> 52) - 1075
    m = np.uint64((bits & _MANTISSA) | _HIDDEN)
    n, high, low = _quarters(m, e + 62)
    angle = high * _QUARTER
    lack = _lost(high, _QUARTER, angle) + (high * _QUARTER_LOW + low * _QUARTER)
    if value < 0.0:
        return -n & 3, -angle, -lack
    return n & 3, angle, lack


@kernel
def _quarters(m: Any, first: Any) -> Any:
    """Return m * (the digits from `first` on) in quarter turns: whole ones, and a fraction in two parts."""
    start, shift = first >> 5, np.uint64(first & 31)
    low, high = m & _LOW, m >> _WORD
    carry = before = digit1 = digit2 = digit3 = digit4 = digit5 = np.uint64(0)
    last = min(start + _NUM_WORDS, len(_WORDS) - 1)  # a length the compiler does not know: a loop stays one
    for place in range(last - 1, start - 1, -1):
        word = ((_WORDS[place] << shift) | (_WORDS[place + 1] >> (_WORD - shift))) & _LOW
        product, other = low * word, high * before
        total = (product & _LOW) + (other & _LOW) + carry
        carry = (total >> _WORD) + (product >> _WORD) + (other >> _WORD)
        digit1, digit2, digit3, digit4, digit5 = total & _LOW, digit1, digit2, digit3, digit4
        before = word
    n, digit1 = np.int64(digit1 >> _QUARTERS), digit1 & _BELOW
    sign = 1.0
    if digit1 >= _HALF:
        n, sign, digit1 = n + 1, -1.0, _BELOW - digit1
        digit2, digit3, digit4, digit5 = _LOW - digit2, _LOW - digit3, _LOW - digit4, _LOW - digit5
    high_part, low_part = np.float64(digit1) * 2.0**-30, 0.0
    for digit, unit in ((digit2, 2.0**-62), (digit3, 2.0**-94), (digit4, 2.0**-126), (digit5, 2.0**-158)):
        added = low_part + np.float64(digit) * unit
        total_part = high_part + added
        high_part, low_part = total_part, added - (total_part - high_part)
    return n, sign * high_part, sign * low_part


@inlined
def _lost(one: Any, other: Any, product: Any) -> Any:
    """Return the rounding error of a product (Dekker 1971)."""
    one_high, other_high = _upper(one), _upper(other)
    one_low, other_low = one - one_high, other - other_high
    missing = ((product - one_high * other_high) - one_low * other_high) - one_high * other_low
    return one_low * other_low - missing


@inlined
def _upper(value: Any) -> Any:
    """Return the upper half of a float64's bits."""
    scaled = value * _SPLIT
    return scaled - (scaled - value)
