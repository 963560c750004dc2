"""Where a field's values lie: locations, and handles that go stale."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FieldHandle", "Location", "PerTickLocation", "SparseLocation", "StaticLocation"]


@dataclass(frozen=True, slots=True)
class PerTickLocation:
    """A segment of one of the two buffers."""

    buffer: int
    segment: int


@dataclass(frozen=True, slots=True)
class SparseLocation:
    """A segment of the sparse pool."""

    segment: int


@dataclass(frozen=True, slots=True)
class StaticLocation:
    """The one block that holds all static fields."""


Location = PerTickLocation | SparseLocation | StaticLocation


@dataclass(frozen=True, slots=True)
class FieldHandle:
    """A field's words in one generation: a value, comparable and hashable.

    Attributes:
        generation: the generation that wrote the words; 0 for static fields.
        offset: the first word, in float32 elements from the start of the segment or block.
        length: the number of words.
        location: the segment or block.
        stamp: the arena's count of openings when the words were written. Unlike the generation it never
            decreases, so a handle from before a restore, a reset or a discarded tick never resolves again.
    """

    generation: int
    offset: int
    length: int
    location: Location
    stamp: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the handle covers no words."""
        return self.length == 0
