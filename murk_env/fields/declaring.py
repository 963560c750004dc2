"""Checks of a field's declaration that do not need the field."""

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from murk_env.errors import FieldError, did_you_mean

__all__ = [
    "AtBounds",
    "Indexes",
    "Span",
    "check_choice",
    "first_index",
    "known_dtype",
    "last_category",
]

Span = Literal["cells", "agents", "world"]
AtBounds = Literal["clamp", "reflect", "wrap"]
Indexes = Literal["cells", "agents", "levels"]

_DTYPES = (np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.float64))


def check_choice(key: str, value: object, known: Any) -> None:
    """Raise FieldError for a value that is not among the known ones."""
    if value not in known:
        raise FieldError(f"a field's {key} cannot be {value!r}; {did_you_mean(value, known)}")


def first_index(
    indexes: str, low: float | None, high: float | None, at_bounds: str, categories: int | None
) -> int:
    """Return `low` of a field of indices: 0, or -1 for none; raise FieldError for other bounds."""
    check_choice("indexes", indexes, get_args(Indexes))
    if low not in (None, 0, -1) or high is not None or at_bounds != "clamp" or categories is not None:
        raise FieldError(
            f"a field that indexes {indexes} goes from low=0, or low=-1 for none, to the last of them, with "
            f"no other bounds; not low={low}, high={high}, at_bounds={at_bounds!r}, categories={categories}."
        )
    return int(low or 0)


def last_category(categories: int, low: float | None, high: float | None, at_bounds: str) -> int:
    """Return `high` of a categorical field; raise FieldError for no classes, or given bounds."""
    whole = isinstance(categories, int)  # pyright: ignore[reportUnnecessaryIsInstance]
    if not whole or categories < 1 or low is not None or high is not None or at_bounds != "clamp":
        raise FieldError(
            f"a categorical field has at least 1 class and no bounds of its own, not "
            f"categories={categories!r}, low={low}, high={high}, at_bounds={at_bounds!r}."
        )
    return categories - 1


def known_dtype(given: npt.DTypeLike) -> np.dtype[Any]:
    """Return the dtype if fields can have it, or raise FieldError."""
    try:
        dtype = np.dtype(given)
    except TypeError:
        dtype = None
    if dtype is None or dtype not in _DTYPES:
        came = given if dtype is None else dtype
        raise FieldError(f"a field's dtype must be float32, int32 or float64, not {came}.")
    return dtype
