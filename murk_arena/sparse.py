"""Copy-on-write storage for fields that seldom change."""

from __future__ import annotations

from dataclasses import dataclass

from murk_arena.descriptor import FieldId
from murk_arena.segment import SegmentList

__all__ = ["SlabState", "SparseRange", "SparseSlab"]


@dataclass(frozen=True, slots=True)
class SparseRange:
    """Words of the sparse pool: the segment, the first word in it, and their number."""

    segment: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class SlabState:
    """The state of a slab to which a discarded tick returns."""

    live: dict[FieldId, SparseRange]
    retired: tuple[SparseRange, ...]
    pending: tuple[SparseRange, ...]
    reuse_hits: int
    reuse_misses: int
    mark: tuple[int, ...]


class SparseSlab:
    """Which range of the sparse pool each field has, and which ranges may be used again.

    A range is retired in two phases. When its field moves it becomes *pending*: the snapshot of the published
    generation reads it, and stays readable after the tick that moved the field is published. When the next
    tick begins, that snapshot is stale, and the range becomes reusable.

    Args:
        segments: the pool, used by this slab alone.

    Attributes:
        pending: ranges that become reusable when the next tick begins.
    """

    __slots__ = ("_live", "_retired", "pending", "reuse_hits", "reuse_misses", "segments")

    def __init__(self, segments: SegmentList) -> None:
        self.segments = segments
        self._live: dict[FieldId, SparseRange] = {}
        self._retired: list[SparseRange] = []
        self.pending: tuple[SparseRange, ...] = ()
        self.reuse_hits = 0
        self.reuse_misses = 0

    @property
    def live(self) -> dict[FieldId, SparseRange]:
        """Field id to the range it has now: a copy."""
        return dict(self._live)

    @property
    def retired(self) -> tuple[SparseRange, ...]:
        """Ranges that the next allocation may use, oldest first."""
        return tuple(self._retired)

    def alloc(self, field: FieldId, length: int, what: str = "a sparse field") -> SparseRange:
        """Give the field a new range, not cleared; its old range becomes pending.

        Raises:
            CapacityExceededError: the pool is full; nothing has changed, the counters included.
        """
        chosen = self._reuse(length)
        if chosen is None:
            segment, offset = self.segments.alloc(length, what)
            chosen = SparseRange(segment, offset, length)
            self.reuse_misses += 1
        else:
            self.reuse_hits += 1
        if field in self._live:
            self.pending += (self._live[field],)
        self._live[field] = chosen
        return chosen

    def _reuse(self, length: int) -> SparseRange | None:
        """The oldest reusable range of exactly this length, taken from the list."""
        for index, candidate in enumerate(self._retired):
            if candidate.length == length:
                return self._retired.pop(index)
        return None

    def flush(self) -> None:
        """Make the pending ranges reusable."""
        self._retired += self.pending
        self.pending = ()

    def reset_counters(self) -> None:
        """Count reuse from 0 again."""
        self.reuse_hits = 0
        self.reuse_misses = 0

    def reset(self) -> None:
        """Forget every range and empty the pool."""
        self.segments.reset()
        self._live.clear()
        self._retired.clear()
        self.pending = ()
        self.reset_counters()

    def state(self) -> SlabState:
        """The state to which `rollback` returns."""
        return SlabState(
            live=dict(self._live),
            retired=tuple(self._retired),
            pending=self.pending,
            reuse_hits=self.reuse_hits,
            reuse_misses=self.reuse_misses,
            mark=self.segments.mark(),
        )

    def rollback(self, state: SlabState) -> None:
        """Go back to that state: ranges, lists, counters and the pool's cursors."""
        self._live = dict(state.live)
        self._retired = list(state.retired)
        self.pending = state.pending
        self.reuse_hits = state.reuse_hits
        self.reuse_misses = state.reuse_misses
        self.segments.rewind(state.mark)
