"""Figures of an arena's memory."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ArenaMetrics"]


@dataclass(frozen=True, slots=True)
class ArenaMetrics:
    """Figures of one arena at one moment.

    Attributes:
        generation: the published generation.
        bytes_in_use: bytes of all allocations: both buffers, the sparse pool, static values, scratch.
        bytes_reserved: bytes of all blocks that were made for them.
        sparse_retired: ranges of the sparse pool that may be used again.
        sparse_pending: ranges that may be used again when the next tick begins.
        sparse_reuse_hits: copies on write that used an old range.
        sparse_reuse_misses: copies on write that took new words.
        scratch_high_water: the most scratch words that any published tick held at once.
    """

    generation: int
    bytes_in_use: int
    bytes_reserved: int
    sparse_retired: int
    sparse_pending: int
    sparse_reuse_hits: int
    sparse_reuse_misses: int
    scratch_high_water: int
