"""Sheets: what all pictures of some number of worlds have in common, made once."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from murk_env.rendering.colours import BACKGROUND, colour, seam
from murk_env.rendering.layout import Layout
from murk_env.rendering.legend import Legend, text_width, write
from murk_env.rendering.picture import Marker, Picture
from murk_env.rendering.raster import CAPTION, Raster
from murk_env.rendering.stamps import Stamp

__all__ = ["Sheet", "map_colours"]

_MARGIN = 8  # pixels around the map, and between the worlds of a mosaic
_ROOM = 480, 400  # pixels for one world, width and height
_MOSAIC = 960, 720  # pixels for several
_SMALLEST_CELL = 4  # pixels from cell to cell
_NARROWEST = 200  # pixels

Canvas = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Paper with a place for every world, and what is put onto it.

    Attributes:
        raster: which cell every pixel of a world's map shows.
        rows: the rows of a map in which there are cells, (num_rows,); captions stand in the others.
        index: which colour of `map_colours` the pixels of those rows have, (num_rows, width).
        corners: x and y of the upper left corner of every world's map.
        paper: the empty picture, (height, width, 3), both even.
        legend: the strip below.
        below: y of the legend's first line.
        stamps: the shape of every marker that has one.
        fills: the colour of every marker that takes the whole cell.
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
    def of(cls, layout: Layout, picture: Picture, colours: Canvas, num_worlds: int) -> "Sheet":
        """Return the sheet for a number of worlds: one has the room of a frame, several that of a mosaic."""
        columns, raster = _arranged(layout, num_worlds)
        height, width = raster.table.shape
        inner = columns * (width + _MARGIN) - _MARGIN
        legend = Legend(picture, colours, width=max(inner, _NARROWEST - 2 * _MARGIN))
        left = _MARGIN + (legend.width - inner) // 2
        corners = tuple(
            (left + index % columns * (width + _MARGIN), _MARGIN + index // columns * (height + _MARGIN))
            for index in range(num_worlds)
        )
        below = corners[-1][1] + height + _MARGIN // 2
        size = below + legend.height + _MARGIN // 2, legend.width + 2 * _MARGIN
        paper = np.full((size[0] + size[0] % 2, size[1] + size[1] % 2, 3), BACKGROUND, np.uint8)
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
    """Return all colours of a map, (2 num_cells + 1, 3): the cells', their seams' and the background."""
    return np.concatenate([cells, seam(cells), np.array([BACKGROUND], np.uint8)])


def _colour_index(raster: Raster) -> npt.NDArray[np.intp]:
    """Return which of `map_colours` every pixel of a map has, (height, width)."""
    num_cells = len(raster.centres)
    index = raster.table + num_cells * raster.seams
    return np.where(raster.table >= 0, index, 2 * num_cells).astype(np.intp)


def _arranged(layout: Layout, num_worlds: int) -> tuple[int, Raster]:
    """Return how many worlds stand in a row, and the raster of each."""
    if num_worlds == 1:
        return 1, Raster.fit(layout, *_ROOM, _SMALLEST_CELL)
    columns = math.ceil(math.sqrt(num_worlds))
    rows = math.ceil(num_worlds / columns)
    width = min(_ROOM[0], (_MOSAIC[0] + _MARGIN) // columns - _MARGIN)
    height = min(_ROOM[1], (_MOSAIC[1] + _MARGIN) // rows - _MARGIN)
    return columns, Raster.fit(layout, max(1, width), max(1, height), 1)


def _write_captions(paper: Canvas, raster: Raster, corners: tuple[tuple[int, int], ...]) -> None:
    """Number the panels of every map, where there are several and the number fits below."""
    texts = [f"layer {panel}" for panel in range(len(raster.captions))]
    if any(text_width(text) > raster.panel_width for text in texts):
        texts = [str(panel) for panel in range(len(raster.captions))]
    for left, top in corners:
        for text, (x, y) in zip(texts, raster.captions.tolist(), strict=True):
            spare = raster.panel_width - text_width(text)
            if spare >= 0:
                write(paper, left + x + spare // 2, top + y, text, line=CAPTION)
