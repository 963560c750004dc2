"""Pictures and markers: what an author says about how a world is drawn."""

import dataclasses
import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PictureError, did_you_mean
from murk_env.field import Field

__all__ = ["KINDS", "Kind", "Marker", "Picture", "default_picture"]


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
    | `disc`, `ring`, `square`, `cross` | of that name | orange |
    | `fill` | the whole cell | light grey |

    All shapes but the whole cell have a dark outline, so that they stand out on any colour.

    Args:
        where: an int32 Field over the world or the agents, whose values are cells (what is no cell, such as
            -1, is drawn nowhere); or a Field over cells, drawn where it is not zero; or ranks of cells.
        kind: a kind of the table above.
        colour: another colour, in any form that matplotlib knows; None for that of the kind.
        label: what the legend calls it; None for the kind.

    Raises:
        PictureError: the kind is unknown, or `where` does not say cells.
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
        """Its shape and its colour."""
        kind = KINDS[self.kind]
        return kind if self.colour is None else Kind(kind.shape, self.colour)

    @property
    def name(self) -> str:
        """What the legend calls it."""
        return self.kind if self.label is None else self.label


@dataclasses.dataclass(frozen=True)
class Picture:
    """How a world is drawn: one field in colours, and markers over it.

    Args:
        field: a Field over cells, of any dtype and mutability.
        component: which component of a vector field, and None for a scalar one.
        low: value of the colour map's lower end; None for the field's own bound or, where it has none, the
            smallest value of the frame, so that the colours of two frames need not mean the same.
        high: value of the upper end, in the same way.
        palette: name of one of matplotlib's colour maps; for a categorical field also a list with the colour
            of each category, or a mapping from their names, in their order, to their colours.
        markers: what is drawn over it, the last on top.
        title: what the legend calls the field; None for its name and unit.

    Raises:
        PictureError: something of these does not fit the field.
    """

    field: Field
    _: dataclasses.KW_ONLY
    component: int | None = None
    low: float | None = None
    high: float | None = None
    palette: str | Sequence[str] | Mapping[str, str] = "viridis"
    markers: Sequence[Marker] = ()
    title: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.field, Field) or self.field.over != "cells":  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PictureError(f"a Picture shows a Field over cells, not {self.field!r}.")
        self._check_component()
        self._check_range()
        if not isinstance(self.palette, str):
            self._check_colours()
        try:
            object.__setattr__(self, "markers", tuple(self.markers))
        except TypeError:
            raise PictureError(f"a Picture's markers are a list of Markers, not {self.markers!r}.") from None
        for marker in self.markers:
            if not isinstance(marker, Marker):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise PictureError(f"a Picture's markers are Markers, not {marker!r}.")

    def _check_component(self) -> None:
        number = self.field.components
        if number is None and self.component is not None:
            raise PictureError(f"{self.field!r} has no components; leave out component={self.component!r}.")
        if number is not None and self.component not in range(number):
            raise PictureError(
                f"a Picture of {self.field!r} shows component 0 to {number - 1}, not {self.component!r}."
            )

    def _check_range(self) -> None:
        low, high = self.limits
        for limit in (low, high):
            if limit is not None and not math.isfinite(limit):
                raise PictureError(f"a Picture's low and high are finite, not low={low}, high={high}.")
        if low is not None and high is not None and low > high:
            raise PictureError(f"a Picture's colours go from low to high, not from {low} to {high}.")

    def _check_colours(self) -> None:
        categories = self.field.categories
        if categories is None:
            raise PictureError(
                f"{self.field!r} is not categorical: its palette is the name of a colour map, "
                f"not {self.palette!r}."
            )
        if len(self.palette) != categories:
            raise PictureError(
                f"{self.field!r} has {categories} categories, and its palette {len(self.palette)} colours; "
                f"give each category one."
            )

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """Both ends of the colours; None where it is the frame's own."""
        own = [bound if math.isfinite(bound) else None for bound in self.field.bounds]
        return (own[0] if self.low is None else self.low, own[1] if self.high is None else self.high)

    @property
    def name(self) -> str:
        """What the legend calls the field, with its unit."""
        if self.title is not None:
            return self.title
        part = "" if self.component is None else f" {self.component}"
        unit = f" [{self.field.unit}]" if self.field.unit else ""
        return f"{self.field.name}{part}{unit}"

    @property
    def categories(self) -> list[str]:
        """The names of the categories; empty where the field has none."""
        if isinstance(self.palette, Mapping):
            return [str(name) for name in self.palette]
        return [str(number) for number in range(self.field.categories or 0)]

    @property
    def shown(self) -> list[Field]:
        """All fields that the picture reads."""
        return [self.field, *(marker.where for marker in self.markers if isinstance(marker.where, Field))]


def default_picture(fields: Mapping[str, Field]) -> Picture | None:
    """Return a picture of the first float field over cells that changes, or of what comes nearest to that.

    Scalar fields come before vectors, floats before integers, changing fields before static ones; None where
    no field is over cells.
    """
    found = [field for field in fields.values() if field.over == "cells"]
    if not found:
        return None
    best = min(found, key=_rank)
    return Picture(best, component=None if best.components is None else 0)


def _rank(field: Field) -> tuple[int, str, bool]:
    return field.components or 0, field.dtype.kind, field.mutability == "static"


def _cells(where: Any) -> tuple[int, ...]:
    try:
        return tuple(operator.index(cell) for cell in cast("Sequence[Any]", where))
    except TypeError:
        raise PictureError(
            f"a marker's where is a Field or a list of cells, such as [12, 13], not {where!r}."
        ) from None
