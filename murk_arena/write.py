"""The staging side of an arena: where the values of the tick in progress are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np

from murk_arena.buffer import ArenaBuffer
from murk_arena.checked import WriteChecks
from murk_arena.descriptor import FieldArray, FieldId, FieldSpec, Mutability, WriteMode, unknown_field
from murk_arena.errors import StaticFieldError
from murk_arena.handle import FieldHandle, SparseLocation
from murk_arena.scratch import ScratchRegion
from murk_arena.sparse import SlabState, SparseSlab

__all__ = ["CLOSED", "SEALED", "WRITING", "WriteArena"]

CLOSED: Final = 0
WRITING: Final = 1
SEALED: Final = 2


class WriteArena:
    """Opens, fills and commits or rolls back the staging buffer.

    It knows what this tick has written; the tick guard decides who may write when.

    Args:
        buffers: the two buffers; the first is the published one.
        slab: the ranges of the sparse fields.
        scratch: the temporary space.
        specs: field id to declaration.
        checked: whether to prove the writers' promises.

    Attributes:
        opener: the thread that has opened a tick or is about to, None outside a tick.
        phase: no tick, a tick being written, or a sealed one.
        published: the buffer that snapshots read.
        staging: the buffer that the tick in progress, or the next one, writes.
        serial: the count of openings, the source of stamps; it never decreases.
        layout_version: see PingPongArena.
        checks: the proofs of checked mode, or None.
    """

    __slots__ = (
        "_carried_pairs",
        "_full",
        "_full_now",
        "_full_pairs",
        "_moved",
        "_moved_before",
        "_scratch_mark",
        "_settled",
        "_slab_state",
        "checks",
        "layout_version",
        "opener",
        "phase",
        "published",
        "scratch",
        "serial",
        "slab",
        "specs",
        "staging",
    )

    def __init__(
        self,
        buffers: tuple[ArenaBuffer, ArenaBuffer],
        slab: SparseSlab,
        scratch: ScratchRegion,
        specs: Mapping[FieldId, FieldSpec],
        *,
        checked: bool,
    ) -> None:
        self.published, self.staging = buffers
        self.slab = slab
        self.scratch = scratch
        self.opener: int | None = None
        self.phase = CLOSED
        self.serial = 0
        self.layout_version = 0
        self.checks = WriteChecks(specs) if checked else None
        self.specs = specs
        self._full = {  # in order, and quick to ask
            spec.id: None
            for spec in specs.values()
            if spec.mutability is Mutability.PER_TICK and spec.write is WriteMode.FULL
        }
        self._carried_pairs = _copy_pairs(buffers[0].carried, buffers[1].carried)
        self._full_pairs = _copy_pairs(buffers[0].full, buffers[1].full)
        self._moved: dict[FieldId, None] = {}  # sparse fields that this tick has copied
        self._moved_before: dict[FieldId, None] = {}  # those that the last published tick had
        self._settled: set[FieldId] = set()  # fields with full writers that hold this tick's values
        self._full_now = False  # all of those are being written
        self._slab_state: SlabState | None = None
        self._scratch_mark = scratch.mark()

    def open(self, full: bool, carry: bool) -> None:
        """Begin a tick: drop the staging buffer's old values, carry the carried fields forward.

        Args:
            full: whether this tick writes all fields with full writers in full.
            carry: whether to carry the carried fields forward, or leave that to the caller.
        """
        mark, scratch = self._scratch_mark, self.scratch
        if scratch.used or mark.used or scratch.high_water != mark.high_water:  # else it is as at the mark
            self._scratch_mark = scratch.mark()
        self.phase = WRITING
        staging = self.staging
        staging.stamp = self.serial = self.serial + 1
        staging.generation = self.published.generation + 1
        self._full_now = full
        if self._settled:
            self._settled.clear()
        if self._moved_before or self.slab.pending:
            self._follow_sparse()
        if carry:
            for target, source in self._carried_pairs[staging.index]:
                target[:] = source
        if scratch.used:
            scratch.reset()
        if self.checks is not None:
            self.checks.begin(self.serial)
            for field in self._full if full else ():
                self.checks.poison(field, staging.writable[field])

    def _follow_sparse(self) -> None:
        """Point the staging buffer at the last tick's new ranges; free those that it retired."""
        for field in self._moved_before:
            self.staging.adopt(field, self.published)
            self.layout_version += 1
        self._moved_before.clear()
        if self.slab.pending:
            self._slab_state = self.slab.state()
            self.slab.flush()

    def spec(self, field: FieldId) -> FieldSpec:
        """The field's declaration.

        Raises:
            UnknownFieldError: there is no such field.
        """
        try:
            return self.specs[field]
        except KeyError:
            raise unknown_field(field, self.specs.values()) from None

    def read(self, field: FieldId) -> FieldArray:
        """The staged values, read-only; a field with a full writer is carried forward if not yet written.

        Raises:
            UnknownFieldError: there is no such field.
        """
        if self._is_unsettled(field):
            self._carry(field)
        try:
            return self.staging.readable[field]
        except KeyError:
            raise unknown_field(field, self.specs.values()) from None

    def write(self, field: FieldId) -> FieldArray:
        """Memory for a full write, writable.

        Raises:
            UnknownFieldError: there is no such field.
            StaticFieldError: the field is static.
            CapacityExceededError: the sparse pool is full.
        """
        view = self._acquire(field, with_values=False)
        if self.checks is not None:
            self.checks.prove_field(field)
            self.checks.poison(field, view)
        return view

    def update(self, field: FieldId, owner: object = None) -> FieldArray:
        """Memory for an incremental write, writable: it holds the staged values.

        Raises:
            UnknownFieldError: there is no such field.
            StaticFieldError: the field is static.
            CapacityExceededError: the sparse pool is full.
        """
        view = self._acquire(field, with_values=True)
        if self.checks is not None:
            self.checks.prove_field(field, sparing=owner)
            self.checks.written(field)
        return view

    def _acquire(self, field: FieldId, *, with_values: bool) -> FieldArray:
        spec = self.spec(field)
        if spec.mutability is Mutability.STATIC:
            raise StaticFieldError(
                f"field {spec.name!r} is static: frozen when the arena was made; make it sparse to write it"
            )
        if spec.mutability is Mutability.SPARSE:
            if field not in self._moved:
                self._move(spec, with_values=with_values)
        elif self._is_unsettled(field):
            if with_values:
                self._carry(field)
            self._settled.add(field)
        return self.staging.writable[field]

    def _is_unsettled(self, field: FieldId) -> bool:
        """Whether the field has a full writer and its staging memory holds an older generation's values."""
        return (
            self.phase == WRITING
            and not self._full_now
            and field in self._full
            and field not in self._settled
        )

    def _carry(self, field: FieldId) -> None:
        np.copyto(self.staging.writable[field], self.published.readable[field])
        self._settled.add(field)

    def _move(self, spec: FieldSpec, *, with_values: bool) -> None:
        """Give a sparse field a new range for this tick: copy on write."""
        if self._slab_state is None:
            self._slab_state = self.slab.state()
        staging = self.staging
        length = spec.num_words(staging.num_worlds)
        found = self.slab.alloc(spec.id, length, f"sparse field {spec.name!r}")
        place = found.segment, found.offset, length
        writable = spec.shaped(self.slab.segments.slice(*place), staging.num_worlds)
        if with_values:
            np.copyto(writable, self.published.readable[spec.id])
        self._moved[spec.id] = None
        self.layout_version += 1
        staging.writable[spec.id] = writable
        staging.readable[spec.id] = spec.shaped(self.slab.segments.read_only(*place), staging.num_worlds)
        handle = FieldHandle(
            staging.generation, found.offset, length, SparseLocation(found.segment), staging.stamp
        )
        staging.descriptor.update_handle(spec.id, handle)

    def seal(self) -> None:
        """Carry the fields forward that their full writers have not written, and end the writing.

        Raises:
            UncoveredWriteError: a full write left elements unwritten (checked mode).
        """
        if not self._full_now:
            self._carry_unwritten()
        if self.checks is not None:
            self.checks.prove_covered()
        self.phase = SEALED

    def _carry_unwritten(self) -> None:
        if not self._settled:
            for target, source in self._full_pairs[self.staging.index]:
                target[:] = source
            return
        for field in self._full:
            if field not in self._settled:
                self._carry(field)

    def commit(self) -> None:
        """Publish the staging buffer, sealing it first if it is not.

        The rest is plain stores, which take no memory and between which neither signals nor other threads
        run, so the tick is published entirely or not at all.

        Raises:
            UncoveredWriteError: a full write left elements unwritten (checked mode).
        """
        if self.phase == WRITING and not (self._full_now and self.checks is None):
            self.seal()
        self._moved_before, self._moved = self._moved, self._moved_before  # that one is empty
        self._slab_state = None
        self.phase = CLOSED
        self.published, self.staging = self.staging, self.published
        self.opener = None

    def rollback(self) -> None:
        """Discard the tick: restore the slab, the descriptor and the scratch."""
        if self.phase == CLOSED:  # interrupted before it had begun
            self.opener = None
            return
        for field in self._moved:
            self.staging.adopt(field, self.published)
            self.layout_version += 1
        if self._slab_state is not None:
            self.slab.rollback(self._slab_state)
        self.scratch.rewind(self._scratch_mark)
        self._moved.clear()
        self._slab_state = None
        self.phase = CLOSED
        self.opener = None

    def restart(
        self,
        buffers: tuple[ArenaBuffer, ArenaBuffer],
        sparse_places: Mapping[FieldId, tuple[FieldHandle, FieldArray]],
    ) -> None:
        """Publish the first buffer again, with the sparse fields at new places in both."""
        self.published, self.staging = buffers
        for buffer in buffers:
            for field, (handle, array) in sparse_places.items():
                buffer.readable[field] = array
                buffer.descriptor.update_handle(field, handle)
        self._moved_before = {}
        self._scratch_mark = self.scratch.mark()
        self.layout_version += 1


def _copy_pairs(
    first: tuple[FieldArray, ...], second: tuple[FieldArray, ...]
) -> tuple[tuple[tuple[memoryview, memoryview], ...], tuple[tuple[memoryview, memoryview], ...]]:
    """For either buffer: pairs of a target in it and its source.

    They are memory views: copying them takes two thirds of the time of small arrays, and as long for large.
    """
    one, other = ([memoryview(cast(Any, words)).cast("B") for words in run] for run in (first, second))
    return tuple(zip(one, other, strict=True)), tuple(zip(other, one, strict=True))
