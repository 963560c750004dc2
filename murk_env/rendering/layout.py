"""The places of a lattice's cells in a picture: in one plane, or in several side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from murk_env.lattice import Lattice, Product

__all__ = ["Layout"]

_TOLERANCE = 6  # decimals to which positions are compared


@dataclass(frozen=True, eq=False)
class Layout:
    """Every cell's panel and its place in that panel.

    A panel is a plane of the lattice. A product shows its first planar part, with one panel for every cell of
    the other parts; other lattices of three or more dimensions show x and y, with one panel for each layer; a
    line is a strip.

    Attributes:
        panels: the panel of every cell, (num_cells,).
        places: every cell's place in its panel, (num_cells, 2); x to the right, y down, and the nearest
            neighbours 1 apart.
        reach: displacements to the cells around one, (num_ways, 2): the cell's sides bisect them.
    """

    panels: npt.NDArray[np.intp]
    places: npt.NDArray[np.float64]
    reach: npt.NDArray[np.float64]

    @classmethod
    def of(cls, lattice: Lattice) -> "Layout":
        """Return the layout of a lattice."""
        axes = plane_axes(lattice)
        unit = lattice.scale.copy()
        unit[axes] = unit[axes].min()
        positions, hops = lattice.positions / unit, lattice.displacements / unit
        rest = [axis for axis in range(positions.shape[1]) if axis not in axes]
        panels = np.zeros(lattice.num_cells, np.intp)
        if rest:
            layers = np.round(positions[:, rest], _TOLERANCE)
            panels = np.unique(layers, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
        within = hops[(np.abs(hops[:, rest]) < 10.0**-_TOLERANCE).all(axis=1)][:, axes]
        if len(axes) == 1:
            return _strip(positions[:, 0], within)
        places = positions[:, axes]
        reach = _reach(np.concatenate([within, _around_the_middle(panels, places)]))
        spacing = np.linalg.norm(reach, axis=1).min()
        return cls(panels, (places - places.min(axis=0)) / spacing, reach / spacing)

    @property
    def num_panels(self) -> int:
        """Number of panels."""
        return int(self.panels.max()) + 1


def plane_axes(lattice: Lattice) -> list[int]:
    """Return the axes of the positions that are drawn as x and y; only x for a line."""
    sizes = [part.positions.shape[1] for part in _leaves(lattice)]
    starts = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    in_a_plane = [start for start, size in zip(starts, sizes, strict=False) if size == 2]
    in_space = [start for start, size in zip(starts, sizes, strict=False) if size > 2]
    first = [*in_a_plane, *in_space, 0][0]
    return [first, first + 1][: sum(sizes)]


def _leaves(lattice: Lattice) -> Iterator[Lattice]:
    """Yield the parts of a product, recursively; for any other lattice, itself."""
    if isinstance(lattice, Product):
        for part in lattice.lattices:
            yield from _leaves(part)
    else:
        yield lattice


def _strip(x: npt.NDArray[np.float64], hops: npt.NDArray[np.float64]) -> Layout:
    """Return a line as a strip, an eighth as high as it is long."""
    lengths = np.abs(hops[:, 0])
    spacing = lengths[lengths > 0].min(initial=np.inf)
    spacing = spacing if np.isfinite(spacing) else 1.0
    places = np.stack([(x - x.min()) / spacing, np.zeros_like(x)], axis=1)
    height = max(1.0, round(float(places[:, 0].max()) / 8))
    reach = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, height], [0.0, -height]])
    return Layout(np.zeros(len(x), np.intp), places, reach)


def _around_the_middle(
    panels: npt.NDArray[np.intp], places: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the displacements from the middle cell of the middle panel to the nearest cells, (num, 2).

    They bound a cell if no hop stays within its plane, or if hops lead past the next cell.
    """
    inside = places[panels == panels.max() // 2]
    middle = np.argmin(np.linalg.norm(inside - inside.mean(axis=0), axis=1))
    ways = inside - inside[middle]
    return ways[np.argsort(np.linalg.norm(ways, axis=1), kind="stable")[1:25]]


def _reach(ways: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the displacements and their opposites, each once; a single cell or row gets square cells."""
    around = np.concatenate([ways, -ways])
    around = around[np.unique(np.round(around, _TOLERANCE) + 0.0, axis=0, return_index=True)[1]]  # no -0.0
    around = around[np.linalg.norm(around, axis=1) > 10.0**-_TOLERANCE]
    if not len(around):
        around = np.array([[1.0, 0.0], [-1.0, 0.0]])
    if np.linalg.matrix_rank(around) < 2:
        nearest = around[np.linalg.norm(around, axis=1).argmin()]
        across = np.array([-nearest[1], nearest[0]])
        around = np.concatenate([around, [across, -across]])
    return around
