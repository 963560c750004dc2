"""Blocks of float32 words and the bump allocators over them."""

from __future__ import annotations

import numpy as np

from murk_arena.descriptor import FieldArray
from murk_arena.errors import CapacityExceededError, InvalidConfigError, UnallocatedRangeError

__all__ = ["ALIGNMENT", "WORD_BYTES", "Segment", "SegmentList", "aligned", "aligned_words", "frozen"]

WORD_BYTES = 4
ALIGNMENT = 16  # words: every allocation starts at a multiple of 64 bytes, a cache line


def aligned(length: int) -> int:
    """The length in words, rounded up to whole cache lines."""
    return -(-length // ALIGNMENT) * ALIGNMENT


def aligned_words(length: int) -> FieldArray:
    """Zeroed float32 words (length,) whose first byte lies on a cache line."""
    block = np.zeros(length + ALIGNMENT, np.float32)
    address = block.ctypes.data
    shift = -(address // WORD_BYTES) % ALIGNMENT
    return block[shift : shift + length]


def frozen(words: FieldArray) -> FieldArray:
    """The same memory, read-only in a way that the writeable flag cannot undo."""
    return np.asarray(words.data.toreadonly())


class Segment:
    """One block with a cursor: memory is allocated in order and reclaimed all at once.

    Args:
        capacity: the number of words.
    """

    __slots__ = ("_frozen", "_words", "capacity", "used")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self._words = aligned_words(capacity)
        self._frozen = frozen(self._words)

    @property
    def remaining(self) -> int:
        """The largest length that can still be allocated, in words."""
        return max(0, self.capacity - aligned(self.used))

    @property
    def memory_bytes(self) -> int:
        """The size of the block."""
        return self.capacity * WORD_BYTES

    def alloc(self, length: int) -> int:
        """Allocate the next words, without clearing them.

        Returns:
            The offset of the first word, a multiple of 16; for no words, the cursor.

        Raises:
            CapacityExceededError: the rest of the block is too short; nothing has changed.
            InvalidConfigError: the length is negative.
        """
        if length < 0:
            raise InvalidConfigError(f"the requested length is {length} words; it must not be negative")
        if length == 0:
            return self.used
        if length > self.remaining:
            raise CapacityExceededError(
                length * WORD_BYTES, self.remaining * WORD_BYTES, "a segment allocation"
            )
        offset = aligned(self.used)
        self.used = offset + length
        return offset

    def slice(self, offset: int, length: int) -> FieldArray:
        """Allocated words (length,) float32, writable.

        Raises:
            UnallocatedRangeError: the range does not lie before the cursor.
        """
        self._check(offset, length)
        return self._words[offset : offset + length]

    def read_only(self, offset: int, length: int) -> FieldArray:
        """Allocated words (length,) float32, read-only.

        Raises:
            UnallocatedRangeError: the range does not lie before the cursor.
        """
        self._check(offset, length)
        return self._frozen[offset : offset + length]

    def reset(self) -> None:
        """Reclaim everything; the words keep their values."""
        self.used = 0

    def copy(self) -> Segment:
        """An independent segment with the same used words."""
        other = Segment(self.capacity)
        other._words[: self.used] = self._words[: self.used]
        other.used = self.used
        return other

    def _check(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.used:
            raise UnallocatedRangeError(
                f"words {offset} to {offset + length} were requested, but only those before {self.used} are "
                "allocated; request a range that alloc() returned"
            )


class SegmentList:
    """Segments of one size, allocated when needed, up to a limit, and never released.

    Args:
        segment_size: words per segment.
        max_segments: the largest number of segments.
    """

    __slots__ = ("_current", "_segments", "max_segments", "segment_size")

    def __init__(self, segment_size: int, max_segments: int) -> None:
        self.segment_size = segment_size
        self.max_segments = max_segments
        self._segments = [Segment(segment_size)]
        self._current = 0

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def memory_bytes(self) -> int:
        """The size of all segments."""
        return sum(segment.memory_bytes for segment in self._segments)

    @property
    def total_used(self) -> int:
        """The sum of all cursors, in words."""
        return sum(segment.used for segment in self._segments)

    def alloc(self, length: int, what: str = "an allocation") -> tuple[int, int]:
        """Allocate words within one segment.

        Returns:
            The segment's index and the offset of the first word in it.

        Raises:
            CapacityExceededError: longer than a segment, or all segments are full; nothing has changed.
        """
        index = self._segment_for(length, what)
        if index == len(self._segments):
            self._segments.append(Segment(self.segment_size))
        self._current = index
        return index, self._segments[index].alloc(length)

    def _segment_for(self, length: int, what: str) -> int:
        """The first segment, from the current one on, with room; the number of segments for a new one."""
        if length > self.segment_size:
            raise CapacityExceededError(length * WORD_BYTES, self.segment_size * WORD_BYTES, what)
        for index in range(self._current, len(self._segments)):
            if length <= self._segments[index].remaining:
                return index
        if len(self._segments) == self.max_segments:
            raise CapacityExceededError(length * WORD_BYTES, self.memory_bytes, what)
        return len(self._segments)

    def slice(self, segment: int, offset: int, length: int) -> FieldArray:
        """Allocated words (length,) float32, writable.

        Raises:
            UnallocatedRangeError: there is no such segment, or the range is not allocated in it.
        """
        return self._at(segment).slice(offset, length)

    def read_only(self, segment: int, offset: int, length: int) -> FieldArray:
        """Allocated words (length,) float32, read-only.

        Raises:
            UnallocatedRangeError: there is no such segment, or the range is not allocated in it.
        """
        return self._at(segment).read_only(offset, length)

    def _at(self, segment: int) -> Segment:
        if not 0 <= segment < len(self._segments):
            raise UnallocatedRangeError(
                f"segment {segment} was requested, but there are only {len(self)}, from 0 on; "
                "request one that alloc() returned"
            )
        return self._segments[segment]

    def reset(self) -> None:
        """Reclaim every allocation; the segments stay and are used again before new ones are made."""
        for segment in self._segments:
            segment.reset()
        self._current = 0

    def mark(self) -> tuple[int, ...]:
        """The cursors, to which `rewind` returns."""
        return (self._current, *(segment.used for segment in self._segments))

    def rewind(self, mark: tuple[int, ...]) -> None:
        """Go back to the mark: reclaim later allocations, drop later segments."""
        self._current, *cursors = mark
        del self._segments[len(cursors) :]
        for segment, used in zip(self._segments, cursors, strict=True):
            segment.used = used

    def copy(self) -> SegmentList:
        """An independent list with the same used words; segments past the current one are left out."""
        other = SegmentList(self.segment_size, self.max_segments)
        other._segments = [segment.copy() for segment in self._segments[: self._current + 1]]
        other._current = self._current
        return other
