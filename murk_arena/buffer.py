"""One of the two buffers, which alternate between published and staging."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from murk_arena.config import ArenaConfig
from murk_arena.descriptor import (
    FieldArray,
    FieldDescriptor,
    FieldEntry,
    FieldId,
    FieldSpec,
    Mutability,
    WriteMode,
)
from murk_arena.handle import FieldHandle, PerTickLocation
from murk_arena.segment import SegmentList

__all__ = ["ArenaBuffer"]


class ArenaBuffer:
    """The per-tick fields of one generation, and the places of its other fields.

    Per-tick fields lie in two runs: carried and incremental ones first, which one copy brings forward when a
    tick begins, then those with full writers. Both buffers have the same layout, and it never changes.

    Args:
        index: 0 or 1.
        specs: all fields, in the order of registration.
        num_worlds: the number of worlds.
        config: the limits.
        elsewhere: handle and read-only array of each field that is not per-tick.

    Attributes:
        descriptor: every field's entry.
        readable: every field's array in this generation, read-only.
        writable: the arrays that may be written while this is the staging buffer. A sparse field's array is
            added by its first write of a tick and belongs to that tick alone.
        carried: the words of carried and incremental fields, one array (length,) per segment.
        full: the words of fields with full writers, likewise.
        generation: the generation that the buffer holds, or that the tick is writing in it.
        stamp: the arena's count of openings when it was last opened.

    Raises:
        CapacityExceededError: the per-tick fields do not fit.
    """

    __slots__ = (
        "carried",
        "descriptor",
        "full",
        "generation",
        "index",
        "num_worlds",
        "readable",
        "segments",
        "stamp",
        "writable",
    )

    def __init__(
        self,
        index: int,
        specs: Sequence[FieldSpec],
        num_worlds: int,
        config: ArenaConfig,
        elsewhere: Mapping[FieldId, tuple[FieldHandle, FieldArray]],
    ) -> None:
        self.index = index
        self.num_worlds = num_worlds
        self.generation = 0
        self.stamp = 0
        self.segments = SegmentList(config.segment_size, config.buffer_segments)
        handles = {field: handle for field, (handle, _) in elsewhere.items()}
        self.readable: dict[FieldId, FieldArray] = {field: array for field, (_, array) in elsewhere.items()}
        self.writable: dict[FieldId, FieldArray] = {}
        per_tick = [spec for spec in specs if spec.mutability is Mutability.PER_TICK]
        self.carried = self._place((spec for spec in per_tick if spec.write is not WriteMode.FULL), handles)
        self.full = self._place((spec for spec in per_tick if spec.write is WriteMode.FULL), handles)
        self.descriptor = FieldDescriptor(FieldEntry(spec, handles[spec.id]) for spec in specs)

    def _place(
        self, specs: Iterable[FieldSpec], handles: dict[FieldId, FieldHandle]
    ) -> tuple[FieldArray, ...]:
        """Place these fields one after the other; return the words they cover, segment by segment."""
        runs: dict[int, tuple[int, int]] = {}
        for spec in specs:
            length = spec.num_words(self.num_worlds)
            segment, offset = self.segments.alloc(length, f"field {spec.name!r}")
            handles[spec.id] = FieldHandle(0, offset, length, PerTickLocation(self.index, segment))
            place = segment, offset, length
            self.readable[spec.id] = spec.shaped(self.segments.read_only(*place), self.num_worlds)
            self.writable[spec.id] = spec.shaped(self.segments.slice(*place), self.num_worlds)
            runs[segment] = runs.get(segment, (offset, 0))[0], offset + length
        return tuple(
            self.segments.slice(segment, start, end - start) for segment, (start, end) in runs.items()
        )

    def handle(self, field: FieldId) -> FieldHandle:
        """The field's handle in this generation.

        Raises:
            UnknownFieldError: there is no such field.
        """
        handle = self.descriptor[field].handle
        if isinstance(handle.location, PerTickLocation):
            return replace(handle, generation=self.generation, stamp=self.stamp)
        return handle

    def adopt(self, field: FieldId, other: ArenaBuffer) -> None:
        """Point a sparse field at its place in the other buffer."""
        self.readable[field] = other.readable[field]
        self.descriptor.update_handle(field, other.descriptor[field].handle)

    def clear(self) -> None:
        """Set every per-tick value to zero."""
        for words in (*self.carried, *self.full):
            words.fill(0.0)
