"""The guard of one tick: how staged values are read and written, sealed and published."""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType

from numpy.typing import ArrayLike

from murk_arena.descriptor import FieldArray, FieldId, unknown_field
from murk_arena.errors import (
    ClosedTickError,
    NoTickError,
    NotSealedError,
    SealedError,
)
from murk_arena.rows import RowWriter
from murk_arena.scratch import ScratchRegion
from murk_arena.write import CLOSED, SEALED, WRITING, WriteArena

__all__ = ["SealedView", "TickGuard"]


class TickGuard:
    """One tick: it is published when the `with` block succeeds and discarded when it raises.

    An arena has one guard for all ticks. Its arrays are made once per buffer: until the arena's
    `layout_version` changes, they are the same objects in every second tick. They are the arena's memory, and
    writes after the tick go unnoticed, so do not keep them.
    """

    __slots__ = ("_sealed_view", "_writers", "_writes")

    def __init__(self, writes: WriteArena) -> None:
        self._writes = writes
        self._sealed_view = SealedView(writes)
        self._writers: list[RowWriter] = []

    def __enter__(self) -> TickGuard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writes.phase == CLOSED:
            return  # the block has published or cancelled by itself
        if kind is None:
            self.publish()
        else:
            self.cancel()

    @property
    def generation(self) -> int:
        """The generation that this tick is making.

        Raises:
            ClosedTickError: no tick is in progress.
        """
        self._check_open()
        return self._writes.staging.generation

    @property
    def scratch(self) -> ScratchRegion:
        """Temporary space, reclaimed when the next tick begins.

        Raises:
            ClosedTickError: no tick is in progress.
        """
        self._check_open()
        return self._writes.scratch

    def read(self, field: FieldId) -> FieldArray:
        """The staged values (num_worlds, *shape), read-only; a static field's values (*shape).

        Raises:
            UnknownFieldError: there is no such field.
            ClosedTickError: no tick is in progress.
        """
        self._check_open()
        return self._writes.read(field)

    def previous(self, field: FieldId) -> FieldArray:
        """The published values (num_worlds, *shape), read-only; a static field's values (*shape).

        Raises:
            UnknownFieldError: there is no such field.
            ClosedTickError: no tick is in progress.
        """
        self._check_open()
        try:
            return self._writes.published.readable[field]
        except KeyError:
            raise unknown_field(field, self._writes.specs.values()) from None

    def write(self, field: FieldId) -> FieldArray:
        """Memory for a full write (num_worlds, *shape): writable, not cleared, not copied.

        The writer promises to set every element; in checked mode the arena proves it. A second call in the
        same tick returns the same memory, with the values written so far.

        Raises:
            UnknownFieldError: there is no such field.
            StaticFieldError: the field is static.
            CapacityExceededError: the sparse pool is full.
            SealedError: the tick is sealed.
            ClosedTickError: no tick is in progress.
        """
        self._check_writing()
        return self._writes.write(field)

    def update(self, field: FieldId) -> FieldArray:
        """Memory for an incremental write (num_worlds, *shape): writable, holding the staged values.

        Raises:
            UnknownFieldError: there is no such field.
            StaticFieldError: the field is static.
            CapacityExceededError: the sparse pool is full.
            SealedError: the tick is sealed.
            ClosedTickError: no tick is in progress.
        """
        self._check_writing()
        return self._writes.update(field)

    def prove_covered(self, fields: Collection[FieldId]) -> None:
        """In checked mode, prove that the full writes of these fields so far set every element.

        `seal` proves it of all fields; a call after one writer blames that writer's fields alone.

        Raises:
            UncoveredWriteError: an element is unset.
            SealedError: the tick is sealed.
            ClosedTickError: no tick is in progress.
        """
        self._check_writing()
        if self._writes.checks is not None:
            self._writes.checks.prove_covered(fields)

    def rows(self, worlds: ArrayLike) -> RowWriter:
        """A writer for the rows of these worlds: indices, or a mask (num_worlds,).

        Raises:
            InvalidValueError: a world does not exist or is named twice, or the mask has another shape.
            SealedError: the tick is sealed.
            ClosedTickError: no tick is in progress.
        """
        self._check_writing()
        return self._new_writer(worlds)

    @property
    def sealed(self) -> bool:
        """Whether the writing has ended; reopened rows may still be written."""
        return self._writes.phase == SEALED

    def seal(self) -> SealedView:
        """End the writing. Sealing again ends the writing of reopened rows.

        Raises:
            UncoveredWriteError: a full write left elements unwritten (checked mode).
            RowAccessError: a row writer's memory changed in rows of other worlds (checked mode).
            ClosedTickError: no tick is in progress.
        """
        self._check_open()
        if self._writers:
            self._close_writers()
        if self._writes.phase == WRITING:
            self._writes.seal()
        return self._sealed_view

    def reopen_rows(self, worlds: ArrayLike) -> RowWriter:
        """A writer for the rows of these worlds, after sealing; it closes the previous writer.

        Raises:
            InvalidValueError: a world does not exist or is named twice, or the mask has another shape.
            RowAccessError: the previous writer changed rows of other worlds (checked mode).
            NotSealedError: the tick is not sealed.
            ClosedTickError: no tick is in progress.
        """
        self._check_open()
        if self._writes.phase != SEALED:
            raise NotSealedError("rows are reopened after seal(); before it, use rows()")
        self._close_writers()
        return self._new_writer(worlds)

    def publish(self) -> None:
        """Make the staged values the published generation, sealing the tick first if it is not.

        Raises:
            UncoveredWriteError: a full write left elements unwritten (checked mode); the tick is cancelled.
            RowAccessError: a row writer's memory changed in rows of other worlds (checked mode); likewise.
            NoTickError: no tick is in progress.
        """
        if self._writes.phase == CLOSED:
            self._check_tick("publish")
        try:
            if self._writers:
                self._close_writers()
            self._writes.commit()
        except BaseException:
            if self._writes.phase != CLOSED:
                self.cancel()
            raise

    def cancel(self) -> None:
        """Discard the tick and restore the state before it began.

        Raises:
            NoTickError: no tick is in progress.
        """
        self._check_tick("cancel")
        self.drop_writers()
        self._writes.rollback()

    def drop_writers(self) -> None:
        """Close all row writers of a discarded tick."""
        for writer in self._writers:
            writer.discard()
        self._writers.clear()

    def _new_writer(self, worlds: ArrayLike) -> RowWriter:
        writer = RowWriter(self._writes, worlds)
        self._writers.append(writer)
        return writer

    def _close_writers(self) -> None:
        if self._writers:
            for writer in self._writers:
                writer.close()
            self._writers.clear()

    def _check_open(self) -> None:
        if self._writes.phase == CLOSED:
            raise ClosedTickError("the tick has been published or cancelled; begin_tick() opens the next one")

    def _check_writing(self) -> None:
        self._check_open()
        if self._writes.phase == SEALED:
            raise SealedError("the tick is sealed; only reopen_rows() may still write")

    def _check_tick(self, what: str) -> None:
        if self._writes.phase == CLOSED:
            raise NoTickError(f"there is no tick to {what}; begin_tick() opens one")


class SealedView:
    """The staged values of a sealed tick, read-only. An arena has one for all ticks."""

    __slots__ = ("_writes",)

    def __init__(self, writes: WriteArena) -> None:
        self._writes = writes

    @property
    def num_worlds(self) -> int:
        """The number of worlds."""
        return self._writes.staging.num_worlds

    @property
    def generation(self) -> int:
        """The generation that the tick is making.

        Raises:
            ClosedTickError: no sealed tick is in progress.
        """
        self._check_sealed()
        return self._writes.staging.generation

    def read(self, field: FieldId) -> FieldArray:
        """The staged values (num_worlds, *shape), read-only; a static field's values (*shape).

        Raises:
            UnknownFieldError: there is no such field.
            ClosedTickError: no sealed tick is in progress.
        """
        self._check_sealed()
        return self._writes.read(field)

    def _check_sealed(self) -> None:
        if self._writes.phase != SEALED:
            raise ClosedTickError("no sealed tick is in progress; read the view that seal() returns")
