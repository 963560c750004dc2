"""A running 64-bit hash for each row, over everything that a run returned.

Each row has a number and an accumulator, which start at 0 and continue for the whole run. The number takes
bytes in as `number = xxh3_64(bytes, seed=number)`, so that it depends on everything before:

- at a reset, the row's observation and then its info, in the order of the keys;
- at a step that ends its episode in same-step mode, its final observation and info.

The accumulator takes in, word by word of 8 bytes (see `rounds`):

- at some steps, the row's observation: every row at least once per interval, and at every step as many rows
  as make up 32 kB, so that all observations of small batches, and of a single env, are taken in;
- at every step, the reward, terminated + 2 * truncated, and infos.

At the end of an interval the number takes in the accumulator as one word. Arrays are hashed as little-endian
bytes in C order.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64
from xxhash import xxh3_64_intdigest as _xxh3

from murk_env.observation.output import arrays_of
from murk_env.recording.outputs import Outputs
from murk_env.recording.rounds import take_in_bytes, take_in_outcome

__all__ = ["Chain", "checksum"]

Array = npt.NDArray[Any]

_digest = cast("Callable[[Array, int], int]", _xxh3)  # it takes any buffer, but its types do not say so
_OUTCOME = frozenset({"reward", "terminated", "truncated"})
_LITTLE = sys.byteorder == "little"
_BYTES_A_STEP = 1 << 15  # least bytes of observations taken in at every step


class Chain:
    """The running hashes of all rows.

    Args:
        num_rows: number of rows.
        interval: number of steps within which every row's observation is taken in at least once.

    Attributes:
        steps: steps since the last interval's end.
    """

    def __init__(self, num_rows: int, interval: int) -> None:
        self._num_rows = num_rows
        self._interval = interval
        self._numbers = np.zeros(num_rows, np.uint64)
        self._accumulators = np.zeros(num_rows, np.uint64)
        self._turn = 0  # the row whose observation is taken in next
        self._rows_a_step = 0
        self.steps = 0

    def reset(self, outputs: Outputs, rows: Sequence[int]) -> None:
        """Take in the outputs of a reset of some rows."""
        said = {name: array[list(rows)] for name, array in outputs.said.items()}
        self._take(rows, [outputs.observed(row) for row in rows], said)

    def step(self, outputs: Outputs) -> None:
        """Take in the outputs of a step."""
        self._observe(outputs)
        if outputs.last is not None:
            self._take(
                outputs.last.rows, [arrays_of(one) for one in outputs.last.observations], outputs.last.said
            )
        said, accumulators = outputs.said, self._accumulators
        take_in_outcome(accumulators, said["reward"], said["terminated"], said["truncated"])
        if len(said) > 3:
            for name, array in said.items():
                if name not in _OUTCOME and array.size:
                    take_in_bytes(accumulators, _by_rows(array))
        self.steps += 1

    def _observe(self, outputs: Outputs) -> None:
        """Take in the observations of the rows whose turn it is."""
        if not self._rows_a_step:
            total = sum(array.nbytes for _, array in outputs.observation.values())
            least = -(-self._num_rows // self._interval)
            self._rows_a_step = max(least, _BYTES_A_STEP * self._num_rows // max(total, 1), 1)
        first = self._turn
        stop = min(first + self._rows_a_step, self._num_rows)
        self._turn = 0 if stop == self._num_rows else stop
        for begin, array in outputs.observation.values():
            low, high = max(first, begin), min(stop, begin + len(array))
            if low < high and array.size:
                take_in_bytes(self._accumulators[low:high], _by_rows(array[low - begin : high - begin]))

    def _take(self, rows: Sequence[int], observations: list[list[Array]], said: dict[str, Array]) -> None:
        """Take in the observations of some rows, and their other outputs, by name (rows, ...)."""
        numbers = self._numbers
        for row, arrays in zip(rows, observations, strict=True):
            for array in arrays:
                numbers[row] = _digest(_plain(array), numbers.item(row))
        each = [_by_rows(array) for array in said.values() if array.size]
        if each:
            for row, values in zip(rows, _side_by_side(each), strict=True):
                numbers[row] = _digest(values, numbers.item(row))

    def end_interval(self) -> bytes:
        """Take the accumulators into the numbers; return the numbers of all rows, 8 bytes each."""
        if self.steps:
            take_in_bytes(self._numbers, _by_rows(self._accumulators))
        self.steps = 0
        return self._numbers.astype("<u8").tobytes()


def _by_rows(array: Array) -> Array:
    """Return (num_rows, ...) as the bytes of each row, (num_rows, num_bytes)."""
    return _plain(array).reshape(len(array), -1).view(np.uint8)


def _side_by_side(arrays: list[Array]) -> list[Array]:
    """Return each row's bytes of several arrays, one after the other."""
    return [*np.concatenate(arrays, axis=1)]


def _plain(array: Array) -> Array:
    """Return an array in the byte order in which it is hashed."""
    if _LITTLE and array.flags.c_contiguous:
        return array
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


def checksum(*parts: bytes) -> bytes:
    """Return an 8-byte checksum of the parts."""
    found = xxh3_64()
    for part in parts:
        found.update(part)
    return found.digest()
