"""Hex2D: axial (q, r) coordinates, counter-clockwise from east, absorbing or a torus."""

import math

import numpy as np
import pytest

from murk_env.errors import LatticeError
from murk_env.lattice import Hex2D


def test_ranks_go_along_q_and_shape_has_rows_first():
    lattice = Hex2D(3, 2)
    assert (lattice.box, lattice.shape) == ((3, 2), (2, 3))
    assert lattice.coordinates.tolist() == [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]
    assert lattice.rank([[2, 1], [1, 2]]).tolist() == [5, -1]


def test_an_inner_cell_has_six_neighbours_counter_clockwise_from_east():
    lattice = Hex2D(3, 3)
    assert lattice.directions == ("east", "northeast", "northwest", "west", "southwest", "southeast")
    assert lattice.neighbours[4].tolist() == [5, 2, 1, 3, 6, 7]


@pytest.mark.parametrize(
    ("edge", "corner"), [("absorb", [1, -1, -1, -1, -1, 3]), ("wrap", [1, 7, 6, 2, 5, 3])]
)
def test_the_corner_where_both_coordinates_are_zero(edge, corner):
    assert Hex2D(3, 3, edge).neighbours[0].tolist() == corner


@pytest.mark.parametrize(
    ("sides", "degree"),
    [((1, 1), 0), ((1, 2), 1), ((2, 1), 1), ((1, 5), 2), ((2, 2), 3), ((2, 5), 4), ((3, 2), 4), ((3, 3), 6)],
)
def test_the_largest_degree_grows_with_the_sides(sides, degree):
    assert Hex2D(*sides).max_degree == degree
    assert Hex2D(*sides, edge="wrap").max_degree == 6


def test_distance_is_the_largest_of_three_axial_differences():
    lattice = Hex2D(6, 5)
    corners = lattice.rank([[5, 0], [0, 4], [5, 4]])
    assert lattice.distance(0, corners).tolist() == [5, 4, 9]
    assert lattice.distance(corners[0], corners[1]) == 5


def test_distance_on_a_torus_is_that_to_the_nearest_image():
    lattice = Hex2D(6, 5, "wrap")
    others = lattice.rank([[5, 0], [0, 4], [5, 4], [5, 1], [3, 2]])
    assert lattice.distance(0, others).tolist() == [1, 1, 2, 1, 3]


def test_neighbours_lie_around_a_cell_at_sixty_degrees():
    ways = Hex2D(1, 1).displacements
    angles = np.arctan2(-ways[:, 1], ways[:, 0])  # y goes to the south
    np.testing.assert_allclose(np.hypot(*ways.T), 1.0, rtol=1e-15)
    np.testing.assert_allclose(angles % (2 * math.pi), np.arange(6) * math.pi / 3, atol=1e-15)


def test_a_cells_position_is_that_of_its_hexagon():
    cell = Hex2D(4, 4).rank([2, 3])
    np.testing.assert_allclose(Hex2D(4, 4).positions[cell], [2 + 1.5, 3 * math.sqrt(0.75)])


def test_clamped_hexagons_do_not_exist():
    with pytest.raises(LatticeError, match=r"Hex2D has no edge 'clamp'; known: absorb, wrap"):
        Hex2D(3, 3, "clamp")


def test_an_impossible_side_is_refused():
    with pytest.raises(LatticeError, match="Hex2D needs rows >= 1, not 0"):
        Hex2D(3, 0)
    with pytest.raises(LatticeError, match="would have 2147483648 cells"):
        Hex2D(2**16, 2**15)
