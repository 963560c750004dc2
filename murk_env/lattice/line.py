"""Lattices of one axis."""

from dataclasses import KW_ONLY, dataclass, field

import numpy as np
import numpy.typing as npt

from murk_env.lattice._kernels import hops_in_box
from murk_env.lattice.grid import Edge, Grid
from murk_env.lattice.spacing import Spacing

__all__ = ["Line1D", "Ring1D"]


class _Line(Grid):
    """Cells in a row, with any kind of ends."""

    length: int

    @property
    def box(self) -> tuple[int]:
        """(length,)."""
        return (self.length,)

    @property
    def directions(self) -> tuple[str, ...]:
        """West (x - 1) and east (x + 1)."""
        return "west", "east"

    @property
    def steps(self) -> tuple[tuple[int, ...], ...]:
        """The step that a hop in each direction adds to x."""
        return (-1,), (1,)

    def _hops(self, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return hops_in_box(a, b, self.coordinates, self.periods, 1)


@dataclass(frozen=True, repr=False)
class Line1D(_Line):
    """Cells in a row, each with neighbours to the west and to the east.

    A coordinate is (x,), which is also the cell's rank and its position.

    Attributes:
        length: number of cells, >= 1.
        edge: the neighbour beyond either end: none (``absorb``), the end cell itself (``clamp``), or the cell
            at the other end (``wrap``).
        spacing: distance of neighbouring cells, > 0.
        unit: the unit of positions.

    Raises:
        LatticeError: the length is not an integer >= 1, or above 2**31 - 1, or the edge is unknown.
    """

    length: int
    edge: Edge = "absorb"
    _: KW_ONLY
    spacing: Spacing = 1.0
    unit: str = ""


@dataclass(frozen=True, repr=False)
class Ring1D(_Line):
    """Cells in a ring, each with neighbours to the west and to the east.

    A coordinate is (x,), which is also the cell's rank and its position along the ring. On a ring of two
    cells the other one is a neighbour twice; on a ring of one, the cell itself.

    Attributes:
        length: number of cells, >= 1.
        edge: "wrap", always.
        spacing: distance of neighbouring cells, > 0.
        unit: the unit of positions.

    Raises:
        LatticeError: the length is not an integer >= 1, or above 2**31 - 1.
    """

    length: int
    edge: Edge = field(init=False, default="wrap")
    _: KW_ONLY
    spacing: Spacing = 1.0
    unit: str = ""
