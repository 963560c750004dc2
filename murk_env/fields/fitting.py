"""The values that a field can be set to: their kind, their shape, and the world that each belongs to."""

import dataclasses
import math
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import DefinitionError
from murk_env.fields.field import Field

__all__ = ["Sides", "beyond", "check_settable", "fitted", "flattened", "is_masked", "storable"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Sides:
    """The size of a world, for the shapes of its fields.

    Attributes:
        cells: the lattice's own shape, such as (rows, columns).
        num_cells: number of cells.
        num_agents: number of agents.
        num_levels: number of levels, 0 for none, or where it is not known.
    """

    cells: tuple[int, ...]
    num_cells: int
    num_agents: int
    num_levels: int = 0

    def ends(self, field: Field) -> tuple[float, float]:
        """Return the lowest and the highest value of a field; infinite where it has no limit."""
        if field.indexes is None:
            return field.bounds
        counts = {"cells": self.num_cells, "agents": self.num_agents, "levels": self.num_levels or math.inf}
        return field.bounds[0], counts[field.indexes] - 1

    def of(self, field: Field) -> tuple[int, ...]:
        """Return the shape of one world's values of a field."""
        return field.shape(self.num_cells, self.num_agents)


def storable(field: Field, values: npt.ArrayLike) -> Array:
    """Return values as an array of a kind that the field can hold, or raise DefinitionError."""
    if is_masked(values):
        raise DefinitionError(
            f"field {field.name!r} is set to a masked array with masked elements; fill them first, "
            f"values.filled(number)."
        )
    if cast(object, values) is None:
        raise DefinitionError(
            f"field {field.name!r} holds {field.dtype}, but is set to None: a function may lack its return."
        )
    given = np.asarray(values)
    if not np.can_cast(given.dtype, field.dtype, "same_kind"):
        raise DefinitionError(
            f"field {field.name!r} holds {field.dtype}, the values are {given.dtype}; convert them first."
        )
    if field.dtype == np.int32 and given.size and not np.can_cast(given.dtype, np.int32):
        limits = np.iinfo(np.int32)
        if not limits.min <= given.min() <= given.max() <= limits.max:
            raise DefinitionError(
                f"field {field.name!r} holds int32, the values go from {given.min()} to {given.max()}."
            )
    return given


def fitted(field: Field, values: npt.ArrayLike, num_rows: int, sides: Sides, rows: str = "worlds") -> Array:
    """Return the values for some rows of a field, with the worlds axis first if they are an array.

    Values are a number, or an array whose first axis is that of the worlds, or of length 1 for the same in
    every world. Its other axes are the field's own, each of them whole or of length 1; the lattice's own
    shape may replace the axis of cells. An array without the worlds axis is refused even where numpy could
    broadcast it: which world gets which number would depend on the number of worlds.

    Args:
        field: the field.
        values: its new values.
        num_rows: number of rows that are set.
        sides: how large a world is.
        rows: the first axis's name in messages.

    Raises:
        DefinitionError: the values are of another kind or shape.
    """
    given = storable(field, values)
    shape = (num_rows, *sides.of(field))
    if given.shape == shape or not given.ndim:
        return given
    # (1, 8) is one row of values, also on a grid of one row of 8 cells
    flat = given if given.ndim == len(shape) else flattened(field, given, sides)
    sides_fit = (side in (1, wanted) for side, wanted in zip(flat.shape, shape, strict=False))
    if flat.ndim != len(shape) or not all(sides_fit):
        raise DefinitionError(_misfit(field, given.shape, flat.shape, shape, rows))
    return flat


def flattened(field: Field, values: Array, sides: Sides) -> Array:
    """Return values in the lattice's own shape with one axis of cells, in rank order; others unchanged."""
    cells = sides.cells
    if field.over == "cells" and len(cells) > 1 and values.shape[-len(cells) :] == cells:
        return values.reshape(*values.shape[: -len(cells)], sides.num_cells)
    return values


def is_masked(values: Any) -> bool:
    """Whether values, or arrays in a list of them, have masked elements, which numpy would unmask."""
    if isinstance(values, list | tuple):
        return any(map(is_masked, cast("list[Any]", values)))
    return isinstance(values, np.ma.MaskedArray) and bool(np.ma.getmaskarray(cast(Any, values)).any())


def _misfit(
    field: Field, given: tuple[int, ...], flat: tuple[int, ...], shape: tuple[int, ...], rows: str
) -> str:
    """Return the shapes that fit, and how to write the one that was probably meant."""
    hint = ""
    if flat == shape[1:]:
        hint = "; values[np.newaxis] sets the same in each of them"
    elif given == shape[:1]:
        axes = ", ".join([":", *["np.newaxis"] * (len(shape) - 1)])
        hint = f"; values[{axes}] gives one number to each of them"
    wanted = " or ".join(dict.fromkeys([str(shape), str((1, *shape[1:]))]))
    return (
        f"field {field.name!r} is set to a number, or to an array {wanted} with the {rows} first, not to one "
        f"of shape {given}{hint}."
    )


def check_settable(field: Field, values: Array, sides: Sides, *, finite: bool = True) -> None:
    """Raise DefinitionError for values from outside a step that the field must not hold.

    These lie outside the field's bounds, or are no category, cell, agent or level; or they are not finite,
    unless `finite` is False, because the worlds themselves have diverged.
    """
    if field.dtype.kind == "f" and not np.isfinite(values).all():
        if finite:
            wrong = values[~np.isfinite(values)].flat[0]
            raise DefinitionError(f"field {field.name!r} takes finite numbers, not {wrong}.")
        values = values[~np.isnan(values)]  # bounds do not concern NaN
    if not values.size:
        return
    if reason := beyond(field, values, sides):
        raise DefinitionError(f"field {field.name!r} {reason}.")


def beyond(field: Field, values: Array, sides: Sides) -> str:
    """Return the values that a field takes, and one that it does not; an empty text if it takes all.

    It does not take values outside its bounds, or that are no category, cell, agent or level. None of the
    given values is NaN.
    """
    low, high = _ends(field, sides)
    least, most = values.min(), values.max()
    wraps = field.at_bounds == "wrap"
    if low <= least and (most < high if wraps else most <= high):
        return ""
    kind = field.indexes or ("values" if field.categories is None else "categories")
    return f"takes {kind} in [{low}, {high}{')' if wraps else ']'}, not {least if least < low else most}"


def _ends(field: Field, sides: Sides) -> tuple[Any, Any]:
    """Return the bounds rounded to the field's own dtype, so that values at a bound lie inside."""
    low, high = sides.ends(field)
    if field.dtype.kind == "f":
        return field.dtype.type(low), field.dtype.type(high)
    return (low if math.isinf(low) else int(low)), (high if math.isinf(high) else int(high))
