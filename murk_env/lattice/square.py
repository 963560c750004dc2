"""Square lattices."""

from dataclasses import KW_ONLY, dataclass

import numpy as np
import numpy.typing as npt

from murk_env.lattice._kernels import hops_in_box
from murk_env.lattice.grid import Edge, Grid
from murk_env.lattice.spacing import Spacing

__all__ = ["Square4", "Square8"]

_STRAIGHT = {"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)}
_DIAGONAL = {"northwest": (-1, -1), "northeast": (-1, 1), "southwest": (1, -1), "southeast": (1, 1)}
_ALL = _STRAIGHT | _DIAGONAL


@dataclass(frozen=True, repr=False)
class _Square(Grid):
    """Rows and columns of cells."""

    rows: int
    cols: int
    edge: Edge = "absorb"
    _: KW_ONLY
    spacing: Spacing = 1.0
    unit: str = ""

    @property
    def box(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.rows, self.cols


@dataclass(frozen=True, repr=False)
class Square4(_Square):
    """Rows and columns of cells, each with neighbours to the north, south, west and east.

    A coordinate is (row, col), a cell's rank row * cols + col, and its position (x, y) = (col, row). Beyond
    the border there is no neighbour (``absorb``), the cell is its own neighbour (``clamp``), or the neighbour
    is the cell on the other side (``wrap``). The distance is the sum over rows and columns.

    Attributes:
        rows: number of rows, >= 1.
        cols: number of columns, >= 1.
        edge: the border on all four sides: "absorb", "clamp" or "wrap".
        spacing: distance of neighbouring cells, > 0: a number, or (between rows, between columns).
        unit: the unit of positions.

    Raises:
        LatticeError: a side is not an integer >= 1, the edge is unknown, or there are 2**31 cells or more.
    """

    @property
    def directions(self) -> tuple[str, ...]:
        """From north (row - 1), south (row + 1), west (col - 1) to east (col + 1)."""
        return tuple(_STRAIGHT)

    @property
    def steps(self) -> tuple[tuple[int, ...], ...]:
        """The step that a hop in each direction adds to (row, col)."""
        return tuple(_STRAIGHT.values())

    def _hops(self, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return hops_in_box(a, b, self.coordinates, self.periods, 1)


@dataclass(frozen=True, repr=False)
class Square8(_Square):
    """Rows and columns of cells, each with neighbours on all four sides and at all four corners.

    A coordinate is (row, col), a cell's rank row * cols + col, and its position (x, y) = (col, row). A hop
    across the border finds no neighbour (``absorb``), row and column are each held at the border, so that a
    corner cell is its own neighbour three times (``clamp``), or they wrap around (``wrap``). The distance is
    the larger of rows and columns.

    Attributes:
        rows: number of rows, >= 1.
        cols: number of columns, >= 1.
        edge: the border on all four sides: "absorb", "clamp" or "wrap".
        spacing: distance of neighbouring cells, > 0: a number, or (between rows, between columns).
        unit: the unit of positions.

    Raises:
        LatticeError: a side is not an integer >= 1, the edge is unknown, or there are 2**31 cells or more.
    """

    @property
    def directions(self) -> tuple[str, ...]:
        """The four of Square4, then northwest, northeast, southwest and southeast."""
        return tuple(_ALL)

    @property
    def steps(self) -> tuple[tuple[int, ...], ...]:
        """The step that a hop in each direction adds to (row, col)."""
        return tuple(_ALL.values())

    def _laplacian(self) -> npt.NDArray[np.float64] | None:
        """Weight the differences so that values spread from a cell equally far along both axes."""
        between_rows, between_cols = self.lengths
        oblique = 1.0 / max(self.lengths) ** 2
        if between_rows == between_cols:
            return np.full(len(_ALL), oblique)
        straight = [3.0 / length**2 - 2.0 * oblique for length in self.lengths]
        return np.array([*[straight[0]] * 2, *[straight[1]] * 2, *[oblique] * 4])

    def _hops(self, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return hops_in_box(a, b, self.coordinates, self.periods, 2)
