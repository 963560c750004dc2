"""What checked mode proves of values: floats are finite, categories exist; if not, the writer is named."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import TickFailedError
from murk_env.fields.field import Field

__all__ = ["check_values"]


def check_values(
    who: str,
    written: Iterable[tuple[Field, npt.NDArray[Any]]],
    error: type[TickFailedError],
    *,
    worlds: npt.NDArray[np.intp] | None = None,
    skipped: npt.NDArray[np.intp] | None = None,
) -> None:
    """Raise `error` if a float field holds a NaN or an infinity, or a categorical one no category.

    Args:
        who: the hook or propagator that wrote the fields.
        written: the fields and their values, one row per world.
        error: HookError or PropagatorError.
        worlds: the worlds that the rows belong to; all, in order, by default.
        skipped: rows that do not matter: their world is reset in this tick.
    """
    for field, values in written:
        if field.mutability == "static" or (field.dtype.kind != "f" and field.categories is None):
            continue
        good = (
            np.isfinite(values) if field.categories is None else (values >= 0) & (values < field.categories)
        )
        bad = np.asarray(~good.reshape(len(values), -1).all(axis=1))
        if skipped is not None:
            bad[skipped] = False
        if bad.any():
            rows = np.flatnonzero(bad)
            what = "a number that is not finite" if field.categories is None else "what is no category"
            raise error(
                f"{who} wrote {what} to {field.name!r} in world(s) "
                f"{(rows if worlds is None else worlds[rows]).tolist()}; the tick was undone for all worlds."
            )
