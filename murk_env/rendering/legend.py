"""The legend: a strip with the field's name, unit and range, and the names of the markers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.rendering._libraries import load
from murk_env.rendering.colours import BACKGROUND, INK, colour
from murk_env.rendering.marker import Marker
from murk_env.rendering.picture import Picture
from murk_env.rendering.scale import number
from murk_env.rendering.stamps import Stamp

__all__ = ["Legend", "font"]

_LINE = 22  # pixels from line to line
_BETWEEN = 16  # pixels between two items
_BAR = 96  # length of a colour bar in pixels
_SWATCH = 12  # side of a colour's square, and of a marker, in pixels
_WIDEST = "-8.888e+88"  # the widest number

Canvas = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Item:
    """A part of the legend: its width, and a function that draws it on the canvas at a place."""

    width: int
    put: Callable[[Canvas, int, int], None]


class Legend:
    """The strip below a picture.

    Args:
        picture: the picture.
        colours: its colours, (num_grades + 1, 3).
        width: available width in pixels, at which lines break.
        with_figures: whether it reserves room for the picture's figures.
    """

    def __init__(self, picture: Picture, colours: Canvas, *, width: int, with_figures: bool = True) -> None:
        self._limits: tuple[float, float] | None = None
        self._numbers: list[tuple[int, int, int]] = []  # x, y, and 1 where the number ends at the bar
        numbers = [_WIDEST if limit is None else number(limit) for limit in picture.limits]
        self._room = max(text_width(text) for text in numbers)
        items = [_words(picture.name)] if picture.name else []
        if picture.num_categories is not None:
            named = zip(picture.categories, colours, strict=False)
            items += [_swatch(name, tuple(each.tolist())) for name, each in named]
        elif picture.field is not None:
            items.append(self._bar(colours[:-1]))
        items += [_key(marker) for marker in _distinct(picture.markers)]
        self._slots: list[tuple[int, int, int]] = []  # x, y and width of the figures
        if with_figures:
            named = zip(picture.figure_names, picture.figures, strict=True)
            items += [self._figure(name, figure.components or 1) for name, figure in named]
        self.width = max([width, *(item.width for item in items)])
        self._strip = _flow(items, self.width)

    @property
    def height(self) -> int:
        """Its height in pixels."""
        return len(self._strip)

    def put(
        self, canvas: Canvas, below: int, limits: tuple[float, float], figures: Sequence[str] = ()
    ) -> None:
        """Draw it on a canvas, horizontally centred.

        Args:
            canvas: the picture, (height, width, 3).
            below: y of its first line.
            limits: the range that it shows.
            figures: the values of the picture's figures, as text.
        """
        for (x, y, room), text in zip(self._slots, figures, strict=False):
            self._strip[y : y + _LINE, x : x + room] = BACKGROUND
            write(self._strip, x, y, text)
        if self._limits != limits:
            self._limits = limits
            for (x, y, flush), value in zip(self._numbers, limits, strict=False):
                self._strip[y : y + _LINE, x : x + self._room] = BACKGROUND
                spare = self._room - text_width(number(value))
                write(self._strip, x + flush * spare, y, number(value))
        left = (canvas.shape[1] - self.width) // 2
        canvas[below : below + self.height, left : left + self.width] = self._strip

    def _bar(self, colours: Canvas) -> Item:
        """Return the colour bar from low to high, between the two numbers."""

        def put(canvas: Canvas, x: int, y: int) -> None:
            grades = np.arange(_BAR) * len(colours) // _BAR
            start = x + self._room + 5
            canvas[y + 5 : y + _LINE - 5, start : start + _BAR] = colours[grades]
            self._numbers += [(x, y, 1), (start + _BAR + 5, y, 0)]

        return Item(2 * self._room + _BAR + 10, put)

    def _figure(self, name: str, num_values: int) -> Item:
        """Return the name of a figure, with room for its values."""
        start, room = text_width(name) + 5, text_width(", ".join([_WIDEST] * num_values))

        def put(canvas: Canvas, x: int, y: int) -> None:
            write(canvas, x, y, name)
            self._slots.append((x + start, y, room))

        return Item(start + room, put)


def _words(text: str) -> Item:
    return Item(text_width(text), lambda canvas, x, y: write(canvas, x, y, text))


def _swatch(text: str, fill: tuple[int, ...]) -> Item:
    def put(canvas: Canvas, x: int, y: int) -> None:
        square = canvas[y + 5 : y + 5 + _SWATCH, x : x + _SWATCH]
        square[...] = INK
        square[1:-1, 1:-1] = fill
        write(canvas, x + _SWATCH + 5, y, text)

    return Item(_SWATCH + 5 + text_width(text), put)


def _key(marker: Marker) -> Item:
    look, text = marker.look, marker.name
    if look.shape == "fill":
        return _swatch(text, colour(look.colour))

    def put(canvas: Canvas, x: int, y: int) -> None:
        Stamp(look, _SWATCH / 0.66).put(canvas, x + _SWATCH / 2 + 1, y + _LINE / 2)
        write(canvas, x + _SWATCH + 7, y, text)

    return Item(_SWATCH + 7 + text_width(text), put)


def _distinct(markers: Sequence[Marker]) -> list[Marker]:
    """Return the markers to list in the legend: one for each name and look."""
    return list({(marker.name, marker.look): marker for marker in markers}.values())


def _flow(items: Sequence[Item], width: int) -> Canvas:
    """Return a canvas with the items in lines, (height, width, 3)."""
    places: list[tuple[int, int]] = []
    x = y = 0
    for item in items:
        if x and x + item.width > width:
            x, y = 0, y + _LINE
        places.append((x, y))
        x += item.width + _BETWEEN
    canvas = np.full((y + _LINE, width, 3), BACKGROUND, np.uint8)
    for item, place in zip(items, places, strict=True):
        item.put(canvas, *place)
    return canvas


@cache
def font() -> Any:
    """Return Pillow's own font."""
    return load("PIL.ImageFont").load_default(13)


def text_width(text: str) -> int:
    """Return the width of a text in pixels."""
    return int(np.ceil(font().getlength(text))) + 1


def write(canvas: Canvas, x: int, y: int, text: str, *, line: int = _LINE) -> None:
    """Write a text on a canvas, vertically centred in a line that begins at (x, y)."""
    part = canvas[y : y + line, x : x + text_width(text)]
    image = load("PIL.Image").fromarray(np.ascontiguousarray(part))
    draw = load("PIL.ImageDraw").Draw(image)
    draw.text((0, line / 2), text, fill=INK, font=font(), anchor="lm")
    part[...] = np.asarray(image)
