"""The checks of values in checked mode: floats are finite; categories, cells, agents and levels exist."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import TickFailedError
from murk_env.fields.field import Field
from murk_env.fields.fitting import Sides

__all__ = ["check_values"]

_WRONG = {
    "": "a number that is not finite",
    "categories": "what is no category",
    "cells": "what is no cell",
    "agents": "what is no agent",
    "levels": "what is no level",
}


def check_values(
    who: str,
    written: Iterable[tuple[Field, npt.NDArray[Any]]],
    error: type[TickFailedError],
    sides: Sides,
    *,
    worlds: npt.NDArray[np.intp] | None = None,
    skipped: npt.NDArray[np.intp] | None = None,
) -> None:
    """Raise `error` for a NaN or an infinity in a float field, or a category or index that does not exist.

    Args:
        who: the hook or propagator that wrote the fields.
        written: the fields and their values, one row per world.
        error: HookError or PropagatorError.
        sides: how large a world is.
        worlds: the worlds that the rows belong to; all, in order, by default.
        skipped: rows to skip, because their world is reset in this tick.
    """
    for field, values in written:
        kind = field.indexes or ("categories" if field.categories is not None else "")
        if field.fixed or (field.dtype.kind != "f" and not kind):
            continue
        low, high = sides.ends(field)
        good = (values >= low) & (values <= high) if kind else np.isfinite(values)
        bad = np.asarray(~good.reshape(len(values), -1).all(axis=1))
        if skipped is not None:
            bad[skipped] = False
        if bad.any():
            rows = np.flatnonzero(bad)
            what = _WRONG[kind]
            raise error(
                f"{who} wrote {what} to {field.name!r} in world(s) "
                f"{(rows if worlds is None else worlds[rows]).tolist()}; the tick was undone for all worlds."
            )
