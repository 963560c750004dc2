"""Checks that several kinds of entries make."""

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
    """Raise unless what an entry is given is a field."""
    if not isinstance(field, Field):
        raise BlueprintError(f"{what} shows a Field object, not {field!r}: write {what}(cls.heat).")


def check_cells(what: str, field: Any) -> None:
    """Raise unless a field holds one cell of the world, or one of each agent."""
    fits = isinstance(field, Field) and field.over != "cells" and field.components is None
    if not fits or field.dtype != np.int32 or field.categories is not None:
        raise BlueprintError(
            f"{what} is a scalar int32 field over the world or over agents that holds cells, not {field!r}."
        )


def check_name(what: str, name: Any) -> None:
    """Raise unless an entry's key is a string, or left to be the field's name."""
    if not isinstance(name, str | None):
        raise BlueprintError(f"the name of {what} is a string, its key in the dict layout, not {name!r}.")


def check_flag(what: str, value: Any) -> None:
    """Raise unless a value is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise BlueprintError(f"{what} is True or False, not {value!r}.")


def check_whole(what: str, value: Any, least: int) -> None:
    """Raise unless a value is an integer that is large enough."""
    try:
        fits = operator.index(value) >= least
    except TypeError:
        fits = False
    if not fits:
        raise BlueprintError(f"{what} is an integer >= {least}, not {value!r}.")


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number that float32 reaches to."""
    return isinstance(value, numbers.Real) and abs(cast(float, value)) <= LARGEST
