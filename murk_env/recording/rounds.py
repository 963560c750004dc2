"""The round of XXH64, for all rows at once: `a = rotate_left(a + word * PRIME_2, 31) * PRIME_1` mod 2**64.

A call of xxhash for each row at every step would cost more than a step of a large batch.
"""

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.kernels.compiler import COMPILES

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
        _bytes(accumulators, given)
        return
    with np.errstate(over="ignore"):
        _bytes(accumulators, given)


@kernel
def _outcome(accumulators: Accumulators, words: Accumulators, ends: Bytes, cuts: Bytes) -> None:
    for row in range(len(accumulators)):
        value = accumulators[row] + words[row] * _PRIME_2
        value = (value << _LEFT | value >> _RIGHT) * _PRIME_1
        value += np.uint64(ends[row] + 2 * cuts[row]) * _PRIME_2
        accumulators[row] = (value << _LEFT | value >> _RIGHT) * _PRIME_1


@kernel
def _bytes(accumulators: Accumulators, given: Bytes) -> None:
    length = given.shape[1]
    for row in range(len(accumulators)):
        value = accumulators[row]
        for first in range(0, length, 8):
            word = np.uint64(0)
            for place in range(min(first + 8, length) - 1, first - 1, -1):
                word = word << _BYTE | np.uint64(given[row, place])
            value += word * _PRIME_2
            value = (value << _LEFT | value >> _RIGHT) * _PRIME_1
        accumulators[row] = value
