"""One state of all worlds, as hooks read it."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import DefinitionError
from murk_env.fields.bookkeeping import LEVEL, STEP
from murk_env.fields.field import Field
from murk_env.fields.names import field_called, known_as, no_field

__all__ = ["Values", "gather"]

Array = npt.NDArray[Any]


class Values(Mapping[Field, Array]):
    """Read-only arrays of one state of all worlds: `values.heat` or `values[field]`, worlds axis first.

    Hooks receive them as `before` and `after`, valid while the hook runs. A static field has no worlds axis;
    a level field is a copy of every world's own map, (num_worlds, ...). `values.elapsed_steps` is the number
    of steps in each world's episode, the one in progress included, `values.time` their time. A name or field
    that these worlds lack raises UnknownFieldError.

    Args:
        arrays: the fields' arrays; of a level field, all its maps, the levels first.
        dt: time that one step advances.
    """

    __slots__ = ("_arrays", "_dt", "_names")
    _arrays: dict[Field, Array]
    _dt: float
    _names: dict[str, Field]

    def __init__(self, arrays: Mapping[Field, Array], dt: float = 1.0) -> None:
        set_own = super().__setattr__
        set_own("_arrays", dict(arrays))
        set_own("_dt", dt)
        set_own("_names", {known_as(field): field for field in arrays})

    def __getattr__(self, name: str) -> Array:
        return self._shown(field_called(name, self._names))

    def __setattr__(self, name: str, values: object) -> None:
        raise DefinitionError(
            f"{name!r} cannot be set here: before and after are read-only; set fields in act or start, "
            f"tick.{name} = values."
        )

    def __getitem__(self, field: Field) -> Array:
        try:
            return self._shown(field)
        except (KeyError, TypeError):
            raise no_field(field, self._arrays) from None

    def _shown(self, field: Field) -> Array:
        array = self._arrays[field]
        if field.mutability == "level":
            array = array[self._arrays[LEVEL]]
            array.flags.writeable = False
        return array

    def stored(self, field: Field) -> Array:
        """Return the array as it is in memory: of a level field, all its maps, the levels first."""
        return self._arrays[field]

    def all_stored(self) -> dict[Field, Array]:
        """Return the arrays of all fields as they are in memory."""
        return dict(self._arrays)

    def row(self, field: Field, world: int) -> Array:
        """Return one world's values, (*shape), without a copy."""
        array = self._arrays[field]
        match field.mutability:
            case "static":
                return array
            case "level":
                return array[self._arrays[LEVEL][world]]
            case _:
                return array[world]

    def __contains__(self, field: object) -> bool:
        return isinstance(field, Field) and field in self._arrays

    def __iter__(self) -> Iterator[Field]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Time since each world's episode began: elapsed steps times dt, (num_worlds,)."""
        return self[STEP] * np.float64(self._dt)

    def at(self, field: Field, cells: npt.NDArray[np.integer[Any]]) -> Array:
        """Return each world's value at its own cell: `(num_worlds,)` for cells `(num_worlds,)`.

        For cells `(num_worlds, k)` it returns `(num_worlds, k)`.

        Raises:
            DefinitionError: the field is over the world, or has components.
        """
        return gather(field, self[field], np.asarray(cells))

    def moved(self, arrays: Mapping[Field, Array]) -> "Values":
        """Return the same state with other arrays for fields that have moved."""
        found = Values.__new__(Values)
        set_own = super(Values, found).__setattr__
        set_own("_arrays", {**self._arrays, **arrays})
        set_own("_dt", self._dt)
        set_own("_names", self._names)
        return found

    def show(self, field: Field, values: Array) -> None:
        """Replace the array of a field that has moved; for the tick's own use."""
        self._arrays[field] = values


def gather(field: Field, values: Array, cells: npt.NDArray[np.integer[Any]]) -> Array:
    """Return `values[world, cells[world]]` for every world, or `values[cells]` of a static field.

    Raises:
        DefinitionError: the field is over the world, or has components.
    """
    if field.over == "world" or field.components is not None:
        raise DefinitionError(f"at() takes a scalar field over cells or agents, not {field!r}.")
    if field.mutability == "static":
        return values[cells]
    worlds = np.arange(len(values)).reshape(-1, *(1,) * (cells.ndim - 1))
    return values[worlds, cells]
