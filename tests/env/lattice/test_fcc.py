"""Fcc12: (x, y, z) with an even sum, twelve neighbours, absorbing or wrapping."""

import itertools

import numpy as np
import pytest

from murk_env.errors import LatticeError
from murk_env.lattice import Fcc12

STEPS = [
    (1, 1, 0), (-1, 1, 0), (1, -1, 0), (-1, -1, 0),
    (1, 0, 1), (-1, 0, 1), (1, 0, -1), (-1, 0, -1),
    (0, 1, 1), (0, -1, 1), (0, 1, -1), (0, -1, -1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sides", "num_cells"),
    [((2, 2, 2), 4), ((4, 4, 4), 32), ((5, 5, 5), 63), ((8, 8, 8), 256), ((5, 3, 4), 30), ((1, 1, 1), 1)],
)
def test_half_the_points_of_the_box_are_cells(sides, num_cells):
    lattice = Fcc12(*sides)
    assert lattice.num_cells == len(lattice.coordinates) == num_cells
    assert (lattice.box, lattice.shape) == (sides, (num_cells,))


@pytest.mark.parametrize("sides", [(2, 3, 4), (3, 2, 4), (5, 3, 4), (3, 3, 3), (4, 4, 2), (3, 4, 5)])
def test_cells_are_numbered_along_x_then_y_then_z(sides):
    width, height, depth = sides
    points = itertools.product(range(depth), range(height), range(width))
    expected = [[x, y, z] for z, y, x in points if (x + y + z) % 2 == 0]
    assert Fcc12(*sides).coordinates.tolist() == expected


def test_odd_points_are_no_cells():
    assert Fcc12(4, 4, 4).rank([[1, 0, 0], [3, 3, 3], [1, 1, 0]]).tolist() == [-1, -1, 2]


def test_an_inner_cell_has_twelve_neighbours_in_their_order():
    lattice = Fcc12(5, 5, 5)
    centre = lattice.rank([2, 2, 2])
    around = lattice.coordinates[lattice.neighbours[centre]] - lattice.coordinates[centre]
    assert around.tolist() == [list(step) for step in STEPS]
    assert lattice.directions[1] == "-x+y"
    assert lattice.directions[-1] == "-y-z"


@pytest.mark.parametrize("sides", [(4, 4, 4), (5, 3, 4), (2, 2, 2)])
def test_a_clamped_border_drops_the_hop_as_an_absorbing_one_does(sides):
    clamp, absorb = Fcc12(*sides, edge="clamp"), Fcc12(*sides)
    assert clamp.neighbours.tolist() == absorb.neighbours.tolist()
    assert clamp.neighbour_displacements.tolist() == absorb.neighbour_displacements.tolist()


def test_the_smallest_wrap_has_every_other_cell_four_times():
    assert np.sort(Fcc12(2, 2, 2, "wrap").neighbours[0]).tolist() == [1] * 4 + [2] * 4 + [3] * 4


def test_the_largest_degree_is_twelve_where_a_cell_is_inside():
    assert Fcc12(4, 4, 4).max_degree == Fcc12(2, 4, 2, "wrap").max_degree == 12
    assert Fcc12(1, 1, 1).max_degree == 0
    assert Fcc12(3, 3, 1).max_degree == 4


def test_distance_is_the_longest_axis_or_half_the_sum():
    lattice = Fcc12(6, 6, 6)
    cells = lattice.rank([[4, 0, 0], [4, 4, 0], [4, 4, 4], [1, 1, 4], [3, 2, 1]])
    assert lattice.distance(0, cells).tolist() == [4, 4, 6, 4, 3]
    wrapped = Fcc12(6, 6, 6, "wrap")
    assert wrapped.distance(0, cells).tolist() == [2, 2, 3, 2, 3]


def test_neighbours_are_one_apart():
    lattice = Fcc12(4, 4, 4)
    np.testing.assert_allclose((lattice.displacements**2).sum(axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(lattice.positions * np.sqrt(2.0), lattice.coordinates, rtol=1e-15)


@pytest.mark.parametrize("sides", [(3, 4, 4), (4, 5, 4), (4, 4, 1)])
def test_a_wrap_around_an_odd_side_is_refused(sides):
    odd = next(side for side in sides if side % 2)
    with pytest.raises(LatticeError, match=rf"cannot wrap around a side of {odd}: .* make all sides even"):
        Fcc12(*sides, edge="wrap")


@pytest.mark.parametrize("sides", [(1, 1, 3), (4, 1, 1), (1, 9, 1)])
def test_cells_in_single_file_are_refused_because_none_has_a_neighbour(sides):
    with pytest.raises(LatticeError, match=r"cells without a neighbour, because a hop changes two"):
        Fcc12(*sides)


def test_one_cell_may_be_alone():
    assert Fcc12(1, 2, 1).neighbours.tolist() == [[-1] * 12]


def test_an_impossible_side_is_refused():
    with pytest.raises(LatticeError, match="Fcc12 needs depth >= 1, not 0"):
        Fcc12(3, 3, 0)
    with pytest.raises(LatticeError, match="would have 2147483648 cells"):
        Fcc12(2**16, 2**8, 2**8)
    assert Fcc12(2**16, 2**8, 2**8 - 1).num_cells == 2**31 - 2**23


def test_every_inner_cell_runs_at_constant_offsets_where_sides_are_odd():
    lattice = Fcc12(15, 15, 15)
    inner = ((lattice.coordinates > 0) & (lattice.coordinates < 14)).all(axis=1)
    assert sorted(lattice.stencil.boundary.tolist()) == np.flatnonzero(~inner).tolist()
