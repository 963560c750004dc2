"""The tables of windows: cells that see the same are found from the borders, not from every cell."""

import gc
import weakref
from dataclasses import dataclass

import numpy as np
import pytest

from murk_env.lattice import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8
from murk_env.observation import _likeness
from murk_env.observation.region import disk, rectangle
from tests.env.lattice.own import Rooms
from tests.env.observation.scenes import EDGES, shown_by_walking


@dataclass(frozen=True, repr=False)
class Walled(Square4):
    """Squares with a wall of one side between two cells in the middle."""

    def _hop(self, direction):
        hops = np.array(super()._hop(direction))
        one = self.rank([[4, 4]])[0]
        for here, there in ((one, one + 1), (one + 1, one)):
            if hops[here] == there:
                hops[here] = -1
        return hops

    def _hops(self, a, b):
        return Lattice._hops(self, a, b)  # by walking: no formula knows of the wall


@dataclass(frozen=True)
class Winding(Lattice):
    """A path that goes along the rows of a box, forth and back in turn."""

    rows: int
    cols: int

    @property
    def box(self):
        return self.rows, self.cols

    @property
    def directions(self):
        return "back", "on"

    def _coordinates(self):
        row, col = np.divmod(np.arange(self.rows * self.cols), self.cols)
        return np.stack([row, np.where(row % 2, self.cols - 1 - col, col)], axis=1)

    def _hop(self, direction):
        target = np.arange(self.num_cells) + (-1, 1)[direction]
        return np.where((target >= 0) & (target < self.num_cells), target, -1)

    def _positions(self):
        return self.coordinates.astype(float)

    def _displacements(self):
        return np.zeros((2, 2))


LARGE = [
    *(Square4(8, 9, edge) for edge in EDGES),
    *(Square8(9, 6, edge) for edge in EDGES),
    *(Hex2D(7, 8, edge) for edge in ("absorb", "wrap")),
    Fcc12(8, 7, 7),
    Fcc12(7, 7, 8),
    Fcc12(8, 6, 8, "wrap"),
    Line1D(9, "clamp"),
    Ring1D(7),
    Product(Hex2D(6, 7), Ring1D(6)),
    Product(Line1D(7), Fcc12(3, 4, 7)),
    Walled(10, 9),
    Winding(5, 7),
]


def shown(region, cell):
    apart = region.displacements[region.kinds[cell]]
    return np.where(apart == -(2**31), -1, cell + apart).tolist()


@pytest.mark.few(2)
@pytest.mark.parametrize("lattice", LARGE, ids=repr)
def test_a_disk_shows_from_every_cell_what_walking_finds(lattice):
    region = disk(lattice, 2)
    extents = [side // 2 for side in region.box]
    for cell in range(lattice.num_cells):
        assert shown(region, cell) == shown_by_walking(lattice, cell, extents, radius=2)


@pytest.mark.few(4)
@pytest.mark.parametrize("lattice", LARGE, ids=repr)
def test_a_rectangle_shows_from_every_cell_what_lies_at_its_coordinates(lattice):
    extents = (1, 2, 1, 0)[: lattice.ndim]
    region = rectangle(lattice, extents)
    for cell in range(lattice.num_cells):
        assert shown(region, cell) == shown_by_walking(lattice, cell, extents)


def test_a_missing_corner_is_missing_from_its_own_row_alone():
    lattice = Rooms(("#......", ".......", "......."))
    region = rectangle(lattice, (0, 2))
    for cell in range(lattice.num_cells):
        assert shown(region, cell) == shown_by_walking(lattice, cell, (0, 2))


@pytest.mark.parametrize(
    ("lattice", "num_looked_from"),
    [
        (Square4(40, 50, "wrap"), 25),
        (Hex2D(40, 50), 25),
        (Fcc12(20, 20, 20), 6**3 // 2),
        (Product(Line1D(40), Square8(30, 20)), 125),
    ],
    ids=repr,
)
def test_a_table_is_made_from_cells_of_each_kind_alone(lattice, num_looked_from):
    """Along an axis: two cells at either border, and one between, or two where every second point is one."""
    alike = _likeness.first_alike(lattice, (2,) * lattice.ndim, (1,) * lattice.ndim)
    assert len(np.unique(alike)) == num_looked_from


def test_equal_lattices_share_a_table_and_none_outlives_them():
    lattice = Square4(5, 6)
    table = weakref.ref(disk(lattice, 2).displacements)
    assert disk(Square4(5, 6), 2).displacements is table()
    assert rectangle(lattice, (2, 2)).displacements is not table()
    del lattice
    gc.collect()
    assert table() is None
