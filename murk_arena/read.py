"""Reading published values: borrowed snapshots that go stale, and owned ones that do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from murk_arena.buffer import ArenaBuffer
from murk_arena.descriptor import FieldArray, FieldId, FieldSpec, Mutability, unknown_field
from murk_arena.errors import StaleSnapshotError
from murk_arena.segment import aligned_words, frozen
from murk_arena.static_arena import StaticArena

__all__ = ["OwnedSnapshot", "Snapshot"]


class Snapshot:
    """A read-only view of one published generation.

    It is readable until its buffer is opened again: until the tick after next begins, or the arena is
    restored or reset. Arrays that it returned are then overwritten.

    Attributes:
        generation: the generation.
    """

    __slots__ = ("_buffer", "_specs", "_stamp", "_static", "generation")

    def __init__(self, buffer: ArenaBuffer, specs: Sequence[FieldSpec], static: StaticArena) -> None:
        self.generation = buffer.generation
        self._buffer = buffer
        self._stamp = buffer.stamp
        self._specs = specs
        self._static = static

    @property
    def num_worlds(self) -> int:
        """The number of worlds."""
        return self._buffer.num_worlds

    @property
    def is_stale(self) -> bool:
        """Whether reading raises StaleSnapshotError."""
        return self._buffer.stamp != self._stamp

    def read(self, field: FieldId) -> FieldArray:
        """The values (num_worlds, *shape), read-only; a static field's values (*shape).

        Raises:
            StaleSnapshotError: the buffer was opened again.
            UnknownFieldError: there is no such field.
        """
        self._check_fresh()
        try:
            return self._buffer.readable[field]
        except KeyError:
            raise unknown_field(field, self._specs) from None

    def to_owned(self) -> OwnedSnapshot:
        """A deep copy of the values, sharing the static ones.

        Raises:
            StaleSnapshotError: the buffer was opened again.
        """
        self._check_fresh()
        return OwnedSnapshot(
            self.generation, self._specs, self.num_worlds, self._buffer.readable, self._static
        )

    def _check_fresh(self) -> None:
        if self._buffer.stamp != self._stamp:
            raise StaleSnapshotError(self.generation, self._buffer.generation)


class OwnedSnapshot:
    """A copy of one generation: never stale, picklable, readable from any thread.

    A pickled snapshot contains its static values, so it outlives the process; a copy in memory shares them.

    Args:
        generation: the generation.
        specs: all fields, in order.
        num_worlds: the number of worlds.
        values: each mutable field's array, which is copied.
        static: the static fields, which are shared.
    """

    __slots__ = ("_arrays", "generation", "num_worlds", "specs", "static_arena")

    def __init__(
        self,
        generation: int,
        specs: Sequence[FieldSpec],
        num_worlds: int,
        values: Mapping[FieldId, FieldArray],
        static: StaticArena,
    ) -> None:
        self.generation = generation
        self.specs = tuple(specs)
        self.num_worlds = num_worlds
        self.static_arena = static.share()
        self._arrays: dict[FieldId, FieldArray] = {}
        for spec in self.specs:
            if spec.mutability is not Mutability.STATIC:
                self._arrays[spec.id] = _frozen_copy(spec, values[spec.id], num_worlds)

    @property
    def memory_bytes(self) -> int:
        """The size of the copied values."""
        return sum(array.nbytes for array in self._arrays.values())

    def read(self, field: FieldId) -> FieldArray:
        """The values (num_worlds, *shape), read-only; a static field's values (*shape).

        Raises:
            UnknownFieldError: there is no such field.
        """
        array = self._arrays.get(field)
        if array is not None:
            return array
        if any(spec.id == field for spec in self.specs):
            return self.static_arena.read(field)
        raise unknown_field(field, self.specs)

    def __copy__(self) -> OwnedSnapshot:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> OwnedSnapshot:
        return self  # nothing of it can change

    def __reduce__(self) -> tuple[Any, ...]:
        values = {spec.id: np.array(self.read(spec.id)) for spec in self.specs}
        return _owned_from_values, (self.generation, self.specs, self.num_worlds, values)


def _frozen_copy(spec: FieldSpec, values: FieldArray, num_worlds: int) -> FieldArray:
    words = aligned_words(spec.num_words(num_worlds))
    np.copyto(spec.shaped(words, num_worlds), values)
    return spec.shaped(frozen(words), num_worlds)


def _owned_from_values(
    generation: int, specs: tuple[FieldSpec, ...], num_worlds: int, values: dict[FieldId, FieldArray]
) -> OwnedSnapshot:
    """Rebuild a pickled snapshot."""
    static = StaticArena({spec: values[spec.id] for spec in specs if spec.mutability is Mutability.STATIC})
    return OwnedSnapshot(generation, specs, num_worlds, values, static)
