"""Fields: the named arrays of a world."""

import math
import numbers
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, SupportsIndex, cast, get_args, overload

import numpy as np
import numpy.typing as npt

from murk_arena import Mutability
from murk_env.errors import FieldAccessError, FieldError
from murk_env.fields.declaring import (
    AtBounds,
    Indexes,
    Span,
    check_choice,
    first_index,
    known_dtype,
    last_category,
)
from murk_env.fields.travelling import arrived, declared, declares, identity_of

__all__ = ["Field", "FieldArray", "FieldOwner", "fields_of"]

_INITIAL = "a field's initial value must be a number, or a field that is static or of a level"


if TYPE_CHECKING:

    class FieldArray(np.ndarray[Any, np.dtype[Any]]):
        """An array in a hook: what an index gives is a number or an array, which no type says."""

        def __getitem__(self, key: Any, /) -> Any: ...
else:
    FieldArray = np.ndarray


class FieldOwner:
    """Base of classes with fields as class attributes, whose worlds have arrays under those names."""


class Field:
    """One named array of every world, declared as a class attribute.

    In a batch of worlds it has the shape `(num_worlds, [components,] cells)`, with `agents` instead of
    `cells` for `over="agents"` and no last axis for `over="world"`. A static field has no worlds axis. Fields
    are compared by identity. A field takes the name of its class attribute, and cannot be changed afterwards.

    Attributes:
        over: `cells`, `agents` or `world`: whether each cell, each agent or the world has a value.
        components: number of components of a vector field, None for a scalar one.
        dtype: float32, int32 or float64. Propagators declare which they take, hooks, edits and states take
            all, and observations show float32 by default.
        mutability: `per_tick`, `sparse` (rarely changed, and copied only then), `static` (set once by the
            blueprint, one copy for all worlds) or `level` (likewise, but one map for each level, of which
            each world has that of its own level; see `Levels`).
        initial: value of every element when an episode begins, before `start`; or a field with the same
            `over`, components and dtype, static or of the world's level, that holds the values.
        unit: physical unit; propagators compare units as strings where both are given.
        low: smallest value, None for none.
        high: largest value, None for none.
        categories: number of classes of a categorical field: int32 with the values 0 to categories - 1,
            which checked mode verifies.
        indexes: `cells`, `agents` or `levels` if its values are indices of those: int32 from `low`, which is
            0, or -1 for none, to the last of them. Checked mode, edits, reset options and restored states
            verify it.
        derived: whether it follows from other fields: then only the hook `derive`, or a propagator in a
            blueprint's `derived`, sets it, at every step, reset and edit.
        at_bounds: what happens to values beyond the bounds at the end of a tick: `clamp` sets them to the
            bound, `reflect` folds them back at it, `wrap` takes them modulo `[low, high)`.

    Raises:
        FieldError: the declaration contradicts itself.
    """

    def __init__(
        self,
        *,
        over: Span = "cells",
        components: int | None = None,
        dtype: npt.DTypeLike = np.float32,
        mutability: Literal["per_tick", "sparse", "static", "level"] = "per_tick",
        initial: "float | Field" = 0.0,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        at_bounds: AtBounds = "clamp",
        categories: int | None = None,
        indexes: Indexes | None = None,
        derived: bool = False,
    ) -> None:
        if categories is not None:
            dtype, low, high = np.int32, 0, last_category(categories, low, high, at_bounds)
        if indexes is not None:
            dtype, low = np.int32, first_index(indexes, low, high, at_bounds, categories)
        check_choice("over", over, get_args(Span))
        check_choice("mutability", mutability, [*(kind.value for kind in Mutability), "level"])
        check_choice("at_bounds", at_bounds, get_args(AtBounds))
        self.name = ""
        self.over: Span = over
        self.components = components
        self.dtype = known_dtype(dtype)
        self.mutability: str = mutability
        self.unit = unit
        self.low = low
        self.high = high
        self.at_bounds: AtBounds = at_bounds
        self.categories = categories
        self.indexes: Indexes | None = indexes
        self.derived = bool(derived)
        self._check_form()
        self._check_bounds()
        self.initial: Any = self._checked_initial(initial)

    def _check_form(self) -> None:
        unit: Any = self.unit
        if not isinstance(unit, str):
            raise FieldError(f"a field's unit must be a text such as 'K', not {unit!r}.")
        components: Any = self.components
        if components is not None and (not isinstance(components, int) or components < 1):
            raise FieldError(f"a vector field has at least 1 component, not {components!r}.")
        if self.derived and self.mutability != "per_tick":
            raise FieldError(
                f"a derived field is set at every step: make it per_tick, not {self.mutability}."
            )

    def _checked_initial(self, initial: Any) -> Any:
        """Return the initial values: a number of the field's dtype, or a field."""
        if isinstance(initial, Field):
            self._check_source(initial)
            return initial
        if not isinstance(initial, numbers.Real):
            raise FieldError(f"{_INITIAL}, not {initial!r}; give an array to Blueprint(static=...).")
        self._check_initial(cast(float, initial))
        return self.dtype.type(cast(Any, initial))

    def _check_source(self, initial: "Field") -> None:
        same = (self.over, self.components, self.dtype) == (initial.over, initial.components, initial.dtype)
        if not initial.fixed or not same:
            raise FieldError(f"{_INITIAL} of the same span, components and dtype, not {initial!r}.")

    def _check_bounds(self) -> None:
        low, high = self.bounds
        if math.isnan(low) or math.isnan(high) or low > high:
            raise FieldError(f"a field's bounds need low <= high, not low={self.low}, high={self.high}.")
        if self.at_bounds != "clamp" and not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise FieldError(
                f"at_bounds={self.at_bounds!r} needs both limits and low < high, "
                f"not low={self.low}, high={self.high}."
            )
        if self.dtype == np.int32 and any(math.isfinite(end) and int(end) != end for end in self.bounds):
            raise FieldError(f"an int32 field's bounds are integers, not low={self.low}, high={self.high}.")

    def _check_initial(self, initial: float) -> None:
        low, high = self.bounds
        unused = self.fixed and initial == 0.0  # the default; the values are given to the blueprint
        if not low <= initial <= high and not unused:
            raise FieldError(f"a field's initial value {initial} lies outside its bounds [{low}, {high}].")
        if self.at_bounds == "wrap" and initial == high:
            raise FieldError(f"a field that wraps lies in [low, high): it cannot begin at {initial}.")
        limits = np.iinfo(np.int32)
        whole = limits.min <= initial <= limits.max and int(initial) == initial
        if self.dtype == np.int32 and not whole:
            raise FieldError(f"an int32 field's initial value must be a 32-bit integer, not {initial}.")

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value; infinite where the field has no limit."""
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )

    @property
    def limited(self) -> bool:
        """Whether every tick keeps its values within limits: not of categories, indices or static values."""
        low, high = self.bounds
        finite = math.isfinite(low) or math.isfinite(high)
        verified = self.categories is not None or self.indexes is not None
        return finite and not self.fixed and not verified

    @property
    def fixed(self) -> bool:
        """Whether the blueprint sets it once and nothing writes it: static or level."""
        return self.mutability in ("static", "level")

    def shape(self, num_cells: int, num_agents: int) -> tuple[int, ...]:
        """Return the shape of one world's values, `([components,] cells)` or as `over` has it."""
        spans = {"cells": (num_cells,), "agents": (num_agents,), "world": ()}
        return (*(() if self.components is None else (self.components,)), *spans[self.over])

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: FieldOwner, owner: type) -> FieldArray: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Self: ...
    def __get__(self, instance: object, owner: type) -> Self | FieldArray:
        """Return the field itself on a class. Only the objects that hooks get have arrays under its name."""
        if not isinstance(instance, FieldOwner):
            return self
        raise FieldAccessError(self.not_of_an_env(owner.__name__))

    def not_of_an_env(self, owner: str) -> str:
        """Return why an env has no array under the field's name, and how to get it."""
        return (
            f"{owner}.{self.name} is an array of each world, not of the env: read "
            f"env.world[{owner}.{self.name}]; in an array hook write tick.{self.name}, before.{self.name} or "
            f"after.{self.name}; only in a hook that is per_world it is self.{self.name}."
        )

    @overload
    def __set__(self, instance: FieldOwner, values: npt.ArrayLike) -> None: ...
    @overload
    def __set__(self, instance: object, values: "Field") -> None: ...
    def __set__(self, instance: object, values: Any) -> None:
        """Refuse: the state of an env is set through a tick."""
        raise FieldAccessError(self.not_set_by_name(type(instance).__name__))

    def not_set_by_name(self, owner: str) -> str:
        """Return why assigning to an attribute of an env does not set the field, and how to set it."""
        name = self.name
        if self.mutability == "static":
            return f"{owner}.{name} is a static field: the blueprint sets it, once for all worlds."
        if self.mutability == "level":
            return f"{owner}.{name} is the map of a level: Levels(...) sets it, once for every level."
        if self.derived:
            return f"{owner}.{name} is a derived field: only derive sets it; set what it follows from."
        return (
            f"{owner}.{name} is a field, not an attribute of the env. Set it now with `with "
            f"env.unwrapped.world.edit() as tick: tick.{name} = values`, for episodes that begin with "
            f"env.reset(options={{'fields': {{'{name}': values}}}}), also through wrappers and "
            f"AsyncVectorEnv; in an array hook with tick.{name} = values."
        )

    def __set_name__(self, owner: type, name: str) -> None:
        if not self.name:  # one object under two names is refused by fields_of
            self._home = owner.__module__, owner.__qualname__
            self.name = name

    def __copy__(self) -> Self:
        return self  # it never changes, and worlds find their arrays by its identity

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        """Pickle by the class's name where every process can import it, else by the field's own identity.

        A class of a script or notebook is pickled by value and may arrive more than once. By its identity it
        gets the same fields each time, so that envs which are already there keep theirs.
        """
        home: tuple[str, str] = self.__dict__.get("_home", ("", ""))
        if declares(*home, self.name, self):
            return declared, (*home, self.name)
        return arrived, (type(self), identity_of(self)), dict(self.__dict__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the pickled attributes, unless the field was here before."""
        if not self.__dict__:
            self.__dict__.update(state)

    def __setattr__(self, key: str, value: object) -> None:
        if self.__dict__.get("name"):
            raise FieldError(
                f"field {self.name!r} is fixed once it has a name; {key} cannot be set to {value!r}."
            )
        super().__setattr__(key, value)

    def __repr__(self) -> str:
        return f"Field({self.name or '?'}, over={self.over!r}, dtype={self.dtype}, {self.mutability})"


def fields_of(owner: type) -> Mapping[str, Field]:
    """Return the fields a class declares, those of its bases first, in order of declaration.

    Raises:
        FieldError: one Field object has two names.
    """
    found: dict[str, Field] = {}
    for base in reversed(owner.__mro__):
        found.update({name: value for name, value in vars(base).items() if isinstance(value, Field)})
    for name, field in found.items():
        if field.name != name:
            raise FieldError(
                f"{owner.__name__}.{name} is the same Field object as {field.name!r}; "
                f"declare a field for each name."
            )
    return found
