"""The face-centred cubic lattice."""

import math
from dataclasses import KW_ONLY, dataclass

import numpy as np
import numpy.typing as npt

from murk_env.errors import LatticeError
from murk_env.lattice._kernels import hops_in_box
from murk_env.lattice.grid import Edge, Grid
from murk_env.lattice.spacing import Spacing

__all__ = ["Fcc12"]

_STEPS = {
    "+x+y": (1, 1, 0),
    "-x+y": (-1, 1, 0),
    "+x-y": (1, -1, 0),
    "-x-y": (-1, -1, 0),
    "+x+z": (1, 0, 1),
    "-x+z": (-1, 0, 1),
    "+x-z": (1, 0, -1),
    "-x-z": (-1, 0, -1),
    "+y+z": (0, 1, 1),
    "-y+z": (0, -1, 1),
    "+y-z": (0, 1, -1),
    "-y-z": (0, -1, -1),
}
_HALF = 1.0 / math.sqrt(2.0)


@dataclass(frozen=True, repr=False)
class Fcc12(Grid):
    """Close-packed spheres in cubic order, each touching twelve others.

    The cells are the points (x, y, z) within width, height and depth whose sum is even, numbered along x,
    then y, then z. A cell's position is its coordinate divided by sqrt(2), so that neighbours are 1 apart. A
    hop across the border finds no neighbour (``absorb``, and ``clamp`` too, because a coordinate held at the
    border would not be a cell), or wraps around (``wrap``, for even sides). The distance is
    max(|dx|, |dy|, |dz|, (|dx| + |dy| + |dz|) / 2).

    Attributes:
        width: extent along x, >= 1.
        height: extent along y, >= 1.
        depth: extent along z, >= 1.
        edge: the border on all six sides: "absorb", "clamp" or "wrap".
        spacing: distance of neighbouring cells, > 0.
        unit: the unit of positions.

    Raises:
        LatticeError: a side is not an integer >= 1, the edge is unknown, there are 2**31 cells or more, a
            side is odd on a lattice that wraps, or the cells have no neighbours because two sides are 1.
    """

    width: int
    height: int
    depth: int
    edge: Edge = "absorb"
    _: KW_ONLY
    spacing: Spacing = 1.0
    unit: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        odd = [side for side in self.box if side % 2]
        if self.edge == "wrap" and odd:
            raise LatticeError(
                f"{self!r} cannot wrap around a side of {odd[0]}: x + y + z is even in every cell, and would "
                "be odd after going around; make all sides even"
            )
        if sorted(self.box)[1] == 1 and self.num_cells > 1:
            raise LatticeError(
                f"{self!r} has {self.num_cells} cells without a neighbour, because a hop changes two of "
                "x, y and z; make at least two sides 2 or more"
            )

    @property
    def box(self) -> tuple[int, int, int]:
        """(width, height, depth); every second point of it is a cell."""
        return self.width, self.height, self.depth

    @property
    def shape(self) -> tuple[int]:
        """(num_cells,), because rows differ in length."""
        return (self.num_cells,)

    @property
    def num_cells(self) -> int:
        """Half the points of the box, rounded up."""
        return (super().num_cells + 1) // 2

    @property
    def directions(self) -> tuple[str, ...]:
        """The twelve sums of two steps along different axes."""
        return tuple(_STEPS)

    @property
    def steps(self) -> tuple[tuple[int, ...], ...]:
        """What a hop in each direction adds to (x, y, z)."""
        return tuple(_STEPS.values())

    def rank(self, coordinates: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the ranks of coordinates (..., 3), -1 where there is no cell; see ``Lattice.rank``.

        Counted along x, then y, then z, exactly one of the points 2 n and 2 n + 1 of the box is a cell, the
        nth.
        """
        array, inside = self._placed(coordinates)
        cell = inside & (array.sum(axis=-1) % 2 == 0)
        return np.where(cell, (array * np.array(self._strides)).sum(axis=-1) // 2, -1)

    @property
    def _strides(self) -> tuple[int, ...]:
        return 1, self.width, self.width * self.height

    @property
    def basis(self) -> tuple[tuple[float, ...], ...]:
        """1 / sqrt(2) along each axis."""
        return (_HALF, 0.0, 0.0), (0.0, _HALF, 0.0), (0.0, 0.0, _HALF)

    def _coordinates(self) -> npt.NDArray[np.int64]:
        place = 2 * np.arange(self.num_cells)
        odd = self._in_box(place).sum(axis=-1) % 2
        return self._in_box(place + odd)

    def _hop(self, direction: int) -> npt.NDArray[np.int64]:
        return self.shifted(np.arange(self.num_cells), self.steps[direction])

    def _hops(self, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return hops_in_box(a, b, self.coordinates, self.periods, 2)
