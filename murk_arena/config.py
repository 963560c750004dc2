"""The limits of an arena's memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from murk_arena.descriptor import FieldSpec, Mutability
from murk_arena.errors import InvalidConfigError
from murk_arena.segment import WORD_BYTES, aligned

__all__ = ["ArenaConfig"]

_SMALLEST_SEGMENT = 1024  # words


@dataclass(frozen=True, slots=True)
class ArenaConfig:
    """The limits of an arena; checked when an arena is made with them.

    Attributes:
        segment_size: float32 words per segment: a power of two, at least 1024. The default is 64 MiB.
        max_segments: segments in all, at least 3: a third for each buffer, the rest for the sparse pool.
        max_generation_age: how many generations behind the published one a handle may be and still resolve.
            Values above 1 have no effect for per-tick fields, whose memory has been reused by then.
    """

    segment_size: int = 16_777_216
    max_segments: int = 16
    max_generation_age: int = 1

    @property
    def buffer_segments(self) -> int:
        """Segments for each of the two buffers."""
        return self.max_segments // 3

    @property
    def sparse_segments(self) -> int:
        """Segments for the sparse pool."""
        return self.max_segments - 2 * self.buffer_segments

    @property
    def segment_bytes(self) -> int:
        """Bytes per segment."""
        return self.segment_size * WORD_BYTES

    def validate(self) -> None:
        """Check the limits.

        Raises:
            InvalidConfigError: a limit is out of its range.
        """
        size = self.segment_size
        if size < _SMALLEST_SEGMENT or size & (size - 1):
            raise InvalidConfigError(
                f"segment_size is {size}; it must be a power of two and at least {_SMALLEST_SEGMENT}"
            )
        if self.max_segments < 3:
            raise InvalidConfigError(
                f"max_segments is {self.max_segments}; it must be at least 3, one for each pool"
            )
        if self.max_generation_age < 0:
            raise InvalidConfigError(
                f"max_generation_age is {self.max_generation_age}; it must not be negative"
            )

    @classmethod
    def fitting(cls, specs: Iterable[FieldSpec], num_worlds: int) -> ArenaConfig:
        """The smallest limits under which these fields always get their memory.

        Each pool is one segment. The sparse pool holds every sparse field twice: as published and as staged.
        That is always enough, because the range that a tick retires is free again when the next one begins.
        """
        lengths = dict.fromkeys(Mutability, 0)
        for spec in specs:
            lengths[spec.mutability] += aligned(spec.num_words(num_worlds))
        needed = max(_SMALLEST_SEGMENT, lengths[Mutability.PER_TICK], 2 * lengths[Mutability.SPARSE])
        return cls(segment_size=1 << (needed - 1).bit_length(), max_segments=3)
