"""Every error of the arena, in one tree.

::

    ArenaError
    ├── InvalidConfigError (ValueError)    a configuration, field list or static value that cannot work
    ├── InvalidValueError (ValueError)     values or worlds given to a row write that do not fit
    ├── CapacityExceededError              a pool cannot hold the requested memory
    ├── UnallocatedRangeError (IndexError) a range of words that nobody has allocated
    ├── UnknownFieldError (LookupError)    a field id that the arena does not hold
    ├── StaticFieldError                   a write to a static field
    ├── FieldAccessError                   an access that the field's mutability does not have
    ├── StaleSnapshotError                 a snapshot whose buffer was opened again
    ├── StaleHandleError                   a handle that no readable generation holds
    ├── SnapshotMismatchError              an owned snapshot of other fields, static values or worlds
    ├── TickInProgressError                a call that must come between ticks, inside one
    ├── NoTickError                        a call that needs a tick, outside one
    ├── ClosedTickError                    a guard, view or row writer used after it closed
    ├── SealedError                        a write after the tick was sealed
    ├── NotSealedError                     a reopening before the tick was sealed
    ├── UncoveredWriteError                a full write that left elements unwritten (checked mode)
    ├── RowAccessError                     a row writer's memory changed in other worlds' rows (checked mode)
    ├── ClosedHandleError                  a handle on static memory used after it was given back
    └── SharedMemoryError                  shared static memory that no longer exists

Two errors are equal if their kinds and arguments are. All can be pickled, because workers send them to
the process that waits for them.
"""

from __future__ import annotations

__all__ = [
    "ArenaError",
    "CapacityExceededError",
    "ClosedHandleError",
    "ClosedTickError",
    "FieldAccessError",
    "InvalidConfigError",
    "InvalidValueError",
    "NoTickError",
    "NotSealedError",
    "RowAccessError",
    "SealedError",
    "SharedMemoryError",
    "SnapshotMismatchError",
    "StaleHandleError",
    "StaleSnapshotError",
    "StaticFieldError",
    "TickInProgressError",
    "UnallocatedRangeError",
    "UncoveredWriteError",
    "UnknownFieldError",
]


class ArenaError(Exception):
    """Anything the arena refuses."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, ArenaError) and self.args == other.args

    def __hash__(self) -> int:
        return hash((type(self), self.args))


class InvalidConfigError(ArenaError, ValueError):
    """A configuration, a list of fields or a set of static values that cannot work."""


class InvalidValueError(ArenaError, ValueError):
    """Values of the wrong shape or kind, or worlds that do not exist, given to a row write."""


class CapacityExceededError(ArenaError):
    """A pool cannot hold the requested memory; nothing was changed.

    Args:
        requested_bytes: the requested size.
        available_bytes: the largest size that was available.
        what: the object that requested it, for the message.
    """

    def __init__(self, requested_bytes: int, available_bytes: int, what: str = "an allocation") -> None:
        super().__init__(requested_bytes, available_bytes, what)
        self.requested_bytes = requested_bytes
        self.available_bytes = available_bytes
        self.what = what

    def __str__(self) -> str:
        return (
            f"{self.what} needs {self.requested_bytes} bytes, but only {self.available_bytes} are available; "
            "raise ArenaConfig.segment_size or max_segments, or use ArenaConfig.fitting"
        )


class UnallocatedRangeError(ArenaError, IndexError):
    """A range of words that does not lie inside allocated memory."""


class UnknownFieldError(ArenaError, LookupError):
    """A field id that the arena does not hold."""


class StaticFieldError(ArenaError):
    """A write to a static field, which never changes."""


class FieldAccessError(ArenaError):
    """An access that the field's mutability does not have."""


class StaleSnapshotError(ArenaError):
    """A snapshot whose buffer was opened again for a later tick.

    Args:
        snapshot_generation: the generation that the snapshot was taken of.
        buffer_generation: the generation for which its buffer was opened again.
    """

    def __init__(self, snapshot_generation: int, buffer_generation: int) -> None:
        super().__init__(snapshot_generation, buffer_generation)
        self.snapshot_generation = snapshot_generation
        self.buffer_generation = buffer_generation

    def __str__(self) -> str:
        return (
            f"the snapshot of generation {self.snapshot_generation} is stale: its memory was opened for "
            f"generation {self.buffer_generation}; take a new one after each publish, or keep to_owned()"
        )


class StaleHandleError(ArenaError):
    """A handle that no readable generation holds any more.

    Args:
        handle_generation: the generation that the handle belongs to.
        oldest_live: the oldest generation whose handles still resolve.
    """

    def __init__(self, handle_generation: int, oldest_live: int) -> None:
        super().__init__(handle_generation, oldest_live)
        self.handle_generation = handle_generation
        self.oldest_live = oldest_live

    def __str__(self) -> str:
        return (
            f"the handle of generation {self.handle_generation} is stale: the oldest generation that still "
            f"resolves is {self.oldest_live}; ask the arena for the field's handle again"
        )


class SnapshotMismatchError(ArenaError):
    """An owned snapshot of other fields, static values or number of worlds than the arena's."""


class TickInProgressError(ArenaError):
    """A call that must come between two ticks was made inside one."""


class NoTickError(ArenaError):
    """A call that needs a tick in progress was made outside one."""


class ClosedTickError(ArenaError):
    """A tick guard, sealed view or row writer was used after it had closed."""


class SealedError(ArenaError):
    """A write after the tick was sealed."""


class NotSealedError(ArenaError):
    """Rows were reopened, or sealed values read, before the tick was sealed."""


class UncoveredWriteError(ArenaError):
    """A full write left elements unwritten (checked mode)."""


class RowAccessError(ArenaError):
    """The memory of a row writer changed in the rows of other worlds (checked mode)."""


class ClosedHandleError(ArenaError):
    """A handle on static memory was used after it had been given back."""


class SharedMemoryError(ArenaError):
    """Shared static memory that no longer exists, or cannot be obtained."""
