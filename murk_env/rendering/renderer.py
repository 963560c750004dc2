"""The renderer: worlds as frames and as text, with all their pictures side by side."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from murk_env.errors import PictureError, did_you_mean
from murk_env.fields import Field
from murk_env.fields.values import Values
from murk_env.lattice import Lattice
from murk_env.rendering.colours import BACKGROUND
from murk_env.rendering.drawing import Drawing, Frame
from murk_env.rendering.layout import Layout
from murk_env.rendering.picture import Picture

__all__ = ["Frame", "Renderer"]

_ROOM = 480, 400  # pixels for one picture of one world, width and height
_ALBUM = 640, 480  # pixels for several pictures of one world
_MOSAIC = 960, 720  # pixels for several worlds
_BETWEEN = 24  # pixels between pictures, besides their own margins


class Renderer:
    """Draws worlds of one kind. Everything constant is computed at the first frame.

    Args:
        lattice: the topology of the worlds.
        picture: the picture to draw.
        fields: the fields of the worlds by name.

    Raises:
        PictureError: the picture shows a field that the worlds do not have, or a cell outside the lattice.
    """

    def __init__(self, lattice: Lattice, picture: Picture, fields: Mapping[str, Field]) -> None:
        for each in picture.all:
            _check(lattice, each, fields)
        self._lattice, self._pictures = lattice, picture.all
        self._columns: dict[int, int] = {}

    def frame(self, values: Values, world: int) -> Frame:
        """Return a picture of one world, (height, width, 3) uint8.

        Height and width are even, as video codecs require, and the same in every frame.

        Raises:
            MissingLibraryError: matplotlib or Pillow is not installed.
            PictureError: matplotlib does not know a colour or a colour map of the picture.
        """
        return self.mosaic(values, [world])

    def mosaic(self, values: Values, worlds: Sequence[int]) -> Frame:
        """Return a picture of some worlds side by side, with one legend and one range for all.

        If the picture has others beside it, each of them shows all these worlds.

        Args:
            values: the values of all worlds.
            worlds: the worlds to draw, one or more, from left to right and from top to bottom.

        Returns:
            (height, width, 3) uint8, both even.

        Raises:
            MissingLibraryError, PictureError: as for `frame`.
        """
        columns = self._columns_for(len(worlds))
        room = self._room(len(worlds), columns)
        frames = [drawing.mosaic(values, worlds, room) for drawing in self._drawings]
        rows = [frames[start : start + columns] for start in range(0, len(frames), columns)]
        return _below([_beside(row) for row in rows])

    def text(self, values: Values, world: int) -> str:
        """Return one world as text, for each picture a character for every cell and a legend below."""
        return "\n\n".join(drawing.text(values, world) for drawing in self._drawings)

    @cached_property
    def _drawings(self) -> list[Drawing]:
        layout = Layout.of(self._lattice)
        return [Drawing(layout, picture) for picture in self._pictures]

    def _columns_for(self, num_worlds: int) -> int:
        """Return the number of pictures in a row at which the cells are largest."""
        if num_worlds not in self._columns:
            choices = range(len(self._pictures), 0, -1)
            first = self._drawings[0]
            self._columns[num_worlds] = max(
                choices, key=lambda columns: first.spacing(num_worlds, self._room(num_worlds, columns))
            )
        return self._columns[num_worlds]

    def _room(self, num_worlds: int, columns: int) -> tuple[int, int]:
        """Return the width and height available for one picture, in pixels."""
        number = len(self._pictures)
        width, height = _MOSAIC if num_worlds > 1 else _ALBUM if number > 1 else _ROOM
        return (width + _BETWEEN) // columns - _BETWEEN, height // math.ceil(number / columns)


def _beside(frames: Sequence[Frame]) -> Frame:
    """Return frames from left to right with gaps between, as high as the highest."""
    height = max(len(frame) for frame in frames)
    padded = [_padded(frame, height - len(frame), _BETWEEN) for frame in frames[:-1]]
    return np.concatenate([*padded, _padded(frames[-1], height - len(frames[-1]), 0)], axis=1)


def _below(frames: Sequence[Frame]) -> Frame:
    """Return frames from top to bottom, as wide as the widest."""
    width = max(frame.shape[1] for frame in frames)
    return np.concatenate([_padded(frame, 0, width - frame.shape[1]) for frame in frames])


def _padded(frame: Frame, below: int, right: int) -> Frame:
    """Return a frame padded with background."""
    return np.pad(frame, [(0, below), (0, right), (0, 0)], constant_values=BACKGROUND[0])


def _check(lattice: Lattice, picture: Picture, fields: Mapping[str, Field]) -> None:
    """Raise PictureError for an unknown field or a cell that does not exist."""
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
