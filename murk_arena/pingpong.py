"""The arena itself: two alternating buffers, a sparse pool, static values, scratch space."""

from __future__ import annotations

import operator
import os
import weakref
from collections.abc import Sequence
from threading import get_ident
from typing import NoReturn

from murk_arena.buffer import ArenaBuffer
from murk_arena.config import ArenaConfig
from murk_arena.descriptor import (
    FieldArray,
    FieldDescriptor,
    FieldId,
    FieldSpec,
    Mutability,
    unique_specs,
)
from murk_arena.errors import (
    FieldAccessError,
    InvalidConfigError,
    NoTickError,
    StaleHandleError,
    StaticFieldError,
)
from murk_arena.handle import FieldHandle, SparseLocation
from murk_arena.matching import check_restorable, check_static_fields
from murk_arena.metrics import ArenaMetrics
from murk_arena.read import OwnedSnapshot, Snapshot
from murk_arena.scratch import ScratchRegion
from murk_arena.segment import WORD_BYTES, SegmentList
from murk_arena.sparse import SparseSlab
from murk_arena.static_arena import StaticArena
from murk_arena.threads import tick_in_progress
from murk_arena.tick import TickGuard
from murk_arena.write import CLOSED, WriteArena

__all__ = ["PingPongArena"]

_arenas: weakref.WeakSet[PingPongArena] = weakref.WeakSet()


