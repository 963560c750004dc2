"""Drawings: a single picture of worlds, as frames and as text."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from murk_env.fields.values import Values
from murk_env.rendering.colours import palette
from murk_env.rendering.layout import Layout
from murk_env.rendering.picture import Picture
from murk_env.rendering.scale import Scale, figures, marked
from murk_env.rendering.sheet import Sheet, map_colours
from murk_env.rendering.text import TextMap

__all__ = ["Drawing", "Frame"]

Frame = npt.NDArray[np.uint8]


class Drawing:
    """Draws one picture of worlds of one kind. Everything constant is computed at the first frame.

    Args:
        layout: the places of the cells.
        picture: the picture to draw.
    """

    def __init__(self, layout: Layout, picture: Picture) -> None:
        self._layout, self._picture, self._scale = layout, picture, Scale(picture)
        self._sheets: dict[tuple[int, tuple[int, int]], Sheet] = {}

    def mosaic(self, values: Values, worlds: Sequence[int], room: tuple[int, int]) -> Frame:
        """Return some worlds side by side, (height, width, 3) uint8, both even.

        Args:
            values: the values of all worlds.
            worlds: the worlds to draw, from left to right and from top to bottom.
            room: available width and height in pixels.
        """
        sheet = self._sheet(len(worlds), room)
        num_cells = len(self._layout.places)
        rows = [self._scale.read(values, world, num_cells) for world in worlds]
        limits = self._scale.limits(rows)
        canvas = sheet.paper.copy()
        for corner, world, row in zip(sheet.corners, worlds, rows, strict=True):
            cells = self._colours[self._scale.grade(row, limits, len(self._colours) - 1)]
            self._draw(canvas, sheet, corner, cells, values, world)
        told = figures(self._picture, values, worlds[0]) if len(worlds) == 1 else []
        sheet.legend.put(canvas, sheet.below, limits, told)
        return canvas

    def text(self, values: Values, world: int) -> str:
        """Return one world as text: a character for every cell, and a legend below."""
        return self._text.write(values, world)

    def spacing(self, num_worlds: int, room: tuple[int, int]) -> float:
        """Return the distance between cells in pixels."""
        return self._sheet(num_worlds, room).raster.spacing

    @cached_property
    def _text(self) -> TextMap:
        return TextMap(self._layout, self._picture)

    @cached_property
    def _colours(self) -> Frame:
        return palette(self._picture)

    def _sheet(self, num_worlds: int, room: tuple[int, int]) -> Sheet:
        if (num_worlds, room) not in self._sheets:
            sheet = Sheet.of(self._layout, self._picture, self._colours, num_worlds, room)
            self._sheets[num_worlds, room] = sheet
        return self._sheets[num_worlds, room]

    def _draw(
        self, canvas: Frame, sheet: Sheet, corner: tuple[int, int], cells: Frame, values: Values, world: int
    ) -> None:
        """Draw one world: its cells, filled markers, seams, and marker shapes on top.

        Args:
            canvas: the picture, (height, width, 3).
            sheet: the sheet with its layout.
            corner: x and y of the world's map.
            cells: colour of every cell, (num_cells, 3); overwritten.
            values: the values of all worlds.
            world: the index of the world.
        """
        places = {marker: marked(marker, values, world, len(cells)) for marker in self._picture.markers}
        for marker, fill in sheet.fills.items():
            cells[places[marker]] = fill
        x, y = corner
        width = sheet.index.shape[1]
        canvas[y + sheet.rows, x : x + width] = np.take(map_colours(cells), sheet.index, axis=0)
        for marker, stamp in sheet.stamps.items():
            for at in (sheet.raster.centres[places[marker]] + corner).tolist():
                stamp.put(canvas, *at)
