"""The tick of some worlds, through which `start` sets how their episodes begin."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import FieldId, RowWriter
from murk_env.errors import DefinitionError
from murk_env.fields.bookkeeping import LEVEL, STEP
from murk_env.fields.field import Field
from murk_env.fields.fitting import Sides, fitted
from murk_env.fields.names import KEPT, field_called, known_as, no_field, of_derive
from murk_env.fields.values import Array, gather
from murk_env.kernels.watched import guarded
from murk_env.random import WorldRng

__all__ = ["CheckedRowTick", "RowTick"]


class RowTick:
    """The tick as `start` sees it: only the worlds whose episode begins.

    Everything has one row for each of `worlds`: `tick.heat`, or `tick[field]`, returns a read-only copy of
    those rows, `tick.heat = values` sets them (of any field that is not static, of levels, derived or kept by
    the env), `tick.rng` draws one row each. A static field is read whole, `(*shape)`, a level field as each
    world's own map. `tick.elapsed_steps` and `tick.time` are 0.
    """

    __slots__ = ("_fields", "_ids", "_sides", "_writer", "rng")
    _fields: Mapping[str, Field]
    _ids: Mapping[Field, FieldId]
    _sides: Sides
    _writer: RowWriter
    rng: WorldRng

    def __init__(
        self,
        writer: RowWriter,
        fields: Mapping[str, Field],
        ids: Mapping[Field, FieldId],
        rng: WorldRng,
        sides: Sides,
    ) -> None:
        set_own = super().__setattr__
        set_own("_sides", sides)
        set_own("_writer", writer)
        set_own("_fields", {known_as(field): field for field in (*fields.values(), STEP)})
        set_own("_ids", ids)
        set_own("rng", rng)

    @property
    def worlds(self) -> npt.NDArray[np.int64]:
        """Indices of the worlds whose episode begins."""
        return self._writer.worlds

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Time since the episodes began, (k,): 0.0, before the first step."""
        return np.zeros(len(self._writer.worlds))

    def __getattr__(self, name: str) -> Array:
        return self[field_called(name, self._fields)]

    def __setattr__(self, name: str, values: npt.ArrayLike) -> None:
        self[field_called(name, self._fields)] = values

    def __getitem__(self, field: Field) -> Array:
        rows = self._writer.read(self._id(field))
        if field.mutability == "level":
            rows = rows[self._writer.read(self._id(LEVEL))]
        rows.flags.writeable = False  # a copy: writes to it would be lost
        return rows

    def __setitem__(self, field: Field, values: npt.ArrayLike) -> None:
        if field in KEPT and field in self._fields.values():
            raise DefinitionError(KEPT[field])
        if field.derived:
            raise DefinitionError(of_derive(field))
        field_id, rows = self._id(field), len(self._writer.worlds)
        self._writer.write(field_id, fitted(field, values, rows, self._sides, "beginning worlds"))

    def edit(self, field: Field) -> Array:
        """Refuse: rows are copies here, set as a whole."""
        self._id(field)
        raise DefinitionError(
            f"a tick of some worlds, as in start, holds copies, so it has no edit(field): change a copy and "
            f"assign it, values = tick.{field.name}.copy(), then tick.{field.name} = values."
        )

    def at(self, field: Field, cells: npt.NDArray[np.integer[Any]]) -> Array:
        """Return each of these worlds' value at its own cell, as `Values.at`."""
        return gather(field, self[field], np.asarray(cells))

    def _id(self, field: Field) -> FieldId:
        if field not in self._fields.values():
            raise no_field(field, dict.fromkeys(self._fields.values()))
        return self._ids[field]


class CheckedRowTick(RowTick):
    """A RowTick in checked mode: int32 arrays refuse numbers that they cannot hold, instead of wrapping."""

    __slots__ = ()

    def __getitem__(self, field: Field) -> Array:
        return guarded(f"tick.{field.name}", super().__getitem__(field))
