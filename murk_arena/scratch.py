"""Temporary space inside a tick."""

from __future__ import annotations

from typing import NamedTuple

from murk_arena.descriptor import FieldArray
from murk_arena.errors import InvalidConfigError
from murk_arena.segment import WORD_BYTES, aligned, aligned_words

__all__ = ["ScratchMark", "ScratchRegion"]

_SMALLEST_GROWTH = 1024  # words


class ScratchMark(NamedTuple):
    """The state of a region at one moment."""

    words: FieldArray
    used: int
    high_water: int


class ScratchRegion:
    """Zeroed words on demand, all reclaimed when a tick begins.

    The region grows when needed and never shrinks. Arrays allocated before it grew stay valid.

    Args:
        capacity: the number of words at first.
    """

    __slots__ = ("_words", "high_water", "used")

    def __init__(self, capacity: int = 0) -> None:
        self._words = aligned_words(capacity)
        self.used = 0
        self.high_water = 0

    @property
    def capacity(self) -> int:
        """Words in the region."""
        return len(self._words)

    @property
    def memory_bytes(self) -> int:
        """The size of the region."""
        return self.capacity * WORD_BYTES

    def alloc(self, length: int) -> FieldArray:
        """Zeroed float32 words (length,), valid until the tick ends.

        Raises:
            InvalidConfigError: the length is negative.
        """
        if length < 0:
            raise InvalidConfigError(f"the requested scratch length is {length}; it must not be negative")
        offset = aligned(self.used)
        end = offset + length
        if end > self.capacity:
            self._words = aligned_words(2 * max(self.capacity, _SMALLEST_GROWTH, end))
        self.used = end
        self.high_water = max(self.high_water, end)
        words = self._words[offset:end]
        words.fill(0.0)
        return words

    def reset(self) -> None:
        """Reclaim everything; the capacity stays."""
        self.used = 0

    def mark(self) -> ScratchMark:
        """The state to which `rewind` returns."""
        return ScratchMark(self._words, self.used, self.high_water)

    def rewind(self, mark: ScratchMark) -> None:
        """Restore the size, fill and high-water mark that the region had at the mark."""
        self._words, self.used, self.high_water = mark
