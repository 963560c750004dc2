"""Checks shared by several kinds of entries."""

import numbers
import operator
from typing import Any, Final, cast

import numpy as np

from murk_env.errors import BlueprintError
from murk_env.fields import Field

__all__: list[str] = []

LARGEST: Final = float(np.finfo(np.float32).max)
MOST: Final = 1 << 28  # numbers in one array: 1 GiB


def check_field(what: str, field: Any) -> None:
    """Raise BlueprintError unless an entry's field is a Field."""
    if not isinstance(field, Field):
        raise BlueprintError(f"the field of {what} must be a Field, not {field!r}: write {what}(cls.heat).")


def check_cells(what: str, field: Any) -> None:
    """Raise BlueprintError unless a field can hold one cell per world or per agent."""
    fits = isinstance(field, Field) and field.over != "cells" and field.components is None
    if not fits or field.dtype != np.int32 or field.categories is not None:
        raise BlueprintError(
            f"{what} must be a scalar int32 field over the world or over agents that holds cells, not "
            f"{field!r}."
        )


def check_name(what: str, name: Any) -> None:
    """Raise BlueprintError unless an entry's key is a string or None."""
    if not isinstance(name, str | None):
        raise BlueprintError(
            f"the name of {what} must be a string, its key in the dict layout, not {name!r}."
        )


def check_flag(what: str, value: Any) -> None:
    """Raise BlueprintError unless a value is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise BlueprintError(f"{what} must be True or False, not {value!r}.")


def check_whole(what: str, value: Any, least: int) -> None:
    """Raise BlueprintError unless a value is an integer of at least `least`."""
    try:
        fits = operator.index(value) >= least
    except TypeError:
        fits = False
    if not fits:
        raise BlueprintError(f"{what} must be an integer >= {least}, not {value!r}.")


def is_number(value: Any) -> bool:
    """Return whether a value is a finite real number within float32."""
    return isinstance(value, numbers.Real) and abs(cast(float, value)) <= LARGEST