class PingPongArena:
    """Memory for the fields of a batch of worlds, changed by ticks that happen entirely or not at all.

    Args:
        specs: the fields.
        num_worlds: the number of worlds, the first axis of every per-tick and sparse field.
        config: the limits; by default exactly what the fields need.
        static: the values of the static fields, and possibly of others.
        checked: prove the writers' promises, at the cost of time and memory.

    Raises:
        InvalidConfigError: the limits are out of range, there is no world, two fields have one id, or a
            static field is declared differently in the static arena.
        UnknownFieldError: a static field is not in the static arena.
        CapacityExceededError: the fields do not fit within the limits.

    Example:
        >>> heat = FieldSpec(FieldId(0), "heat", (3,))
        >>> arena = PingPongArena([heat], num_worlds=2)
        >>> with arena.begin_tick() as tick:
        ...     tick.update(heat.id)[1] += 5.0
        >>> arena.snapshot().read(heat.id)
        array([[0., 0., 0.],
               [5., 5., 5.]], dtype=float32)
    """

    def __init__(
        self,
        specs: Sequence[FieldSpec],
        *,
        num_worlds: int,
        config: ArenaConfig | None = None,
        static: StaticArena | None = None,
        checked: bool = False,
    ) -> None:
        by_id = unique_specs(specs)
        self._num_worlds = operator.index(num_worlds)
        if self._num_worlds < 1:
            raise InvalidConfigError(f"num_worlds is {num_worlds}; an arena holds at least one world")
        self._config = ArenaConfig.fitting(specs, self._num_worlds) if config is None else config
        self._config.validate()
        self._specs = tuple(specs)
        self._static = StaticArena({}) if static is None else static.share()
        check_static_fields(self._specs, self._static)
        self._checked = checked
        self._scratch = ScratchRegion()
        self._slab = SparseSlab(SegmentList(self._config.segment_size, self._config.sparse_segments))
        elsewhere = self._static_places() | self._new_sparse_places(stamp=0)
        self._buffers = (
            ArenaBuffer(0, self._specs, self._num_worlds, self._config, elsewhere),
            ArenaBuffer(1, self._specs, self._num_worlds, self._config, elsewhere),
        )
        self._writes = WriteArena(self._buffers, self._slab, self._scratch, by_id, checked=checked)
        self._guard = TickGuard(self._writes)
        _arenas.add(self)

    def _static_places(self) -> dict[FieldId, tuple[FieldHandle, FieldArray]]:
        return {
            spec.id: (self._static.location(spec.id), self._static.read(spec.id))
            for spec in self._specs
            if spec.mutability is Mutability.STATIC
        }

    def _new_sparse_places(self, stamp: int) -> dict[FieldId, tuple[FieldHandle, FieldArray]]:
        """Put every sparse field, all zeros, into an empty pool."""
        places: dict[FieldId, tuple[FieldHandle, FieldArray]] = {}
        for spec in self._specs:
            if spec.mutability is not Mutability.SPARSE:
                continue
            length = spec.num_words(self._num_worlds)
            found = self._slab.alloc(spec.id, length, f"sparse field {spec.name!r}")
            self._slab.segments.slice(found.segment, found.offset, length).fill(0.0)
            words = self._slab.segments.read_only(found.segment, found.offset, length)
            handle = FieldHandle(0, found.offset, length, SparseLocation(found.segment), stamp)
            places[spec.id] = handle, spec.shaped(words, self._num_worlds)
        self._slab.reset_counters()  # they count copies on write; these were none
        return places

    @property
    def num_worlds(self) -> int:
        """The number of worlds."""
        return self._num_worlds

    @property
    def config(self) -> ArenaConfig:
        """The limits."""
        return self._config

    @property
    def specs(self) -> tuple[FieldSpec, ...]:
        """The fields, in the order of registration."""
        return self._specs

    @property
    def static_arena(self) -> StaticArena:
        """The arena's own handle on the static values."""
        return self._static

    @property
    def checked(self) -> bool:
        """Whether writers' promises are proved."""
        return self._checked

    @property
    def stamp(self) -> int:
        """A number that changes whenever the published values change; no number occurs twice."""
        return self._writes.published.stamp

    @property
    def generation(self) -> int:
        """The number of the published generation: 0 at first, one more with every published tick."""
        return self._writes.published.generation

    @property
    def in_tick(self) -> bool:
        """Whether a tick is in progress."""
        return self._writes.phase != CLOSED

    @property
    def staging_index(self) -> int:
        """The buffer, 0 or 1, that the tick in progress or the next one writes."""
        return self._writes.staging.index

    @property
    def layout_version(self) -> int:
        """A number that changes whenever the field of a returned array may have moved.

        That is: when a sparse field is copied on write, when the other buffer follows at the next tick, when
        such a tick is cancelled, and on restore and reset.
        """
        return self._writes.layout_version

    @property
    def descriptor(self) -> FieldDescriptor:
        """The places of all fields of the published generation: a copy."""
        return self._writes.published.descriptor.copy()

    @property
    def metrics(self) -> ArenaMetrics:
        """The arena's current figures."""
        pools = (*(buffer.segments for buffer in self._buffers), self._slab.segments)
        used_words = sum(pool.total_used for pool in pools) + self._scratch.used
        static_bytes = self._static.memory_bytes
        return ArenaMetrics(
            generation=self.generation,
            bytes_in_use=used_words * WORD_BYTES + static_bytes,
            bytes_reserved=sum(pool.memory_bytes for pool in pools)
            + self._scratch.memory_bytes
            + static_bytes,
            sparse_retired=len(self._slab.retired),
            sparse_pending=len(self._slab.pending),
            sparse_reuse_hits=self._slab.reuse_hits,
            sparse_reuse_misses=self._slab.reuse_misses,
            scratch_high_water=self._scratch.high_water,
        )

    def begin_tick(self, thread: int | None = None, *, full: bool = False, carry: bool = True) -> TickGuard:
        """Begin a tick. Snapshots of the generation before the published one become stale.

        Args:
            thread: the calling thread's `threading.get_ident()`, if the caller already has it.
            full: whether every per-tick field declared with a full writer will be written in full in this
                tick. Get its memory from `staging_view`; nothing is carried forward for it.
            carry: whether to carry all other per-tick fields forward now. Without it the caller copies them
                from the published generation to `staging_view`, before anything reads or writes them.

        Returns:
            The guard, to be used in a `with` statement; the same object in every tick.

        Raises:
            TickInProgressError: the previous tick, this thread's or another's, has been neither published nor
                cancelled.
        """
        writes, this = self._writes, thread or get_ident()
        if writes.opener is not None:
            raise tick_in_progress(writes.staging.generation, writes.opener)
        writes.opener = this  # no call comes between: no other thread gets its turn
        try:
            writes.open(full, carry)
        except BaseException:
            writes.rollback()
            raise
        return self._guard

    def staging_view(self, field: FieldId) -> FieldArray:
        """A per-tick field's staged array (num_worlds, *shape), writable: the same object every second tick.

        The arena does not notice such writes: a field with a full writer keeps them only if the tick began
        with `full`. The array stays writable after the seal, for the outcome of a sealed tick.

        Raises:
            UnknownFieldError: there is no such field.
            StaticFieldError: the field is static.
            FieldAccessError: the field is sparse.
            NoTickError: no tick is in progress.
        """
        if self._writes.phase == CLOSED:
            raise NoTickError("staging memory may be written inside a tick only; begin_tick() opens one")
        spec = self._writes.spec(field)
        if spec.mutability is Mutability.STATIC:
            raise StaticFieldError(f"field {spec.name!r} is static: it has no staging memory, only read()")
        if spec.mutability is Mutability.SPARSE:
            raise FieldAccessError(
                f"field {spec.name!r} is sparse: it has no staging memory of its own; use TickGuard.update"
            )
        return self._writes.staging.writable[field]

    def snapshot(self) -> Snapshot:
        """The published generation, read-only."""
        return Snapshot(self._writes.published, self._specs, self._static)

    def handle(self, field: FieldId) -> FieldHandle:
        """The place of the field in the published generation.

        Raises:
            UnknownFieldError: there is no such field.
        """
        return self._writes.published.handle(field)

    def resolve(self, handle: FieldHandle) -> FieldArray:
        """The words (length,) float32 of a handle, read-only.

        Raises:
            StaleHandleError: no readable generation, at most `max_generation_age` behind the published one,
                holds the handle.
        """
        live = [self._writes.published]
        if self._other_is_readable():
            live.append(self._writes.staging)
        for buffer in live:
            for entry in buffer.descriptor:
                if buffer.handle(entry.spec.id) == handle:
                    return buffer.readable[entry.spec.id].reshape(-1).view("float32")
        raise StaleHandleError(handle.generation, live[-1].generation)

    def _other_is_readable(self) -> bool:
        """Whether the staging buffer still holds the generation before the published one."""
        other, published = self._writes.staging, self._writes.published
        age = published.generation - other.generation
        return other.stamp < published.stamp and 0 <= age <= self._config.max_generation_age

    def abandon_tick(self) -> None:
        """Discard the tick in progress if this thread began it; another thread's goes on.

        An interrupt may arrive just as the guard's `with` block is entered or left, where the guard itself
        cannot discard the tick.
        """
        if self.in_tick and self._writes.opener == get_ident():
            self._guard.cancel()

    def _discard_tick(self) -> None:
        """Discard the tick in progress, whichever thread began it."""
        if self.in_tick:
            self._guard.cancel()
        self._writes.opener = None

    def restore(self, owned: OwnedSnapshot) -> None:
        """Set the arena's whole state, values and generation, to the snapshot's.

        It is a tick, so it happens entirely or not at all. Earlier snapshots become stale.

        Raises:
            SnapshotMismatchError: the snapshot holds other fields, static values or number of worlds.
            TickInProgressError: a tick is in progress.
            CapacityExceededError: explicit limits leave the sparse pool too small.
        """
        check_restorable(owned, self._specs, self._num_worlds, self._static)
        writes, (first, second) = self._writes, self._buffers
        with self.begin_tick() as tick:
            writes.staging.generation = owned.generation
            for spec in self._specs:
                if spec.mutability is not Mutability.STATIC:
                    tick.update(spec.id)[...] = owned.read(spec.id)
        first.stamp = second.stamp = writes.serial  # plain stores: what is published cannot fail

    def reset(self) -> None:
        """Go back to generation 0: all per-tick and sparse values zero, an empty pool, counters at 0.

        Static values and the scratch region's size stay. This thread's tick in progress is discarded; earlier
        snapshots and handles become stale.

        Raises:
            TickInProgressError: another thread's tick is in progress.
        """
        self.abandon_tick()
        if self._writes.opener is not None:
            raise tick_in_progress(self._writes.staging.generation, self._writes.opener)
        for buffer in self._buffers:
            buffer.clear()
            buffer.generation = 0
        self._slab.reset()
        self._scratch.reset()
        self._scratch.high_water = 0
        self._writes.serial += 1
        for buffer in self._buffers:
            buffer.stamp = self._writes.serial  # every snapshot and handle taken so far is stale
        self._writes.restart(self._buffers, self._new_sparse_places(self._writes.serial))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a PingPongArena cannot be copied or pickled; keep snapshot().to_owned() "
            "and restore() it into another"
        )


def _abandon_ticks() -> None:
    """In a forked child, discard the ticks in progress, whose threads stayed in the parent."""
    for arena in list(_arenas):
        arena._discard_tick()  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_ticks)
