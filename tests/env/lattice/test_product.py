"""Product: combinations of cells, hops in one part at a time."""

import numpy as np
import pytest

from murk_env.errors import LatticeError
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4


def test_the_first_part_is_the_slowest_and_coordinates_are_concatenated():
    lattice = Product(Line1D(2), Square4(1, 2))
    assert lattice.coordinates.tolist() == [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]
    assert lattice.shape == lattice.box == (2, 1, 2)


def test_hexagons_and_fcc_keep_their_own_shapes_and_boxes():
    lattice = Product(Hex2D(4, 3), Fcc12(3, 3, 2))
    assert (lattice.shape, lattice.box) == ((3, 4, 9), (4, 3, 3, 3, 2))


def test_neighbours_vary_the_first_part_first():
    lattice = Product(Ring1D(4), Line1D(3, "clamp"))
    assert lattice.directions == ("0.west", "0.east", "1.west", "1.east")
    assert lattice.neighbours[[0, 11]].tolist() == [[9, 3, 0, 1], [8, 2, 10, 11]]


def test_two_lines_are_a_square_lattice():
    lines, square = Product(Line1D(3), Line1D(5)), Square4(3, 5)
    assert lines.neighbours.tolist() == square.neighbours.tolist()
    assert lines.distance(0, range(15)).tolist() == square.distance(0, range(15)).tolist()
    assert (lines.stencil.start, lines.stencil.stop) == (square.stencil.start, square.stencil.stop)


def test_products_of_products_have_the_cells_of_one():
    nested = Product(Product(Line1D(2), Ring1D(3)), Product(Hex2D(2, 2)))
    flat = Product(Line1D(2), Ring1D(3), Hex2D(2, 2))
    assert nested.neighbours.tolist() == flat.neighbours.tolist()
    assert nested.coordinates.tolist() == flat.coordinates.tolist()
    assert nested.positions.tolist() == flat.positions.tolist()
    assert nested != flat


def test_only_the_parts_that_wrap_have_periods():
    lattice = Product(Hex2D(4, 3, "wrap"), Line1D(3))
    assert lattice.periods == (4, 3, 0)
    assert lattice.shifted(0, [[-1, 0, 0], [0, 0, -1], [5, -4, 2]]).tolist() == [9, -1, 29]


def test_the_largest_degrees_add_up():
    assert Product(Hex2D(3, 3), Line1D(2), Ring1D(1)).max_degree == 6 + 1 + 2


def test_distances_add_up():
    lattice = Product(Ring1D(5), Square4(3, 3))
    assert lattice.distance(0, lattice.rank([[4, 2, 2], [2, 0, 0]])).tolist() == [5, 2]


def test_positions_and_displacements_stand_side_by_side():
    lattice = Product(Line1D(2, "clamp"), Square4(2, 2))
    assert lattice.positions[5].tolist() == [1.0, 1.0, 0.0]
    assert lattice.displacements[[1, 3]].tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert lattice.neighbour_displacements[5, :2].tolist() == [[-1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_products_are_equal_by_their_parts():
    assert Product(Line1D(2), Ring1D(3)) == Product(Line1D(np.int64(2)), Ring1D(3))  # pyright: ignore[reportArgumentType]
    assert len({Product(Line1D(2), Ring1D(3)), Product(Ring1D(3), Line1D(2)), Product(Line1D(2))}) == 3


def test_a_product_of_nothing_is_refused():
    with pytest.raises(LatticeError, match=r"takes one or more lattices, as in Product\(a, b\); got nothing"):
        Product()


@pytest.mark.parametrize("stranger", [3, [Line1D(2)], Line1D])
def test_a_part_that_is_no_lattice_is_refused(stranger):
    with pytest.raises(LatticeError, match=r"takes one or more lattices, .* got "):
        Product(Line1D(2), stranger)


def test_more_cells_than_an_int32_can_number_are_refused():
    with pytest.raises(LatticeError, match=r"Product\(.*\) would have 4294967296 cells"):
        Product(Square4(2**10, 2**10), Line1D(2**12))
