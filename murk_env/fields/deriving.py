"""The tick as `derive` sees it, over arrays."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import DefinitionError
from murk_env.fields.field import Field
from murk_env.fields.fitting import Sides, fitted
from murk_env.fields.names import KEPT, field_called, known_as
from murk_env.fields.values import Values, gather

__all__ = ["DeriveTick", "not_of_derive"]

Array = npt.NDArray[Any]


class DeriveTick:
    """The tick that `derive` gets: all worlds in a step, otherwise those that are reset or edited.

    `tick.heat`, or `tick[field]`, reads a field, read-only, one row for each of the worlds; a static field is
    read whole, `(*shape)`. `tick.mask = values` sets one that is declared `derived=True`. Reads return the
    values about to be published; derived fields that have not been set yet hold their initial values.

    Args:
        values: the staged values of all worlds.
        derived: the writable array of each field that `derive` may set, (num_worlds, ...).
        rows: the worlds, (k,); None for all.
        sides: how large a world is.
    """

    __slots__ = ("_derived", "_names", "_rows", "_sides", "_values")
    _derived: Mapping[Field, Array]
    _names: Mapping[str, Field]
    _rows: npt.NDArray[np.int64] | None
    _sides: Sides
    _values: Values

    def __init__(
        self,
        values: Values,
        derived: Mapping[Field, Array],
        rows: npt.NDArray[np.int64] | None,
        sides: Sides,
    ) -> None:
        set_own = super().__setattr__
        set_own("_sides", sides)
        set_own("_values", values)
        set_own("_derived", derived)
        set_own("_names", {known_as(field): field for field in values})
        set_own("_rows", rows)

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Time since each world's episode began, as `Values.time`."""
        return self._values.time if self._rows is None else self._values.time[self._rows]

    @property
    def rng(self) -> Any:
        """Refuse: derived values follow from the other fields alone."""
        raise DefinitionError(
            "derive has no rng: derived values depend on the other fields alone; draw in act or start, and "
            "keep the number in a field."
        )

    def __getattr__(self, name: str) -> Array:
        return self[field_called(name, self._names)]

    def __setattr__(self, name: str, values: npt.ArrayLike) -> None:
        self[field_called(name, self._names)] = values

    def __getitem__(self, field: Field) -> Array:
        values = self._values[field]
        if self._rows is None or field.mutability == "static":
            return values
        rows = values[self._rows]
        rows.flags.writeable = False  # a copy: writes to it would be lost
        return rows

    def __setitem__(self, field: Field, values: npt.ArrayLike) -> None:
        self._values[field]  # a field of these worlds
        if reason := KEPT.get(field) or not_of_derive(field, self._derived):
            raise DefinitionError(reason)
        array = self._derived[field]
        if self._rows is None:
            array[...] = fitted(field, values, len(array), self._sides)
        else:
            array[self._rows] = fitted(field, values, len(self._rows), self._sides)

    def edit(self, field: Field) -> Array:
        """Refuse: fields are set as a whole here."""
        raise DefinitionError(
            f"derive has no tick.edit(field): compute all values and assign them, tick.{field.name} = values."
        )

    def at(self, field: Field, cells: npt.NDArray[np.integer[Any]]) -> Array:
        """Return each world's value at its own cell, as `Values.at`."""
        return gather(field, self[field], np.asarray(cells))


def not_of_derive(field: Field, derived_by_hook: Collection[Field]) -> str:
    """Return why the hook `derive` may not write a field; an empty text if it may."""
    if field in derived_by_hook:
        return ""
    if field.derived:
        return f"{field.name!r} is already set by a propagator in derived=[...]; let only one of them set it."
    return (
        f"derive may only set derived fields, and {field.name!r} is not derived; declare it with "
        f"Field(derived=True), or set it in act or start."
    )
