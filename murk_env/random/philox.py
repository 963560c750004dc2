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

from murk_env.kernels import kernel

__all__ = [
    "fill_integers",
    "fill_normal",
    "fill_permutation",
    "fill_uniform",
    "fill_uniform_float32",
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
_DROP_TO_53 = np.uint64(11)
_DROP_TO_24 = np.uint64(8)
_RESOLUTION_53 = 2.0**-53
_RESOLUTION_24 = np.float32(2.0**-24)

Keys = npt.NDArray[np.int32]  # (num_worlds, 2)
Counts = npt.NDArray[np.int32]  # (num_worlds,)


@kernel
def philox(counter: Any, key: Any) -> Any:
    """Encrypt a counter of four 32-bit words with a key of two: ten rounds of Philox4x32.

    Words may come in any integer type; what lies above 32 bits is dropped. Returns four uint64 words
    below 2**32.
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


@kernel
def two_words(key0: Any, key1: Any, episode: Any, step: Any, site: Any, block: Any) -> Any:
    """Return the two 64-bit words of a block: those of elements 2 * block and 2 * block + 1."""
    word0, word1, word2, word3 = philox((episode, step, site, block), (key0, key1))
    return word0 | (word1 << _SHIFT), word2 | (word3 << _SHIFT)


@kernel
def uniform_of(word: Any) -> Any:
    """Make a float64 in [0, 1) of the upper 53 bits of a word."""
    return np.int64(word >> _DROP_TO_53) * _RESOLUTION_53


@kernel
def normals_of(first: Any, second: Any) -> Any:
    """Make two independent standard normal numbers of two words (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform_of(first)))
    angle = 2.0 * math.pi * uniform_of(second)
    return radius * math.cos(angle), radius * math.sin(angle)


@kernel
def integer_of(word: Any, lowest: Any, highest: Any) -> Any:
    """Scale a word to an int64 in [lowest, highest]: the upper half of its product with their number.

    The bias is below that number / 2**64. All 2**64 numbers, which is 0 in 64 bits, take the word as is.
    Uncompiled, where numpy's integers overflow with a warning, up to 2**63 numbers can be told apart.
    """
    width = np.uint64(np.int64(highest) - np.int64(lowest)) + _ONE
    if width == np.uint64(0):
        return np.int64(np.uint64(np.int64(lowest)) + word)
    word_low, word_high = word & _LOW, word >> _SHIFT
    width_low, width_high = width & _LOW, width >> _SHIFT
    middle = word_high * width_low + ((word_low * width_low) >> _SHIFT)
    carried = word_low * width_high + (middle & _LOW)
    scaled = word_high * width_high + (middle >> _SHIFT) + (carried >> _SHIFT)
    return np.int64(lowest) + np.int64(scaled)


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
    """Draw numbers in [0, 1) with 24 random bits, a word of the block each, into rows [start, stop)."""
    size = out.shape[1]
    for world in range(start, stop):
        key = keys[world, 0], keys[world, 1]
        for block in range((size + 3) // 4):
            words = philox((episodes[world], steps[world], site, block), key)
            for lane in range(min(4, size - 4 * block)):
                out[world, 4 * block + lane] = np.float32(words[lane] >> _DROP_TO_24) * _RESOLUTION_24


@kernel
def fill_normal(
    start: int, stop: int, keys: Keys, episodes: Counts, steps: Counts, site: int, out: npt.NDArray[Any]
) -> None:
    """Draw standard normal numbers into rows [start, stop) of out (num_worlds, n), of either float type."""
    size = out.shape[1]
    for world in range(start, stop):
        for block in range((size + 1) // 2):
            first, second = two_words(
                keys[world, 0], keys[world, 1], episodes[world], steps[world], site, block
            )
            cosine, sine = normals_of(first, second)
            out[world, 2 * block] = cosine
            if 2 * block + 1 < size:
                out[world, 2 * block + 1] = sine


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
