"""The round of XXH64, for all rows at once: `a = rotate_left(a + word * PRIME_2, 31) * PRIME_1` mod 2**64.

A call to xxhash for each row at every step would cost more than a step of a large batch.
"""

import numpy as np
import numpy.typing as npt

from murk_env.kernels import COMPILES, inlined, kernel

__all__ = ["take_in_bytes", "take_in_outcome"]

Accumulators = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

_PRIME_1, _PRIME_2 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F)
_LEFT, _RIGHT, _BYTE = np.uint64(31), np.uint64(33), np.uint64(8)


def take_in_outcome(
    accumulators: Accumulators,
    rewards: npt.NDArray[np.float64],
    terminated: npt.NDArray[np.bool_],
    truncated: npt.NDArray[np.bool_],
) -> None:
    """Take a step's rewards and flags, (num_rows,) each, into every row's accumulator, in place."""
    words, ends, cuts = rewards.view(np.uint64), terminated.view(np.uint8), truncated.view(np.uint8)
    if COMPILES:
        _outcome(accumulators, words, ends, cuts)
        return
    with np.errstate(over="ignore"):
        _outcome(accumulators, words, ends, cuts)


def take_in_bytes(accumulators: Accumulators, given: Bytes) -> None:
    """Take each row's bytes, (num_rows, n), into its accumulator, in place; zeros fill the last word."""
    if COMPILES:
        _take_in(accumulators, given)
        return
    with np.errstate(over="ignore"):
        _take_in(accumulators, given)


def _take_in(accumulators: Accumulators, given: Bytes) -> None:
    rest = given.shape[1] % 8
    whole = given[:, : given.shape[1] - rest] if rest else given
    if whole.size:
        _words(accumulators, whole.view(np.uint64))
    if rest:
        _bytes(accumulators, given[:, -rest:])


@inlined
def _round(value: np.uint64, word: np.uint64) -> np.uint64:
    value += word * _PRIME_2
    return (value << _LEFT | value >> _RIGHT) * _PRIME_1


@kernel
def _outcome(accumulators: Accumulators, words: Accumulators, ends: Bytes, cuts: Bytes) -> None:
    for row in range(len(accumulators)):
        value = _round(accumulators[row], words[row])
        accumulators[row] = _round(value, np.uint64(ends[row] + 2 * cuts[row]))


@kernel
def _words(accumulators: Accumulators, given: npt.NDArray[np.uint64]) -> None:
    """Take in whole words, four rows at a time to hide latency: a row's rounds depend on each other."""
    count, length = given.shape
    fours = count - count % 4
    for first in range(0, fours, 4):
        one, two = accumulators[first], accumulators[first + 1]
        three, four = accumulators[first + 2], accumulators[first + 3]
        for place in range(length):
            one = _round(one, given[first, place])
            two = _round(two, given[first + 1, place])
            three = _round(three, given[first + 2, place])
            four = _round(four, given[first + 3, place])
        accumulators[first], accumulators[first + 1] = one, two
        accumulators[first + 2], accumulators[first + 3] = three, four
    for row in range(fours, count):
        value = accumulators[row]
        for place in range(length):
            value = _round(value, given[row, place])
        accumulators[row] = value


@kernel
def _bytes(accumulators: Accumulators, given: Bytes) -> None:
    """Take in one word of fewer than 8 bytes."""
    for row in range(len(accumulators)):
        word = np.uint64(0)
        for place in range(given.shape[1] - 1, -1, -1):
            word = word << _BYTE | np.uint64(given[row, place])
        accumulators[row] = _round(accumulators[row], word)
