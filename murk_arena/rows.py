"""Writing the rows of some worlds only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from murk_arena.descriptor import FieldArray, FieldId, Mutability
from murk_arena.errors import ClosedTickError, InvalidValueError
from murk_arena.write import WriteArena

__all__ = ["RowWriter", "world_indices"]


class RowWriter:
    """Reads and writes the rows of its worlds in the tick in progress.

    It closes with the tick, and when the tick is sealed or rows are reopened.

    Attributes:
        worlds: the worlds, int64 (k,), in the given order; read-only.
    """

    __slots__ = ("_open", "_writes", "worlds")

    def __init__(self, writes: WriteArena, worlds: ArrayLike) -> None:
        self.worlds = world_indices(worlds, writes.staging.num_worlds)
        self.worlds.flags.writeable = False
        self._writes = writes
        self._open = True

    def read(self, field: FieldId) -> FieldArray:
        """A copy of the worlds' rows (k, *shape); a static field: its read-only array (*shape).

        Raises:
            UnknownFieldError: there is no such field.
            ClosedTickError: the writer has closed.
        """
        self._check_open()
        values = self._writes.read(field)
        if self._writes.spec(field).mutability is Mutability.STATIC:
            return values
        return values[self.worlds]

    def write(self, field: FieldId, values: ArrayLike) -> None:
        """Set the worlds' rows to values that broadcast to (k, *shape).

        Raises:
            InvalidValueError: the values do not broadcast, or the field cannot hold their kind.
            UnknownFieldError: there is no such field.
            StaticFieldError: the field is static.
            CapacityExceededError: the sparse pool is full.
            ClosedTickError: the writer has closed.
        """
        self._check_open()
        spec = self._writes.spec(field)
        array = np.asarray(values)
        shape = (len(self.worlds), *spec.shape)
        if array.dtype != spec.dtype and not np.can_cast(array.dtype, spec.dtype, "same_kind"):
            raise InvalidValueError(
                f"field {spec.name!r} holds {spec.dtype}, the values are {array.dtype}; convert them first"
            )
        if array.shape not in ((), spec.shape, shape) and not _broadcasts(array.shape, shape):
            raise InvalidValueError(
                f"field {spec.name!r} has rows of shape {shape} here, the values have {array.shape}; "
                "give values that broadcast to the rows"
            )
        self._writes.update(field, owner=self)[self.worlds] = array

    def unguarded(self, field: FieldId) -> FieldArray:
        """The field's array (num_worlds, *shape), writable, for code that keeps to the writer's worlds.

        In checked mode the arena proves, when the writer closes, that no other row has changed.

        Raises:
            UnknownFieldError: there is no such field.
            StaticFieldError: the field is static.
            CapacityExceededError: the sparse pool is full.
            ClosedTickError: the writer has closed.
        """
        self._check_open()
        view = self._writes.update(field, owner=self)
        if self._writes.checks is not None:
            self._writes.checks.watch(self, field, view, self.worlds)
        return view

    def close(self) -> None:
        """End the writing; closing twice is allowed.

        Raises:
            RowAccessError: memory from `unguarded` changed in rows of other worlds (checked mode).
        """
        if self._open:
            self._open = False
            if self._writes.checks is not None:
                self._writes.checks.prove_rows(self)

    def discard(self) -> None:
        """End the writing without checks when the tick is discarded."""
        self._open = False

    def _check_open(self) -> None:
        if not self._open:
            raise ClosedTickError(
                "this row writer has closed: its tick ended, was sealed, or reopened other rows; "
                "ask the tick again"
            )


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether values of the shape broadcast to the target."""
    return len(shape) <= len(target) and all(
        side in (1, wanted) for side, wanted in zip(reversed(shape), reversed(target), strict=False)
    )


def world_indices(worlds: ArrayLike, num_worlds: int) -> NDArray[np.int64]:
    """Worlds given as indices or as a mask (num_worlds,), as int64 indices (k,).

    Raises:
        InvalidValueError: a mask of another shape, or indices that are not one-dimensional integers, are out
            of range, or name a world twice.
    """
    array = np.asarray(worlds)
    if array.dtype == np.bool_:
        if array.shape != (num_worlds,):
            raise InvalidValueError(f"the mask of worlds has shape {array.shape}; it must be ({num_worlds},)")
        return np.flatnonzero(array)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise InvalidValueError(
            f"worlds must be a mask or integers in one dimension, not {array.dtype} of shape {array.shape}"
        )
    indices = array.astype(np.int64)
    if indices.size and indices[0] >= 0 and indices[-1] < num_worlds and (indices[1:] > indices[:-1]).all():
        return indices  # in order, as they come from a mask: none is outside or named twice
    outside = (indices < 0) | (indices >= num_worlds)
    if outside.any():
        raise InvalidValueError(f"world {indices[outside][0]} does not exist; there are {num_worlds}")
    counts = np.bincount(indices, minlength=num_worlds)
    if counts.max() > 1:
        raise InvalidValueError(
            f"world {counts.argmax()} is named {counts.max()} times; name each world once"
        )
    return indices
