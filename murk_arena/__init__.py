"""Generational arena memory over numpy: fields change by whole ticks or not at all.

Knows nothing of cells, learning or time; depends on numpy alone. Start with `PingPongArena`.
"""

from murk_arena.config import ArenaConfig
from murk_arena.descriptor import (
    FieldArray,
    FieldDescriptor,
    FieldEntry,
    FieldId,
    FieldSpec,
    Mutability,
    WriteMode,
    bits,
)
from murk_arena.errors import (
    ArenaError,
    CapacityExceededError,
    ClosedHandleError,
    ClosedTickError,
    FieldAccessError,
    InvalidConfigError,
    InvalidValueError,
    NoTickError,
    NotSealedError,
    RowAccessError,
    SealedError,
    SharedMemoryError,
    SnapshotMismatchError,
    StaleHandleError,
    StaleSnapshotError,
    StaticFieldError,
    TickInProgressError,
    UnallocatedRangeError,
    UncoveredWriteError,
    UnknownFieldError,
)
from murk_arena.handle import FieldHandle, Location, PerTickLocation, SparseLocation, StaticLocation
from murk_arena.metrics import ArenaMetrics
from murk_arena.pingpong import PingPongArena
from murk_arena.read import OwnedSnapshot, Snapshot
from murk_arena.rows import RowWriter
from murk_arena.scratch import ScratchRegion
from murk_arena.static_arena import StaticArena, StaticCache
from murk_arena.tick import SealedView, TickGuard

__all__ = [
    "ArenaConfig",
    "ArenaError",
    "ArenaMetrics",
    "CapacityExceededError",
    "ClosedHandleError",
    "ClosedTickError",
    "FieldAccessError",
    "FieldArray",
    "FieldDescriptor",
    "FieldEntry",
    "FieldHandle",
    "FieldId",
    "FieldSpec",
    "InvalidConfigError",
    "InvalidValueError",
    "Location",
    "Mutability",
    "NoTickError",
    "NotSealedError",
    "OwnedSnapshot",
    "PerTickLocation",
    "PingPongArena",
    "RowAccessError",
    "RowWriter",
    "ScratchRegion",
    "SealedError",
    "SealedView",
    "SharedMemoryError",
    "Snapshot",
    "SnapshotMismatchError",
    "SparseLocation",
    "StaleHandleError",
    "StaleSnapshotError",
    "StaticArena",
    "StaticCache",
    "StaticFieldError",
    "StaticLocation",
    "TickGuard",
    "TickInProgressError",
    "UnallocatedRangeError",
    "UncoveredWriteError",
    "UnknownFieldError",
    "WriteMode",
    "bits",
]
