"""The scale of a picture: reads a world's values and grades them between low and high."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.fields.values import Values
from murk_env.rendering.marker import Marker
from murk_env.rendering.picture import Picture

__all__ = ["Scale", "figures", "marked", "number"]


class Scale:
    """Reads the field of a picture and grades its values.

    Args:
        picture: the picture.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.fixed = None not in picture.limits

    def read(self, values: Values, world: int, num_cells: int) -> npt.NDArray[Any]:
        """Return the shown values of one world, (num_cells,); zeros if no field is shown."""
        field = self._picture.field
        if field is None:
            return np.zeros(num_cells)
        array = values.row(field, world)
        return array if field.components is None else array[self._picture.component]

    def limits(self, rows: Sequence[npt.NDArray[Any]]) -> tuple[float, float]:
        """Return the ends of the scale for some worlds.

        They are the picture's or, where it has none, the least and greatest finite values of these worlds.
        """
        low, high = self._picture.limits
        if low is None or high is None:
            finite = [row[np.isfinite(row)] for row in rows]
            own = np.concatenate([*finite, np.zeros(0 if any(row.size for row in finite) else 1)])
            low = float(own.min()) if low is None else low
            high = max(low, float(own.max())) if high is None else high
        return low, high

    def grade(
        self, row: npt.NDArray[Any], limits: tuple[float, float], num_grades: int
    ) -> npt.NDArray[np.intp]:
        """Return the grade of every value, of `num_grades` equal ones; `num_grades` if it is not finite.

        Values beyond the limits are graded like the limits. A categorical field's grades are its categories.
        """
        low, high = limits
        finite = np.isfinite(row)
        inside = np.clip(np.where(finite, row, low).astype(np.float64), low, high)
        if self._picture.num_categories is not None:
            return inside.astype(np.intp)
        share = (inside - low) / (high - low) if high > low else np.zeros(len(row))
        return np.where(finite, np.minimum((share * num_grades).astype(np.intp), num_grades - 1), num_grades)


def marked(marker: Marker, values: Values, world: int, num_cells: int) -> npt.NDArray[np.intp]:
    """Return the cells that a marker marks in one world."""
    where = marker.where
    if isinstance(where, Field):
        array = values.row(where, world)
        if where.over == "cells":
            return np.flatnonzero(array)
    else:
        array = np.array(where)
    cells = np.ravel(array).astype(np.intp)
    return cells[(cells >= 0) & (cells < num_cells)]


def figures(picture: Picture, values: Values, world: int) -> list[str]:
    """Return the values of a picture's figures in one world, formatted for the legend."""
    return [", ".join(map(number, np.ravel(values.row(field, world)).tolist())) for field in picture.figures]


def number(value: float) -> str:
    """Return a number formatted for the legend."""
    return f"{value:.4g}"
