"""The tick of all worlds, through which `act`, edits and `derive` read and write."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import TickGuard
from murk_env.fields.editors import Editor
from murk_env.fields.field import Field
from murk_env.fields.fitting import Sides, fitted
from murk_env.fields.names import field_called, known_as, no_field
from murk_env.fields.values import Array, Values
from murk_env.kernels.watched import guarded
from murk_env.random import WorldRng

__all__ = ["CheckedTick", "Tick", "revoke"]


class Tick:
    """The tick as `act` sees it: all worlds, before the propagators run.

    `tick.heat`, or `tick[field]`, reads a field (a read-only array, worlds axis first); `tick.heat = values`
    sets it for all worlds, to a number or an array with the worlds axis first; `tick.edit(field)` returns an
    array that can be written while the hook runs. Only fields that no propagator writes can be set; other
    fields raise DefinitionError. `tick.rng` draws random numbers, one row per world.
    """

    __slots__ = ("_editors", "_guard", "_handed", "_names", "_sides", "_values", "rng")
    _editors: Mapping[Field, Editor]
    _guard: TickGuard
    _handed: list[Array]
    _names: Mapping[str, Field]
    _sides: Sides
    _values: Values
    rng: WorldRng

    def __init__(
        self,
        values: Values,
        editors: Mapping[Field, Editor],
        rng: WorldRng,
        guard: TickGuard,
        sides: Sides,
    ) -> None:
        set_own = super().__setattr__
        set_own("_handed", [])
        set_own("_values", values)
        set_own("_editors", editors)
        set_own("_names", {known_as(field): field for field in editors})
        set_own("rng", rng)
        set_own("_guard", guard)
        set_own("_sides", sides)

    def __getattr__(self, name: str) -> Array:
        return getattr(self._values, name)

    def __setattr__(self, name: str, values: npt.ArrayLike) -> None:
        self[field_called(name, self._names)] = values

    def __getitem__(self, field: Field) -> Array:
        return self._values[field]

    def __setitem__(self, field: Field, values: npt.ArrayLike) -> None:
        array = self._array(field)
        array[...] = fitted(field, values, len(array), self._sides)

    def edit(self, field: Field) -> Array:
        """Return an array of the field, (num_worlds, ...), which holds the values so far.

        It can be written until the hook returns, or the block of the edit ends.

        Raises:
            UnknownFieldError: these worlds have no such field.
            DefinitionError: the field may not be written here.
        """
        array = self._array(field)[...]  # a view, which will be made read-only
        self._handed.append(array)
        return array

    def _array(self, field: Field) -> Array:
        if field not in self._values:
            raise no_field(field, self._values)
        editor = self._editors[field]
        array = editor(self._guard)
        if editor.moves:
            self._values.show(field, editor.shown(self._guard))
        return array

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Time since each world's episode began, as `Values.time`."""
        return self._values.time

    def at(self, field: Field, cells: npt.NDArray[np.integer[Any]]) -> Array:
        """Return each world's value at its own cell, as `Values.at`."""
        return self._values.at(field, cells)

    def show(self, field: Field, values: Array) -> None:
        """Replace the array of a field that has moved; for the world's own use."""
        self._values.show(field, values)


class CheckedTick(Tick):
    """A Tick in checked mode: int32 arrays refuse numbers that they cannot hold, instead of wrapping."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Array:
        return guarded(f"tick.{name}", super().__getattr__(name))

    def __getitem__(self, field: Field) -> Array:
        return guarded(f"tick.{field.name}", super().__getitem__(field))

    def edit(self, field: Field) -> Array:
        """Return an array of the field that can be written until the hook returns, as `Tick.edit`."""
        array = guarded(f"tick.{field.name}", super().edit(field))
        self._handed.append(array)
        return array

    def at(self, field: Field, cells: npt.NDArray[np.integer[Any]]) -> Array:
        """Return each world's value at its own cell, as `Values.at`."""
        return guarded(f"tick.{field.name}", super().at(field, cells))


def revoke(tick: Tick) -> None:
    """Make the arrays that `tick.edit` has returned read-only, because the hook has ended."""
    handed = tick._handed  # pyright: ignore[reportPrivateUsage]
    for array in handed:
        array.flags.writeable = False
    handed.clear()
