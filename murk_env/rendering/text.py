"""Worlds as text: a character for every cell, at the cell's place."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from murk_env.fields.values import Values
from murk_env.rendering.layout import Layout
from murk_env.rendering.marker import Marker
from murk_env.rendering.picture import Picture
from murk_env.rendering.scale import Scale, figures, marked, number

__all__ = ["TextMap"]

_SHADES = " .:-=+*#%@"
_WIDTH = 100  # characters in a line with several panels side by side
_BETWEEN = 3  # blank characters between panels


class TextMap:
    """Writes worlds as text.

    Args:
        layout: the places of the cells.
        picture: the picture.
    """

    def __init__(self, layout: Layout, picture: Picture) -> None:
        self._picture, self._scale = picture, Scale(picture)
        self._rows, self._columns = _character_cells(layout)
        self._letters = _letters(picture.markers)

    def write(self, values: Values, world: int) -> str:
        """Return one world as lines of text, with a legend below."""
        row = self._scale.read(values, world, len(self._rows))
        limits = self._scale.limits([row])
        signs = np.array([*self._shades, "?"])[self._scale.grade(row, limits, len(self._shades))]
        for letter, marker in zip(self._letters, self._picture.markers, strict=True):
            signs[marked(marker, values, world, len(row))] = letter
        page = np.full((self._rows.max() + 1, self._columns.max() + 1), " ")
        page[self._rows, self._columns] = signs
        return "\n".join(
            [
                *("".join(line) for line in page),
                "",
                self._legend(limits, figures(self._picture, values, world)),
            ]
        )

    @property
    def _shades(self) -> list[str]:
        """A character for every grade, from empty to full; no category is blank, and plain cells are dots."""
        if self._picture.field is None:
            return [_SHADES[1]]
        categories = self._picture.num_categories
        if categories is None:
            return list(_SHADES)
        return [_SHADES[1 + round(index * 8 / max(1, categories - 1))] for index in range(categories)]

    def _legend(self, limits: tuple[float, float], told: Sequence[str]) -> str:
        pairs = zip(self._letters, self._picture.markers, strict=True)
        keys = dict.fromkeys(f"{letter} {marker.name}" for letter, marker in pairs)
        shown = ": ".join(filter(None, [self._picture.name, self._range(limits)]))
        named = (" ".join(pair) for pair in zip(self._picture.figure_names, told, strict=True))
        return "; ".join(filter(None, [shown, ", ".join(keys), *named]))

    def _range(self, limits: tuple[float, float]) -> str:
        """Return the meaning of the characters; empty if no field is shown."""
        if self._picture.field is None:
            return ""
        if self._picture.num_categories is None:
            return f"{number(limits[0])} [{_SHADES}] {number(limits[1])}"
        named = zip(self._shades, self._picture.categories, strict=False)
        return ", ".join(f"[{shade}] {name}" for shade, name in named)


def _character_cells(layout: Layout) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the line and the column of every cell, (num_cells,) each."""
    columns, rows = (_places(layout.places[:, axis]) for axis in range(2))
    height, width = rows.max() + 2, columns.max() + 1 + _BETWEEN
    in_line = max(1, (_WIDTH + _BETWEEN) // width)
    return rows + layout.panels // in_line * height, columns + layout.panels % in_line * width


def _places(values: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return the rank of each value among the distinct ones."""
    return np.unique(np.round(values, 4), return_inverse=True)[1].reshape(-1).astype(np.intp)


def _letters(markers: Sequence[Marker]) -> list[str]:
    """Return a capital letter for every marker: from its name if possible, equal for equal names."""
    chosen: dict[str, str] = {}
    for marker in markers:
        wanted = [*marker.name.upper(), *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
        free = [letter for letter in wanted if letter.isalnum() and letter not in chosen.values()]
        chosen.setdefault(marker.name, free[0] if free else "!")
    return [chosen[marker.name] for marker in markers]
