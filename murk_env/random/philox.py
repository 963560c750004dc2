"""Philox4x32-10 and the numbers made of its words, as compiled functions.

Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC'11 (2011), https://doi.org/10.1145/2063384.2063405.

All arithmetic is done in uint64 on values below 2**32: numba turns a mixture of signed and unsigned
integers into floats.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import inlined, kernel
from murk_env.mathematics.logarithm import log_of_normal
from murk_env.mathematics.trigonometry import cos_and_sin_of_turn

__all__ = [
    "fill_integers",
    "fill_normal",
    "fill_permutation",
    "fill_uniform",
    "fill_uniform_float32",
    "float32_of",
    "integer_of",
    "normals_of",
    "philox",
    "two_words",
    "uniform_of",
]

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIER0 = np.uint64(0xD2511F53)
_MULTIPLIER1 = np.uint64(0xCD9E8D57)
_WEYL0 = np.uint64(0x9E3779B9)
_WEYL1 = np.uint64(0xBB67AE85)
_ONE = np.uint64(1)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_SIGN = np.uint64(1 << 63)
_DROP_TO_53 = np.uint64(11)
_DROP_TO_24 = np.uint64(8)
_RESOLUTION_53 = 2.0**-53
_RESOLUTION_24 = np.float32(2.0**-24)

Keys = npt.NDArray[np.int32]  # (num_worlds, 2)
Counts = npt.NDArray[np.int32]  # (num_worlds,)


@inlined
def philox(counter: Any, key: Any) -> Any:
    """Encrypt a counter of four 32-bit words with a key of two: ten rounds of Philox4x32.

    Words may have any integer type; bits above the lower 32 are dropped. Returns four uint64 words below
    2**32.
    """
    word0 = np.uint64(counter[0]) & _LOW
    word1 = np.uint64(counter[1]) & _LOW
    word2 = np.uint64(counter[2]) & _LOW
    word3 = np.uint64(counter[3]) & _LOW
    key0 = np.uint64(key[0]) & _LOW
    key1 = np.uint64(key[1]) & _LOW
    for _ in range(10):
        product0 = _MULTIPLIER0 * word0
        product1 = _MULTIPLIER1 * word2
        word0 = (product1 >> _SHIFT) ^ word1 ^ key0
        word1 = product1 & _LOW
        word2 = (product0 >> _SHIFT) ^ word3 ^ key1
        word3 = product0 & _LOW
        key0 = (key0 + _WEYL0) & _LOW
        key1 = (key1 + _WEYL1) & _LOW
    return word0, word1, word2, word3


@inlined
def two_words(key0: Any, key1: Any, episode: Any, step: Any, site: Any, block: Any) -> Any:
    """Return the two 64-bit words of a block: those of elements 2 * block and 2 * block + 1."""
    word0, word1, word2, word3 = philox((episode, step, site, block), (key0, key1))
    return word0 | (word1 << _SHIFT), word2 | (word3 << _SHIFT)


@inlined
def uniform_of(word: Any) -> Any:
    """Make a float64 in [0, 1) from the upper 53 bits of a word."""
    return np.int64(word >> _DROP_TO_53) * _RESOLUTION_53


@inlined
def float32_of(word: Any) -> Any:
    """Make a float32 in [0, 1) from the upper 24 bits of a 32-bit word."""
    return np.float32(word >> _DROP_TO_24) * _RESOLUTION_24


@inlined
def normals_of(first: Any, second: Any) -> Any:
    """Make two independent standard normal numbers from two words (Box and Muller 1958), within 8.6 of 0."""
    radius = math.sqrt(-2.0 * log_of_normal(1.0 - uniform_of(first)))
    cosine, sine = cos_and_sin_of_turn(uniform_of(second))
    return radius * cosine, radius * sine


@kernel
def integer_of(word: Any, lowest: Any, highest: Any) -> Any:
    """Scale a word to an int64 in [lowest, highest]: the upper half of its product with the range's width.

    Every number is the result of equally many words, because words beyond a multiple of the width are
    rejected: a rejected word is the key of the next, and so on (D. Lemire, "Fast random integer generation
    in an interval", ACM TOMACS 29 (2019), https://doi.org/10.1145/3230636). No operation overflows, because
    numpy warns of that where this runs uncompiled.
    """
    first = np.uint64(np.int64(lowest)) ^ _SIGN  # as a distance from the smallest int64
    most = (np.uint64(np.int64(highest)) ^ _SIGN) - first
    if most == _ALL:  # as many numbers as words
        return np.int64(word ^ _SIGN)
    width = most + _ONE
    scaled, rest = _product(word, width)
    if rest < width:
        rejected = (_ALL - most) % width  # 2**64 modulo width
        while rest < rejected:
            word = np.uint64(two_words(word, word >> _SHIFT, 0, 0, 0, 0)[0])
            scaled, rest = _product(word, width)
    return np.int64((first + np.uint64(scaled)) ^ _SIGN)


@inlined
def _product(one: Any, other: Any) -> Any:
    """Return the upper and the lower 64 bits of a product."""
    one_low, one_high, other_low, other_high = one & _LOW, one >> _SHIFT, other & _LOW, other >> _SHIFT
    lowest = one_low * other_low
    middle = one_high * other_low + (lowest >> _SHIFT)
    carried = one_low * other_high + (middle & _LOW)
    upper = one_high * other_high + (middle >> _SHIFT) + (carried >> _SHIFT)
    return upper, ((carried & _LOW) << _SHIFT) | (lowest & _LOW)


@kernel
def fill_uniform(
    start: int,
    stop: int,
    keys: Keys,
    episodes: Counts,
    steps: Counts,
    site: int,
    out: npt.NDArray[np.float64],
) -> None:
    """Draw numbers in [0, 1) with 53 random bits into rows [start, stop) of out (num_worlds, n)."""
    size = out.shape[1]
    for world in range(start, stop):
        row, key0, key1 = out[world], keys[world, 0], keys[world, 1]
        episode, step = episodes[world], steps[world]
        for block in range(size // 2):
            first, second = two_words(key0, key1, episode, step, site, block)
            row[2 * block] = uniform_of(first)
            row[2 * block + 1] = uniform_of(second)
        if size % 2:
            first, _ = two_words(key0, key1, episode, step, site, size // 2)
            row[size - 1] = uniform_of(first)


@kernel
def fill_uniform_float32(
    start: int,
    stop: int,
    keys: Keys,
    episodes: Counts,
    steps: Counts,
    site: int,
    out: npt.NDArray[np.float32],
) -> None:
    """Draw numbers in [0, 1) with 24 random bits, from one word each, into rows [start, stop) of out."""
    size = out.shape[1]
    for world in range(start, stop):
        row, key = out[world], (keys[world, 0], keys[world, 1])
        episode, step = episodes[world], steps[world]
        for block in range(size // 4):
            words = philox((episode, step, site, block), key)
            row[4 * block] = float32_of(words[0])
            row[4 * block + 1] = float32_of(words[1])
            row[4 * block + 2] = float32_of(words[2])
            row[4 * block + 3] = float32_of(words[3])
        words = philox((episode, step, site, size // 4), key)
        for lane in range(size % 4):
            row[size - size % 4 + lane] = float32_of(words[lane])


@kernel
def fill_normal(
    start: int, stop: int, keys: Keys, episodes: Counts, steps: Counts, site: int, out: npt.NDArray[Any]
) -> None:
    """Draw standard normal numbers into rows [start, stop) of out (num_worlds, n), of either float type."""
    size = out.shape[1]
    for world in range(start, stop):
        row, key0, key1 = out[world], keys[world, 0], keys[world, 1]
        episode, step = episodes[world], steps[world]
        for block in range(size // 2):
            first, second = two_words(key0, key1, episode, step, site, block)
            row[2 * block], row[2 * block + 1] = normals_of(first, second)
        if size % 2:
            first, second = two_words(key0, key1, episode, step, site, size // 2)
            row[size - 1], _ = normals_of(first, second)


@kernel
def fill_integers(
    keys: Keys,
    episodes: Counts,
    steps: Counts,
    site: int,
    low: npt.NDArray[np.int64],
    high: npt.NDArray[np.int64],
    endpoint: bool,
    out: npt.NDArray[np.int64],
) -> bool:
    """Draw int64 numbers from low to high, each (1,) or (num_worlds,), into out (num_worlds, n).

    Returns whether every world has such a number.
    """
    size = out.shape[1]
    for world in range(out.shape[0]):
        lowest, limit = low[world % low.size], high[world % high.size]
        if not (lowest <= limit if endpoint else lowest < limit):
            return False
        highest = limit if endpoint else limit - 1
        for block in range((size + 1) // 2):
            first, second = two_words(
                keys[world, 0], keys[world, 1], episodes[world], steps[world], site, block
            )
            out[world, 2 * block] = integer_of(first, lowest, highest)
            if 2 * block + 1 < size:
                out[world, 2 * block + 1] = integer_of(second, lowest, highest)
    return True


@kernel
def fill_permutation(
    keys: Keys, episodes: Counts, steps: Counts, site: int, out: npt.NDArray[np.int64]
) -> None:
    """Shuffle 0 ... n - 1 into every row of out (num_worlds, n): Fisher and Yates from the end."""
    for world in range(out.shape[0]):
        row = out[world]
        for element in range(row.size):
            row[element] = element
        for element in range(row.size - 1, 0, -1):
            words = two_words(
                keys[world, 0], keys[world, 1], episodes[world], steps[world], site, element // 2
            )
            chosen = integer_of(words[element % 2], 0, element)
            row[element], row[chosen] = row[chosen], row[element]
