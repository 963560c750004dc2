"""Markers: shapes drawn over the cells of a picture."""

import dataclasses
import operator
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PictureError, did_you_mean
from murk_env.fields import Field

__all__ = ["KINDS", "Kind", "Marker"]


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """Shape and colour of one kind of marker."""

    shape: str
    colour: str


KINDS: Mapping[str, Kind] = {
    "agent": Kind("disc", "#ffffff"),
    "goal": Kind("ring", "#ff5fa2"),
    "wall": Kind("fill", "#4a4a4a"),
    "prey": Kind("disc", "#56b4e9"),
    "predator": Kind("square", "#e8432e"),
    "disc": Kind("disc", "#e69f00"),
    "ring": Kind("ring", "#e69f00"),
    "square": Kind("square", "#e69f00"),
    "cross": Kind("cross", "#e69f00"),
    "fill": Kind("fill", "#9a9a9a"),
}


@dataclasses.dataclass(frozen=True)
class Marker:
    """Something drawn over the cells: agents, goals, walls.

    | kind | shape | colour |
    |---|---|---|
    | `agent` | disc | white |
    | `goal` | ring | pink |
    | `wall` | the whole cell | dark grey |
    | `prey` | disc | blue |
    | `predator` | square | red |
    | `disc`, `ring`, `square`, `cross` | as named | orange |
    | `fill` | the whole cell | light grey |

    Shapes other than the whole cell have a dark outline, so that they stand out on any colour.

    Args:
        where: an int32 Field over the world or the agents that holds cells (values that are not cells, such
            as -1, are not drawn); or a Field over cells, drawn where it is not zero; or a list of cells.
        kind: a kind from the table above.
        colour: a matplotlib colour; None for the kind's colour.
        label: its name in the legend; None for the name of the kind.

    Raises:
        PictureError: the kind is unknown, or `where` cannot hold cells.
    """

    where: Field | Sequence[int] | npt.NDArray[np.integer[Any]]
    kind: str
    _: dataclasses.KW_ONLY
    colour: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise PictureError(f"a marker's kind cannot be {self.kind!r}; {did_you_mean(self.kind, KINDS)}")
        if not isinstance(self.where, Field):
            object.__setattr__(self, "where", _cells(self.where))
        elif self.where.over != "cells" and self.where.dtype != np.int32:
            raise PictureError(
                f"a marker's field over the {self.where.over} holds cells, so it is an int32 field, "
                f"not {self.where!r}."
            )
        elif self.where.over == "cells" and self.where.components is not None:
            raise PictureError(f"a marker's field over cells has one value per cell, unlike {self.where!r}.")

    @property
    def look(self) -> Kind:
        """Its shape and colour."""
        kind = KINDS[self.kind]
        return kind if self.colour is None else Kind(kind.shape, self.colour)

    @property
    def name(self) -> str:
        """Its name in the legend."""
        return self.kind if self.label is None else self.label


def _cells(where: Any) -> tuple[int, ...]:
    try:
        return tuple(operator.index(cell) for cell in cast("Sequence[Any]", where))
    except TypeError:
        raise PictureError(
            f"a marker's where must be a Field or a list of cells, such as [12, 13], not {where!r}."
        ) from None
