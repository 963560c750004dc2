"""Pictures: declarations of how a world is drawn."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from murk_env.errors import PictureError
from murk_env.fields import Field
from murk_env.rendering.marker import Marker

__all__ = ["Picture", "default_picture"]


@dataclasses.dataclass(frozen=True)
class Picture:
    """How a world is drawn: one field in colours, markers over it, and other pictures beside it.

    Args:
        field: a Field over cells, of any dtype and mutability; None for plain grey cells.
        component: the component of a vector field, None for a scalar field.
        low: value at the colour map's lower end; None for the field's lower bound or, if it has none, the
            minimum of the frame, so that a colour's meaning may change from frame to frame.
        high: value at the upper end; None likewise.
        palette: name of a matplotlib colour map; for a categorical field also a list of colours, one per
            category, or a mapping from category names, in order, to colours.
        markers: markers drawn over the cells, the last on top.
        title: title of the field in the legend; None for its name and unit.
        figures: fields over the world whose values the legend of a single world shows.
        beside: more pictures of the same world, drawn beside or below this one, each with its own legend.

    Raises:
        PictureError: an argument does not fit the field.
    """

    field: Field | None = None
    _: dataclasses.KW_ONLY
    component: int | None = None
    low: float | None = None
    high: float | None = None
    palette: str | Sequence[str] | Mapping[str, str] = "viridis"
    markers: Sequence[Marker] = ()
    title: str | None = None
    figures: Sequence[Field] = ()
    beside: "Sequence[Picture]" = ()

    def __post_init__(self) -> None:
        if self.field is None:
            self._check_plain()
        else:
            self._check_field(self.field)
        object.__setattr__(self, "markers", _members("markers", self.markers, Marker))
        object.__setattr__(self, "beside", _members("beside", self.beside, Picture))
        object.__setattr__(self, "figures", _members("figures", self.figures, Field))
        for figure in self.figures:
            if figure.over != "world":
                raise PictureError(f"a Picture's figures must be Fields over the world, not {figure!r}.")

    def _check_plain(self) -> None:
        if (self.component, self.low, self.high, self.palette) != (None, None, None, "viridis"):
            raise PictureError(
                "a Picture without a field shows plain cells; leave out component, low, high and palette, or "
                "give it a Field over cells."
            )

    def _check_field(self, field: Field) -> None:
        if not isinstance(field, Field) or field.over != "cells":  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PictureError(f"the field of a Picture must be a Field over cells, not {field!r}.")
        _check_component(field, self.component)
        self._check_range()
        if not isinstance(self.palette, str):
            self._check_colours(field, self.palette)

    def _check_range(self) -> None:
        low, high = self.limits
        for limit in (low, high):
            if limit is not None and not math.isfinite(limit):
                raise PictureError(f"a Picture's low and high must be finite, not low={low}, high={high}.")
        if low is not None and high is not None and low > high:
            raise PictureError(f"a Picture's colours go from low to high, not from {low} to {high}.")

    def _check_colours(self, field: Field, palette: Sequence[str] | Mapping[str, str]) -> None:
        if field.categories is None:
            raise PictureError(
                f"{field!r} is not categorical: its palette must be the name of a colour map, not "
                f"{palette!r}."
            )
        if len(palette) != field.categories:
            raise PictureError(
                f"{field!r} has {field.categories} categories, and its palette {len(palette)} colours; "
                f"give each category one."
            )

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The values at both ends of the colours; None for the frame's minimum or maximum."""
        if self.field is None:
            return 0.0, 0.0
        own = [bound if math.isfinite(bound) else None for bound in self.field.bounds]
        return (own[0] if self.low is None else self.low, own[1] if self.high is None else self.high)

    @property
    def name(self) -> str:
        """The field's title in the legend, with its unit; empty for none."""
        if self.title is not None or self.field is None:
            return self.title or ""
        return _named(self.field, self.component)

    @property
    def figure_names(self) -> list[str]:
        """The names of the figures in the legend, with their units."""
        return [_named(figure) for figure in self.figures]

    @property
    def categories(self) -> list[str]:
        """The names of the categories; empty if the field has none."""
        if isinstance(self.palette, Mapping):
            return [str(name) for name in self.palette]
        return [str(number) for number in range(self.num_categories or 0)]

    @property
    def num_categories(self) -> int | None:
        """Number of categories; None if the field is not categorical."""
        return None if self.field is None else self.field.categories

    @property
    def shown(self) -> list[Field]:
        """All fields that this picture reads, without the pictures beside it."""
        read = [self.field, *(marker.where for marker in self.markers), *self.figures]
        return [field for field in read if isinstance(field, Field)]

    @property
    def all(self) -> "list[Picture]":
        """This picture and those beside it."""
        return [self, *(picture for other in self.beside for picture in other.all)]


def default_picture(fields: Mapping[str, Field]) -> Picture | None:
    """Return a picture of the first changing scalar float field over cells, or of the closest match.

    Scalar fields come before vectors, floats before integers, changing fields before static ones; None if no
    field is over cells.
    """
    found = [field for field in fields.values() if field.over == "cells"]
    if not found:
        return None
    best = min(found, key=_rank)
    return Picture(best, component=None if best.components is None else 0)


def _rank(field: Field) -> tuple[int, str, bool]:
    return field.components or 0, field.dtype.kind, field.fixed


def _named(field: Field, component: int | None = None) -> str:
    """Return a field's name, its component and its unit."""
    part = "" if component is None else f" {component}"
    unit = f" [{field.unit}]" if field.unit else ""
    return f"{field.name}{part}{unit}"


def _check_component(field: Field, component: int | None) -> None:
    number = field.components
    if number is None and component is not None:
        raise PictureError(f"{field!r} has no components; leave out component={component!r}.")
    if number is not None and component not in range(number):
        raise PictureError(f"a Picture of {field!r} shows component 0 to {number - 1}, not {component!r}.")


def _members(name: str, given: Any, kind: type[Any]) -> tuple[Any, ...]:
    """Return the members of a list, all of one class."""
    try:
        members = tuple(given)
    except TypeError:
        raise PictureError(f"a Picture's {name} are a list of {kind.__name__}s, not {given!r}.") from None
    for member in members:
        if not isinstance(member, kind):
            raise PictureError(f"a Picture's {name} are {kind.__name__}s, not {member!r}.")
    return members
