"""What hooks see of the worlds: values to read, and ticks to write through."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import FieldId, RowWriter, TickGuard
from murk_env.errors import DefinitionError, UnknownFieldError, did_you_mean
from murk_env.fields.bookkeeping import ACTIVE, STEP
from murk_env.fields.editors import Editor
from murk_env.fields.field import Field
from murk_env.fields.fitting import Sides, fitted
from murk_env.kernels.watched import guarded
from murk_env.random import WorldRng

__all__ = [
    "KEPT",
    "NO_ACTIVE",
    "CheckedRowTick",
    "CheckedTick",
    "RowTick",
    "Tick",
    "Values",
    "of_derive",
    "revoke",
]

Array = npt.NDArray[Any]

KEPT = {  # fields that hooks read and the engine writes
    ACTIVE: "'active' is kept by the env: an agent leaves when terminated says so, and returns at a reset.",
    STEP: "'elapsed_steps' is kept by the env: it counts the steps of an episode.",
}


NO_ACTIVE = (
    "these worlds have no ACTIVE, as none of their agents can leave before the others: it is there "
    "where agents are rewarded apart, by a Blueprint with groups and no observation of its own."
)


class Values(Mapping[Field, Array]):
    """Read-only arrays of one state of all worlds: `values.heat` or `values[field]`, worlds axis first.

    What hooks receive as `before` and `after`; valid while the hook runs. A static field comes
    without the worlds axis. `values.elapsed_steps` is every world's number of steps in its episode, the one
    in progress included, `values.time` their time.

    Args:
        arrays: the fields' arrays.
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
        return self._arrays[field_called(name, self._names)]

    def __setattr__(self, name: str, values: object) -> None:
        raise DefinitionError(
            f"{name!r} cannot be set here: before and after are read-only; set fields in act or start, "
            f"tick.{name} = values."
        )

    def __getitem__(self, field: Field) -> Array:
        try:
            return self._arrays[field]
        except (KeyError, TypeError):
            raise _no_field(field, self._arrays) from None

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

        For cells `(num_worlds, k)` it returns `(num_worlds, k)`. The field must be a scalar one
        over cells or agents.
        """
        return gather(field, self[field], np.asarray(cells))

    def show(self, field: Field, values: Array) -> None:
        """Hold another array of a field, because it has moved; for the tick's own use."""
        self._arrays[field] = values


def gather(field: Field, values: Array, cells: npt.NDArray[np.integer[Any]]) -> Array:
    """Return `values[world, cells[world]]` for every world, or `values[cells]` of a static field."""
    if field.over == "world" or field.components is not None:
        raise DefinitionError(f"at() takes a scalar field over cells or agents, not {field!r}.")
    if field.mutability == "static":
        return values[cells]
    worlds = np.arange(len(values)).reshape(-1, *(1,) * (cells.ndim - 1))
    return values[worlds, cells]


class Tick:
    """The tick as `act` sees it: all worlds, before the propagators run.

    `tick.heat`, or `tick[field]`, reads a field (a read-only array, worlds axis first); `tick.heat = values`
    sets it for all worlds, to a number or an array with the worlds axis first; `tick.edit(field)` returns an
    array that can be written while the hook runs. Only fields that no propagator writes can be set.
    `tick.rng` draws random numbers, one row per world.
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
        """Return an array of the field, which holds the values so far.

        It can be written until the hook returns, or the block of the edit ends.
        """
        array = self._array(field)[...]  # a view, from which the right to write is taken
        self._handed.append(array)
        return array

    def _array(self, field: Field) -> Array:
        if field not in self._values:
            raise _no_field(field, self._values)
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
        """Hold another array of a field, because it has moved; for the world's own use."""
        self._values.show(field, values)


class CheckedTick(Tick):
    """The same in checked mode: int32 arrays refuse numbers that they cannot hold, instead of wrapping."""

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
    """Let no array that `tick.edit` has returned be written any more, because the hook has ended."""
    handed = tick._handed  # pyright: ignore[reportPrivateUsage]
    for array in handed:
        array.flags.writeable = False
    handed.clear()


