"""The lattice of hexagons."""

import math
from dataclasses import KW_ONLY, dataclass

import numpy as np
import numpy.typing as npt

from murk_env.lattice._kernels import hops_on_hexagons
from murk_env.lattice.grid import Edge, Grid
from murk_env.lattice.spacing import Spacing

__all__ = ["Hex2D"]

_STEPS = {
    "east": (1, 0),
    "northeast": (1, -1),
    "northwest": (0, -1),
    "west": (-1, 0),
    "southwest": (-1, 1),
    "southeast": (0, 1),
}


@dataclass(frozen=True, repr=False)
class Hex2D(Grid):
    """A parallelogram of hexagons, each with six neighbours.

    A coordinate is axial, (q, r) with 0 <= q < cols and 0 <= r < rows; a cell's rank is r * cols + q, and its
    position (x, y) = (q + r / 2, r * sqrt(3) / 2), so that neighbours are 1 apart. A hop across the border
    finds no neighbour (``absorb``), or q and r wrap separately (``wrap``), which makes a torus. There is no
    ``clamp``: a coordinate held at the border would change the direction of the hop. The distance is
    max(|dq|, |dr|, |dq + dr|), on a torus to the nearest image.

    Attributes:
        cols: number of cells along q, >= 1; given first, as q is the first coordinate.
        rows: number of cells along r, >= 1.
        edge: the border, "absorb" or "wrap".
        spacing: distance of neighbouring cells, > 0.
        unit: the unit of positions.

    Raises:
        LatticeError: a side is not an integer >= 1, the edge is unknown, or there are 2**31 cells or more.
    """

    cols: int
    rows: int
    edge: Edge = "absorb"
    _: KW_ONLY
    spacing: Spacing = 1.0
    unit: str = ""

    @property
    def box(self) -> tuple[int, int]:
        """(cols, rows), as q comes before r."""
        return self.cols, self.rows

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.rows, self.cols

    @property
    def directions(self) -> tuple[str, ...]:
        """Counter-clockwise from east (q + 1), with r growing to the southeast."""
        return tuple(_STEPS)

    @property
    def steps(self) -> tuple[tuple[int, ...], ...]:
        """The step that a hop in each direction adds to (q, r)."""
        return tuple(_STEPS.values())

    @property
    def _edges(self) -> tuple[str, ...]:
        return "absorb", "wrap"

    @property
    def _strides(self) -> tuple[int, ...]:
        return 1, self.cols

    @property
    def basis(self) -> tuple[tuple[float, ...], ...]:
        """The Cartesian vectors of q + 1 and of r + 1."""
        return (1.0, 0.0), (0.5, math.sqrt(3.0) / 2.0)

    def _hops(self, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return hops_on_hexagons(a, b, self.coordinates, self.periods)
