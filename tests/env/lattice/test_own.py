"""Lattices of an author's own: what follows from the little they have to say."""

import pickle

import numpy as np
import pytest

from murk_env import Diffusion, Field, World
from murk_env.errors import LatticeError
from murk_env.lattice import Product, Ring1D
from murk_env.propagators import Gradient
from tests.env.lattice.own import Knights, Rooms, ThreeWays, Triangles
from tests.env.propagators.worlds_first import worlds_first


def test_a_grid_needs_a_box_directions_and_steps():
    board = Knights(8, 8)
    assert board.degree.reshape(board.shape)[:2, :4].tolist() == [[2, 3, 4, 4], [3, 4, 6, 6]]
    assert board.positions[17].tolist() == [1.0, 2.0]
    assert repr(board) == 'Knights(8, 8, edge="absorb")'


def test_distance_is_searched_for_where_no_formula_is_given():
    board = Knights(8, 8)
    ends = board.rank([[0, 0], [0, 1], [1, 1], [7, 7]])
    assert board.distance(0, ends).tolist() == [0, 3, 4, 6]  # the known lengths of a knight's ways
    assert board.distance([[63], [0]], ends[:2]).tolist() == [[6, 5], [0, 3]]
    assert len(board.ball(27, 1)) == 9


def test_a_lattice_needs_coordinates_hops_and_positions():
    rooms = Rooms((".#", "..", "#."))
    assert rooms.num_cells == 4
    assert rooms.shape == (4,)
    assert rooms.neighbours.tolist() == [[-1, -1], [2, -1], [-1, 1], [-1, -1]]
    assert rooms.rank([[0, 0], [0, 1], [1, 1], [9, 0]]).tolist() == [0, -1, 2, -1]
    assert rooms.neighbour_displacements[2].tolist() == [[0.0, 0.0], [-1.0, 0.0]]


def test_distance_refuses_cells_between_which_there_is_no_way():
    with pytest.raises(
        LatticeError, match=r"in Rooms\(.*\) no way leads from cell 0 to cell 1; a lattice is"
    ):
        Rooms((".#", "..")).distance(0, [0, 1])


def test_an_own_lattice_pickles_and_joins_products():
    rooms = Rooms(("...",))
    assert pickle.loads(pickle.dumps(rooms)) == rooms
    assert Product(rooms, Ring1D(4)).distance(0, 10) == 4


@pytest.mark.slow
def test_a_law_runs_on_an_own_lattice():
    heat = Field()
    world = World(Knights(5, 5), {"heat": heat}, [Diffusion(heat, coefficient=0.1)])
    with world.edit() as tick:
        tick[heat] = np.eye(1, 25, 12)
    world.tick()
    expected = np.zeros(25)
    expected[[1, 3, 5, 9, 15, 19, 21, 23]] = 0.1  # one leap away from the middle
    expected[12] = 1.0 - 8 * 0.1
    np.testing.assert_allclose(world[heat][0], expected, rtol=1e-6)


def slope(lattice, values):
    """The gradient of values (num_cells,), (k, num_cells)."""
    height, rise = Field(), Field(components=lattice.positions.shape[1])
    world = World(lattice, {"height": height, "rise": rise}, [Gradient(height, rise)])
    with world.edit() as tick:
        tick[height] = worlds_first(world, height, values)
    world.tick()
    return world[rise][0]


@pytest.mark.parametrize("lattice", [Triangles(4, 5), ThreeWays(4, 5), Knights(6, 7)], ids=repr)
def test_a_gradient_on_an_own_lattice_points_east_and_south(lattice):
    x, y = lattice.positions.T
    found = slope(lattice, 3.0 * x - 2.0 * y)
    np.testing.assert_allclose(found, np.broadcast_to([[3.0], [-2.0]], found.shape), atol=1e-5)


def test_columns_of_a_grid_run_to_the_east_and_rows_to_the_south():
    row, col = Knights(6, 7).coordinates.T
    np.testing.assert_allclose(slope(Knights(6, 7), 3.0 * col + row)[:, 20], [3.0, 1.0], rtol=1e-5)


def test_axes_of_a_product_come_in_the_order_of_its_parts():
    lattice = Product(Ring1D(3), Knights(5, 6))
    assert lattice.positions[lattice.rank([2, 3, 4])].tolist() == [2.0, 4.0, 3.0]  # line, col, row
