"""The proofs of checked mode: full writes cover everything, row writers keep to their rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from murk_arena.descriptor import FieldArray, FieldId, FieldSpec, bits
from murk_arena.errors import RowAccessError, UncoveredWriteError

__all__ = ["WriteChecks"]

_QUIET_NAN = 0x7FC0_0000
_QUIET_NAN_64 = 0x7FF8_0000_0000_0000
_PAYLOAD_BITS = 22
_MULTIPLIER = 2_654_435_761  # Knuth's multiplicative hash: neighbouring ticks get unlike patterns


@dataclass(frozen=True, slots=True)
class _RowWatch:
    """Memory that its owner may write in some rows only, and its contents before."""

    owner: object
    spec: FieldSpec
    view: FieldArray
    before: FieldArray
    worlds: NDArray[np.int64]


class WriteChecks:
    """The proofs of one arena's checked mode.

    Args:
        specs: field id to declaration.
    """

    __slots__ = ("_poisoned", "_specs", "_watches", "pattern")

    def __init__(self, specs: Mapping[FieldId, FieldSpec]) -> None:
        self._specs = specs
        self._poisoned: dict[FieldId, FieldArray | None] = {}
        self._watches: list[_RowWatch] = []
        self.pattern = _QUIET_NAN

    def begin(self, serial: int) -> None:
        """Forget the last tick and set this tick's pattern: a NaN as a float, a huge number as an int."""
        self._poisoned.clear()
        self._watches.clear()
        payload = serial * _MULTIPLIER % (1 << 32) >> (32 - _PAYLOAD_BITS)
        self.pattern = _QUIET_NAN | (payload or 1)

    def _pattern_of(self, view: FieldArray) -> int:
        """The pattern of one element: in a float64 it fills the lower 32 bits of a NaN."""
        return self.pattern if view.itemsize == 4 else _QUIET_NAN_64 | self.pattern

    def poison(self, field: FieldId, view: FieldArray) -> None:
        """Fill a full write's memory with the pattern, unless this tick has written there."""
        if field not in self._poisoned:
            bits(view).fill(self._pattern_of(view))
            self._poisoned[field] = view

    def written(self, field: FieldId) -> None:
        """Note that the memory holds this tick's values, so that a later full write keeps them."""
        self._poisoned.setdefault(field, None)

    def prove_covered(self, fields: Collection[FieldId] | None = None) -> None:
        """Check that the full writes of some fields, or of all, set every element.

        Raises:
            UncoveredWriteError: one did not.
        """
        for field, view in self._poisoned.items():
            if view is None or (fields is not None and field not in fields):
                continue
            left = bits(view) == self._pattern_of(view)
            if left.any():
                raise _uncovered(self._specs[field], left)

    def watch(self, owner: object, field: FieldId, view: FieldArray, worlds: NDArray[np.int64]) -> None:
        """Remember what the memory holds; the owner may write the rows of these worlds only."""
        if not any(watch.owner is owner and watch.spec.id == field for watch in self._watches):
            self._watches.append(_RowWatch(owner, self._specs[field], view, view.copy(), worlds))

    def prove_rows(self, owner: object) -> None:
        """Check all memory that this owner may write in part, and stop watching it.

        Raises:
            RowAccessError: a row of another world has changed.
        """
        self._prove([watch for watch in self._watches if watch.owner is owner])

    def prove_field(self, field: FieldId, sparing: object = None) -> None:
        """Check the field before a writer other than its watched owners writes it, and stop watching it.

        Raises:
            RowAccessError: a row of another world has changed.
        """
        self._prove(
            [watch for watch in self._watches if watch.spec.id == field and watch.owner is not sparing]
        )

    def _prove(self, watches: list[_RowWatch]) -> None:
        for watch in watches:
            self._watches.remove(watch)
            _prove_watch(watch)


def _uncovered(spec: FieldSpec, left: NDArray[np.bool_]) -> UncoveredWriteError:
    world, *index = (int(position[0]) for position in np.nonzero(left))
    return UncoveredWriteError(
        f"field {spec.name!r} was written in full, but {int(left.sum())} of its {left.size} elements "
        f"are unset, the first in world {world} at index {tuple(index)}; set every element, or use update()"
    )


def _prove_watch(watch: _RowWatch) -> None:
    changed = bits(watch.view) != bits(watch.before)
    rows = changed.reshape(len(changed), -1).any(axis=1)
    rows[watch.worlds] = False
    if rows.any():
        raise RowAccessError(
            f"field {watch.spec.name!r} changed in world {int(rows.argmax())}, "
            f"but its writer may write {len(watch.worlds)} other worlds only; keep to the writer's worlds"
        )
