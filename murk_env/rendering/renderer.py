"""The renderer: worlds as frames and as text."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from murk_env.errors import PictureError, did_you_mean
from murk_env.field import Field
from murk_env.lattice import Lattice
from murk_env.rendering.colours import palette
from murk_env.rendering.layout import Layout
from murk_env.rendering.picture import Picture
from murk_env.rendering.scale import Scale, marked
from murk_env.rendering.sheet import Sheet, map_colours
from murk_env.rendering.text import TextMap
from murk_env.values import Values

__all__ = ["Renderer"]

Frame = npt.NDArray[np.uint8]


class Renderer:
    """Draws worlds of one kind. What does not change from frame to frame is made at the first one.

    Args:
        lattice: the topology of the worlds.
        picture: what is drawn of them.
        fields: the fields of the worlds by name.

    Raises:
        PictureError: the picture shows a field that the worlds do not have, or a cell beyond the lattice.
    """

    def __init__(self, lattice: Lattice, picture: Picture, fields: Mapping[str, Field]) -> None:
        _check(lattice, picture, fields)
        self._lattice, self._picture, self._scale = lattice, picture, Scale(picture)
        self._sheets: dict[int, Sheet] = {}

    def frame(self, values: Values, world: int) -> Frame:
        """Return a picture of one world, (height, width, 3) uint8.

        Height and width are even, as video codecs want them, and the same in every frame.

        Raises:
            MissingLibraryError: matplotlib or Pillow is not installed.
            PictureError: matplotlib does not know a colour or a colour map of the picture.
        """
        return self.mosaic(values, [world])

    def mosaic(self, values: Values, worlds: Sequence[int]) -> Frame:
        """Return a picture of some worlds side by side, with one legend and one range for all.

        Args:
            values: a state of all worlds.
            worlds: which are drawn, one or more, from left to right and from top to bottom.

        Returns:
            (height, width, 3) uint8, both even.

        Raises:
            MissingLibraryError, PictureError: as `frame`.
        """
        sheet = self._sheet(len(worlds))
        rows = [self._scale.read(values, world) for world in worlds]
        limits = self._scale.limits(rows)
        canvas = sheet.paper.copy()
        for corner, world, row in zip(sheet.corners, worlds, rows, strict=True):
            cells = self._colours[self._scale.grade(row, limits, len(self._colours) - 1)]
            self._draw(canvas, sheet, corner, cells, values, world)
        sheet.legend.put(canvas, sheet.below, limits)
        return canvas

    def text(self, values: Values, world: int) -> str:
        """Return one world as text: a character for every cell, and a legend below."""
        return self._text.write(values, world)

    @cached_property
    def _layout(self) -> Layout:
        return Layout.of(self._lattice)

    @cached_property
    def _text(self) -> TextMap:
        return TextMap(self._layout, self._picture)

    @cached_property
    def _colours(self) -> Frame:
        return palette(self._picture)

    def _sheet(self, num_worlds: int) -> Sheet:
        if num_worlds not in self._sheets:
            self._sheets[num_worlds] = Sheet.of(self._layout, self._picture, self._colours, num_worlds)
        return self._sheets[num_worlds]

    def _draw(
        self, canvas: Frame, sheet: Sheet, corner: tuple[int, int], cells: Frame, values: Values, world: int
    ) -> None:
        """Draw one world: its cells, those that markers take whole, the seams, and shapes over them.

        Args:
            canvas: the picture, (height, width, 3).
            sheet: what is drawn where.
            corner: x and y of the world's map.
            cells: colour of every cell, (num_cells, 3); written to.
            values: a state of all worlds.
            world: which of them it is.
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


def _check(lattice: Lattice, picture: Picture, fields: Mapping[str, Field]) -> None:
    """Raise PictureError for a field that is not there or a cell that does not exist."""
    known = list(fields.values())
    for field in picture.shown:
        if field not in known:
            raise PictureError(
                f"a Picture shows {field!r}, which is not a field of these worlds; "
                f"{did_you_mean(field.name, fields)}"
            )
    for marker in picture.markers:
        strangers = [] if isinstance(marker.where, Field) else sorted(set(marker.where) - {-1})
        if strangers and not 0 <= strangers[0] <= strangers[-1] < lattice.num_cells:
            raise PictureError(
                f"the marker {marker.name!r} marks cells {strangers[0]} to {strangers[-1]}, but {lattice!r} "
                f"has cells 0 to {lattice.num_cells - 1}; -1 is nowhere."
            )