class RowTick:
    """The tick as `start` sees it: only the worlds whose episode begins.

    Everything has one row for each of `worlds`: `tick.heat`, or `tick[field]`, gives a copy of those rows,
    `tick.heat = values` sets them (any field but static ones), `tick.rng` draws one row each.
    A static field is read whole, `(*shape)`. `tick.elapsed_steps` and `tick.time` are 0.
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
        """Time since the episodes began, (k,): 0.0, as none of them has made a step."""
        return np.zeros(len(self._writer.worlds))

    def __getattr__(self, name: str) -> Array:
        return self[field_called(name, self._fields)]

    def __setattr__(self, name: str, values: npt.ArrayLike) -> None:
        self[field_called(name, self._fields)] = values

    def __getitem__(self, field: Field) -> Array:
        rows = self._writer.read(self._id(field))
        rows.flags.writeable = False  # it is a copy: what was written into it would be lost
        return rows

    def __setitem__(self, field: Field, values: npt.ArrayLike) -> None:
        if field in KEPT and field in self._fields.values():
            raise DefinitionError(KEPT[field])
        if field.derived:
            raise DefinitionError(of_derive(field))
        field_id, rows = self._id(field), len(self._writer.worlds)
        self._writer.write(field_id, fitted(field, values, rows, self._sides, "beginning worlds"))

    def edit(self, field: Field) -> Array:
        """Refuse: rows are copies here, which are set as a whole."""
        self._id(field)
        raise DefinitionError(
            f"the rows of some worlds, as in start, are copies, so this tick has no edit(field): copy them, "
            f"change them and set them, values = tick.{field.name}.copy(), then tick.{field.name} = values."
        )

    def at(self, field: Field, cells: npt.NDArray[np.integer[Any]]) -> Array:
        """Return each beginning world's value at its own cell, as `Values.at`."""
        return gather(field, self[field], np.asarray(cells))

    def _id(self, field: Field) -> FieldId:
        if field not in self._fields.values():
            raise _no_field(field, dict.fromkeys(self._fields.values()))
        return self._ids[field]


class CheckedRowTick(RowTick):
    """The same in checked mode: int32 arrays refuse numbers that they cannot hold, instead of wrapping."""

    __slots__ = ()

    def __getitem__(self, field: Field) -> Array:
        return guarded(f"tick.{field.name}", super().__getitem__(field))


def of_derive(field: Field) -> str:
    """Return why nothing but `derive` writes a derived field."""
    return (
        f"{field.name!r} is derived: only derive, or a propagator in derived=[...], writes it; set the "
        f"fields that it follows from, or declare it without derived=True."
    )


def known_as(field: Field) -> str:
    """Return the name under which a hook finds a field."""
    return {ACTIVE: "active", STEP: "elapsed_steps"}.get(field, field.name)


def field_called(name: str, known: Mapping[str, Field]) -> Field:
    """Return the field of a name, or raise UnknownFieldError."""
    try:
        return known[name]
    except KeyError:
        if name.startswith("__"):
            raise AttributeError(name) from None  # Python itself asks for such
        if name == "time":
            raise DefinitionError("'time' is kept by the env: it is elapsed_steps times dt.") from None
        names = [one for one in known if not one.startswith("_")]
        raise UnknownFieldError(
            NO_ACTIVE if name == "active" else f"no field is called {name!r}; {did_you_mean(name, names)}"
        ) from None


def _no_field(field: object, known: Mapping[Field, object]) -> DefinitionError:
    if field is ACTIVE:
        return UnknownFieldError(NO_ACTIVE)
    names = [other.name for other in known if not other.name.startswith("_")]
    if isinstance(field, Field):
        return UnknownFieldError(
            f"{field!r} is not a field of these worlds; {did_you_mean(field.name, names)}"
        )
    return UnknownFieldError(f"fields are named by their Field objects, not by {field!r}: write tick.heat.")
