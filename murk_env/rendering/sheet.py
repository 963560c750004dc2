"""Sheets: the constant parts of a picture of a given number of worlds, computed once."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from murk_env.rendering.colours import BACKGROUND, FRAME, colour, seam
from murk_env.rendering.layout import Layout
from murk_env.rendering.legend import Legend, text_width, write
from murk_env.rendering.marker import Marker
from murk_env.rendering.picture import Picture
from murk_env.rendering.raster import CAPTION, Raster
from murk_env.rendering.stamps import Stamp

__all__ = ["Sheet", "map_colours"]

_MARGIN = 8  # pixels around the map, and between the worlds of a mosaic
_WIDE_MARGIN = 32  # pixels between worlds with several panels, whose gaps are 8
_LARGEST = 480, 400  # largest width and height of a world in a mosaic, in pixels
_SMALLEST_CELL = 4  # pixels between cells
_NARROWEST = 200  # least width of a sheet in pixels

Canvas = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Sheet:
    """An empty picture with a place for every world, and the constant parts to draw on it.

    Attributes:
        raster: the cell that every pixel of a world's map shows.
        rows: the rows of a map that contain cells, (num_rows,); the others contain captions.
        index: for the pixels of those rows, their index into `map_colours`, (num_rows, width).
        corners: x and y of the upper left corner of every world's map.
        paper: the empty picture, (height, width, 3), both even.
        legend: the strip below.
        below: y of the legend's first line.
        stamps: the shape of every marker that has one.
        fills: the colour of every marker that fills the whole cell.
    """

    raster: Raster
    rows: npt.NDArray[np.intp]
    index: npt.NDArray[np.intp]
    corners: tuple[tuple[int, int], ...]
    paper: Canvas
    legend: Legend
    below: int
    stamps: dict[Marker, Stamp]
    fills: dict[Marker, tuple[int, int, int]]

    @classmethod
    def of(
        cls, layout: Layout, picture: Picture, colours: Canvas, num_worlds: int, room: tuple[int, int]
    ) -> "Sheet":
        """Return the sheet for a number of worlds, which share `room`: width and height in pixels."""
        gap = _MARGIN if layout.num_panels == 1 else _WIDE_MARGIN
        columns, raster = _arranged(layout, num_worlds, room, gap)
        height, width = raster.table.shape
        inner = columns * (width + gap) - gap
        legend = Legend(
            picture,
            colours,
            width=max(inner, _NARROWEST - 2 * _MARGIN),
            with_figures=num_worlds == 1,
        )
        left = _MARGIN + (legend.width - inner) // 2
        corners = tuple(
            (left + index % columns * (width + gap), _MARGIN + index // columns * (height + gap))
            for index in range(num_worlds)
        )
        below = corners[-1][1] + height + _MARGIN // 2
        size = below + legend.height + _MARGIN // 2, legend.width + 2 * _MARGIN
        paper = np.full((size[0] + size[0] % 2, size[1] + size[1] % 2, 3), BACKGROUND, np.uint8)
        for corner in corners:
            _draw_frame(paper, raster, corner)
        _write_captions(paper, raster, corners)
        rows = np.flatnonzero((raster.table >= 0).any(axis=1))
        shapes = [marker for marker in picture.markers if marker.look.shape != "fill"]
        whole = [marker for marker in picture.markers if marker.look.shape == "fill"]
        x, y = (raster.centres[0] % 1.0).tolist()
        return cls(
            raster=raster,
            rows=rows,
            index=_colour_index(raster)[rows],
            corners=corners,
            paper=paper,
            legend=legend,
            below=below,
            stamps={marker: Stamp(marker.look, raster.spacing, (x, y)) for marker in shapes},
            fills={marker: colour(marker.look.colour) for marker in whole},
        )


def map_colours(cells: Canvas) -> Canvas:
    """Return all colours of a map, (2 num_cells + 2, 3): cells, their seams, background and frame."""
    return np.concatenate([cells, seam(cells), np.array([BACKGROUND, FRAME], np.uint8)])


def _colour_index(raster: Raster) -> npt.NDArray[np.intp]:
    """Return the index of every pixel of a map into `map_colours`, (height, width)."""
    num_cells = len(raster.centres)
    around = 2 * num_cells + raster.frame[1:-1, 1:-1]
    return np.where(raster.table >= 0, raster.table + num_cells * raster.seams, around).astype(np.intp)


def _arranged(layout: Layout, num_worlds: int, room: tuple[int, int], gap: int) -> tuple[int, Raster]:
    """Return the number of worlds in a row, and the raster of each."""
    if num_worlds == 1:
        return 1, Raster.fit(layout, *room, _SMALLEST_CELL)
    columns = math.ceil(math.sqrt(num_worlds))
    rows = math.ceil(num_worlds / columns)
    width = min(_LARGEST[0], (room[0] + gap) // columns - gap)
    height = min(_LARGEST[1], (room[1] + gap) // rows - gap)
    return columns, Raster.fit(layout, max(1, width), max(1, height), 1)


def _draw_frame(paper: Canvas, raster: Raster, corner: tuple[int, int]) -> None:
    """Draw the line around the cells of one map."""
    (left, top), (height, width) = corner, raster.frame.shape
    paper[top - 1 : top - 1 + height, left - 1 : left - 1 + width][raster.frame] = FRAME


def _write_captions(paper: Canvas, raster: Raster, corners: tuple[tuple[int, int], ...]) -> None:
    """Number the panels of every map if there are several, with "layer" if that fits."""
    texts = [f"layer {panel}" for panel in range(len(raster.captions))]
    if any(text_width(text) > raster.panel_width for text in texts):
        texts = [str(panel) for panel in range(len(raster.captions))]
    for left, top in corners:
        for text, (x, y) in zip(texts, raster.captions.tolist(), strict=True):
            spare = raster.panel_width - text_width(text)
            if spare >= 0:
                write(paper, left + x + spare // 2, top + y, text, line=CAPTION)
