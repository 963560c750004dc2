"""Square lattices."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.lattice.base import Edge, Lattice, check_edge, check_num_cells, check_side

__all__ = ["Square4"]

_STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1))


@dataclass(frozen=True, repr=False)
class Square4(Lattice):
    """Rows and columns of cells, each with neighbours to the north, south, west and east.

    A coordinate is (row, col), and a cell's rank row * cols + col. At the border there is no neighbour
    (``absorb``), or the cell is its own (``clamp``), or the cell at the other side is (``wrap``).

    Attributes:
        rows: number of rows, >= 1.
        cols: number of columns, >= 1.
        edge: what lies beyond the border, on all four sides.

    Raises:
        LatticeError: a side is not an integer >= 1, the edge is unknown, or there are 2**31 cells or more.
    """

    rows: int
    cols: int
    edge: Edge = "absorb"

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", check_side("Square4", "rows", self.rows))
        object.__setattr__(self, "cols", check_side("Square4", "cols", self.cols))
        check_edge("Square4", self.edge)
        check_num_cells(repr(self), self.rows * self.cols)

    def __repr__(self) -> str:
        return f'Square4({self.rows}, {self.cols}, edge="{self.edge}")'

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.rows, self.cols

    @property
    def ndim(self) -> int:
        """2: row and column."""
        return 2

    @property
    def directions(self) -> tuple[str, ...]:
        """From north (row - 1), south (row + 1), west (col - 1) to east (col + 1)."""
        return "north", "south", "west", "east"

    def rank(self, coordinates: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the ranks of coordinates (..., 2), -1 outside; see ``Lattice.rank``."""
        row, col = self._split(coordinates)
        inside = (row >= 0) & (row < self.rows) & (col >= 0) & (col < self.cols)
        return np.where(inside, np.where(inside, row, 0) * self.cols + col, -1)

    def distance(self, a: npt.ArrayLike, b: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the sum of the row and column distances, around the torus if it wraps."""
        return self._manhattan(a, b, self.shape if self.edge == "wrap" else (0, 0))

    def _coordinates(self) -> npt.NDArray[np.integer[Any]]:
        return np.stack(np.divmod(np.arange(self.num_cells), self.cols), axis=1)

    def _hop(self, direction: int) -> npt.NDArray[np.integer[Any]]:
        target = self.coordinates + np.array(_STEPS[direction])
        if self.edge == "wrap":
            target %= self.shape
        elif self.edge == "clamp":
            target = np.clip(target, 0, np.array(self.shape) - 1)
        return self.rank(target)
