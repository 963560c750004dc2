"""Lattices of an author's own: what follows from the little they have to say."""

import itertools
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from murk_env import Diffusion, Field, World
from murk_env.errors import LatticeError
from murk_env.lattice import Edge, Grid, Lattice, Product, Ring1D

LEAPS = tuple(leap for leap in itertools.product((-2, -1, 1, 2), repeat=2) if abs(leap[0]) != abs(leap[1]))


@dataclass(frozen=True, repr=False)
class Knights(Grid):
    """Squares of a chess board, neighbours by a knight's leap."""

    rows: int
    cols: int
    edge: Edge = "absorb"

    @property
    def box(self):
        return self.rows, self.cols

    @property
    def directions(self):
        return tuple(map(str, LEAPS))

    @property
    def steps(self):
        return LEAPS


@dataclass(frozen=True)
class Rooms(Lattice):
    """The free cells ("." ) of a plan, neighbours to the east and to the west."""

    plan: tuple[str, ...]

    @property
    def box(self):
        return len(self.plan), len(self.plan[0])

    @property
    def directions(self):
        return "east", "west"

    def _coordinates(self):
        return np.argwhere(np.array([list(row) for row in self.plan]) == ".")

    def _hop(self, direction):
        return self.rank(self.coordinates + np.array([0, (1, -1)[direction]]))

    def _positions(self):
        return self.coordinates[:, ::-1].astype(float)

    def _displacements(self):
        return np.array([[1.0, 0.0], [-1.0, 0.0]])


def test_a_grid_needs_a_box_directions_and_steps():
    board = Knights(8, 8)
    assert board.degree.reshape(board.shape)[:2, :4].tolist() == [[2, 3, 4, 4], [3, 4, 6, 6]]
    assert board.positions[17].tolist() == [2.0, 1.0]
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
