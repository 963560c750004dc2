"""The fields of an arena: their declarations, and where each one lies."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NewType

import numpy as np
from numpy.typing import NDArray

from murk_arena.errors import InvalidConfigError, UnknownFieldError
from murk_arena.handle import FieldHandle

__all__ = [
    "FieldArray",
    "FieldDescriptor",
    "FieldEntry",
    "FieldId",
    "FieldSpec",
    "Mutability",
    "WriteMode",
    "bits",
]

FieldId = NewType("FieldId", int)

FieldArray = NDArray[Any]  # float32, int32 or float64, as the field declares

_DTYPES = (np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.float64))
_WORD_BYTES = 4


class Mutability(enum.Enum):
    """When a field may change: every tick, seldom (shared until written, then copied), or never."""

    PER_TICK = "per_tick"
    SPARSE = "sparse"
    STATIC = "static"


class WriteMode(enum.Enum):
    """How a per-tick field is written, which decides its place in a buffer.

    A full writer sets every element, an incremental one starts from the previous values; a carried field has
    no declared writer, and is copied forward when a tick begins.
    """

    FULL = "full"
    INCREMENTAL = "incremental"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """The declaration of one field.

    Attributes:
        id: the field's number, unique within an arena.
        name: its name in messages.
        shape: the shape per world; () is one number per world. For a static field: the whole shape.
        dtype: float32, int32 or float64.
        mutability: when it may change.
        write: the kind of its declared writer.

    Raises:
        InvalidConfigError: the name is empty, a side is negative, or the dtype is none of these.
    """

    id: FieldId
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any] = _DTYPES[0]
    mutability: Mutability = Mutability.PER_TICK
    write: WriteMode = WriteMode.CARRIED

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidConfigError(f"field {self.id} has an empty name; messages need one")
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        if self.dtype not in _DTYPES:
            raise InvalidConfigError(
                f"field {self.name!r} has dtype {self.dtype}; the arena holds float32, int32 and float64 only"
            )
        object.__setattr__(self, "shape", tuple(int(side) for side in self.shape))
        if any(side < 0 for side in self.shape):
            raise InvalidConfigError(f"field {self.name!r} has shape {self.shape}; no side may be negative")

    def full_shape(self, num_worlds: int) -> tuple[int, ...]:
        """The shape of the field's array: with the worlds axis first, unless it is static."""
        return self.shape if self.mutability is Mutability.STATIC else (num_worlds, *self.shape)

    def num_words(self, num_worlds: int) -> int:
        """The number of float32 words of the field's array: two for each element of float64."""
        return math.prod(self.full_shape(num_worlds)) * (self.dtype.itemsize // _WORD_BYTES)

    def shaped(self, words: FieldArray, num_worlds: int) -> FieldArray:
        """The field's array over its float32 words (num_words,): the same memory, bit for bit."""
        return words.view(self.dtype).reshape(self.full_shape(num_worlds))


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """A field and where it lies.

    The handle of a per-tick field has its place, which is the same in every second tick; generation and stamp
    are filled in when an arena returns it.
    """

    spec: FieldSpec
    handle: FieldHandle


class FieldDescriptor:
    """Field id to entry, in the order of registration.

    Raises:
        InvalidConfigError: two fields have the same id.
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Iterable[FieldEntry] = ()) -> None:
        self._entries: dict[FieldId, FieldEntry] = {}
        for entry in entries:
            self._add(entry)

    def _add(self, entry: FieldEntry) -> None:
        known = self._entries.setdefault(entry.spec.id, entry)
        if known is not entry:
            raise duplicate_field(known.spec, entry.spec)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[FieldEntry]:
        return iter(self._entries.values())

    def __contains__(self, field: FieldId) -> bool:
        return field in self._entries

    def __getitem__(self, field: FieldId) -> FieldEntry:
        try:
            return self._entries[field]
        except KeyError:
            raise unknown_field(field, (entry.spec for entry in self)) from None

    def of(self, mutability: Mutability) -> tuple[FieldEntry, ...]:
        """The entries of one mutability, in the order of registration."""
        return tuple(entry for entry in self if entry.spec.mutability is mutability)

    def update_handle(self, field: FieldId, handle: FieldHandle) -> None:
        """Move the field to the place that the handle names.

        Raises:
            UnknownFieldError: there is no such field.
        """
        self._entries[field] = replace(self[field], handle=handle)

    def copy(self) -> FieldDescriptor:
        """An independent descriptor of the same declarations."""
        return FieldDescriptor(self)


def bits(values: FieldArray) -> FieldArray:
    """The same memory as integers of the same width, for comparing bit by bit: NaN equals itself."""
    return values.view(f"i{values.itemsize}")


def unique_specs(specs: Iterable[FieldSpec]) -> dict[FieldId, FieldSpec]:
    """Field id to declaration, in order.

    Raises:
        InvalidConfigError: two fields have the same id.
    """
    by_id: dict[FieldId, FieldSpec] = {}
    for spec in specs:
        if spec.id in by_id:
            raise duplicate_field(by_id[spec.id], spec)
        by_id[spec.id] = spec
    return by_id


def duplicate_field(first: FieldSpec, second: FieldSpec) -> InvalidConfigError:
    """The error for two fields with one id."""
    return InvalidConfigError(
        f"fields {first.name!r} and {second.name!r} have the same id {second.id}; give each field its own"
    )


def unknown_field(field: object, specs: Iterable[FieldSpec]) -> UnknownFieldError:
    """The error for an id that belongs to none of these fields."""
    known = ", ".join(f"{spec.id} ({spec.name})" for spec in specs) or "none"
    return UnknownFieldError(f"there is no field with id {field!r}; the fields are: {known}")
