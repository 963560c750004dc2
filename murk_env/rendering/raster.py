"""Rasters: tables of the cell that each pixel shows."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from murk_env.rendering.layout import Layout

__all__ = ["CAPTION", "Raster"]

_LARGEST = 64  # largest distance between cells in pixels, for a tiny lattice
_GAP = 8  # pixels between panels
CAPTION = 16  # pixels for the line below each of several panels
_SEAMS_FROM = 10.0  # pixels between cells from which on seams are drawn


@dataclass(frozen=True, eq=False)
class Raster:
    """A pixel-to-cell table, computed once.

    Every cell is the same tile of pixels, those nearer to its centre than to any other; where tiles overlap,
    the nearest centre wins. On regular lattices the tiles fit together exactly.

    Attributes:
        table: the cell that every pixel shows, (height, width) int32, -1 for none.
        centres: x and y of the centre of every cell, (num_cells, 2) pixels from the upper left corner.
        spacing: pixels from a cell to the next.
        captions: x and y of the beginning of each panel's caption, (num_panels, 2); empty for one panel.
        panel_width: width available for a caption in pixels.
    """

    table: npt.NDArray[np.int32]
    centres: npt.NDArray[np.float64]
    spacing: float
    captions: npt.NDArray[np.int64]
    panel_width: int

    @classmethod
    def fit(cls, layout: Layout, width: int, height: int, smallest: int) -> "Raster":
        """Return a raster that fits approximately into a given size.

        Args:
            layout: the places of the cells.
            width: available width in pixels.
            height: available height in pixels.
            smallest: least distance between cells in pixels; it is undercut only on a lattice that would
                otherwise exceed the room by more than a third.
        """
        extent = np.ptp(layout.places, axis=0) + np.array([1.0, max(1.15, np.abs(layout.reach[:, 1]).max())])
        columns, scale = _arrangement(layout.num_panels, extent, width, height)
        if scale < smallest:
            roomy = scale * 4 / 3 >= smallest
            scale = smallest if roomy else max(1, math.ceil(scale))
        return cls.at(layout, int(min(scale, _LARGEST)), columns)

    @classmethod
    def at(cls, layout: Layout, scale: int, columns: int) -> "Raster":
        """Return the raster at a scale.

        Args:
            layout: the places of the cells.
            scale: approximate pixels between cells; rounded so that every cell lies on whole pixels.
            columns: number of panels in a row.
        """
        pitch, unit = _pitch(layout, scale)
        centres = np.rint(layout.places / unit * pitch).astype(np.int64)
        reach = np.rint(layout.reach / unit * pitch).astype(np.int64)
        tile = _tile(reach)
        low, high = tile.min(axis=0), tile.max(axis=0) + 1
        size = centres.max(axis=0) + high - low  # of one panel
        room = size + (0 if layout.num_panels == 1 else np.array([0, CAPTION])) + _GAP
        places = np.arange(layout.num_panels)
        corners = np.stack([places % columns, places // columns], axis=1) * room
        centres = centres - low + corners[layout.panels]
        across, down = corners.max(axis=0) + room - _GAP
        table = np.full((down, across), -1, np.int32)
        for x, y in tile.tolist():
            table[centres[:, 1] + y, centres[:, 0] + x] = np.arange(len(centres))
        captions = corners + np.array([0, size[1]]) if layout.num_panels > 1 else corners[:0]
        spacing = float(np.linalg.norm(reach[np.abs(reach).any(axis=1)], axis=1).min())
        return cls(table, centres + (low + high) / 2, spacing, captions, int(size[0]))

    @property
    def seams(self) -> npt.NDArray[np.bool_]:
        """Mask of the pixels left of or above another cell, (height, width); none if cells are small."""
        found = np.zeros(self.table.shape, np.bool_)
        if self.spacing >= _SEAMS_FROM:
            found[:, :-1] |= (self.table[:, :-1] != self.table[:, 1:]) & (self.table[:, 1:] >= 0)
            found[:-1] |= (self.table[:-1] != self.table[1:]) & (self.table[1:] >= 0)
        return found & (self.table >= 0)

    @property
    def frame(self) -> npt.NDArray[np.bool_]:
        """Mask of the pixels just outside the cells, (height + 2, width + 2): one more on every side."""
        cells = np.pad(self.table >= 0, 1)
        around = cells.copy()
        around[1:] |= cells[:-1]
        around[:-1] |= cells[1:]
        around[:, 1:] |= cells[:, :-1]
        around[:, :-1] |= cells[:, 1:]
        return around & ~cells


def _arrangement(
    num_panels: int, extent: npt.NDArray[np.float64], width: int, height: int
) -> tuple[int, float]:
    """Return the number of panels in a row at which cells are largest, and the pixels between cells then."""
    caption = 0 if num_panels == 1 else CAPTION
    best = (0.0, 1)
    for columns in range(1, num_panels + 1):
        rows = math.ceil(num_panels / columns)
        across = (width - _GAP * (columns - 1)) / (columns * extent[0])
        down = (height - (_GAP + caption) * (rows - 1) - caption) / (rows * extent[1])
        best = max(best, (min(float(across), float(down)), columns))
    scale = max(best[0], 1.0)
    return best[1], scale if scale < 4 else math.floor(scale)


def _pitch(layout: Layout, scale: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the pixels per unit along x and y, and the units, of which all places are multiples."""
    values = np.abs(np.concatenate([layout.places, layout.reach, np.zeros((1, 2))]))
    units, pitches, per_unit = np.ones(2), np.full(2, float(scale)), float(scale)
    for axis in range(2):
        steps = np.diff(np.unique(values[:, axis]))
        unit = float(steps[steps > 1e-4].min(initial=1.0))
        multiples = values[:, axis] / unit
        if unit > 0.4 and np.allclose(multiples, np.rint(multiples), atol=1e-4):
            units[axis], pitches[axis] = unit, max(1, math.ceil(unit * per_unit - 0.5))  # halves go down
            per_unit = pitches[axis] / unit  # so that y is stretched like x
    return pitches, units


def _tile(reach: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the pixels of a cell relative to its centre, (num_pixels, 2), the farthest first.

    A pixel equally near to two cells belongs to the one further left, or above, so that tiles neither overlap
    nor leave gaps.
    """
    radius = int(np.abs(reach).max())
    side = np.arange(-radius, radius + 1)
    pixels = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    inside = np.ones(len(pixels), np.bool_)
    for way in reach[np.abs(reach).any(axis=1)]:
        twice, square = 2 * pixels @ way, int(way @ way)
        later = tuple(way.tolist()) > (0, 0)
        inside &= (twice < square) | ((twice == square) & later)
    pixels = pixels[inside]
    return pixels[np.argsort(-(pixels**2).sum(axis=1), kind="stable")]
