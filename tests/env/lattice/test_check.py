"""The check of an author's lattice: what it refuses, and with which words."""

from dataclasses import dataclass

import numpy as np
import pytest

from murk_env.errors import LatticeError
from murk_env.lattice import Grid, Lattice, Product, Ring1D
from tests.env.lattice.own import Careless, Knights, Rooms, ThreeWays, Triangles


@dataclass(frozen=True, eq=False)
class Tables(Lattice):
    """Three cells in a row, right unless a table is given."""

    coordinates_given: object = ((0,), (1,), (2,))
    west: object = (-1, 0, 1)
    east: object = (1, 2, -1)
    positions_given: object = ((0.0,), (1.0,), (2.0,))
    ways: object = ((-1.0,), (1.0,))

    @property
    def box(self):
        return (3,)

    @property
    def directions(self):
        return "west", "east"

    def __repr__(self):
        return "Tables()"

    def _coordinates(self):
        return np.array(self.coordinates_given)

    def _hop(self, direction):
        return np.array((self.west, self.east)[direction])

    def _positions(self):
        return np.array(self.positions_given)

    def _displacements(self):
        return np.array(self.ways)


class Ranked(Tables):
    """The same with a rank of its own that is wrong."""

    def rank(self, coordinates):
        return np.zeros(np.shape(coordinates)[:-1], np.int64)


def test_every_lattice_passes(lattice):
    lattice.check()


@pytest.mark.parametrize(
    "own", [Tables(), Knights(5, 5), Knights(4, 6, "wrap"), Triangles(3, 4), ThreeWays(3, 4)], ids=repr
)
def test_an_own_lattice_that_is_right_passes(own):
    own.check()
    Product(own, Ring1D(2)).check()


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (Tables(((0.0,), (1.0,), (2.0,))), "gives coordinates of float64; return an array of integers"),
        (Tables((0, 1, 2)), r"gives coordinates of shape \(3,\); return shape \(1 or more, 1\)"),
        (Tables(np.zeros((0, 1), int)), r"gives coordinates of shape \(0, 1\); return shape \(1 or more"),
        (Tables(((0,), (1,), (3,))), r"gives cell 2 the coordinate \(3,\), which is outside the box \(3,\)"),
        (Tables(((0,), (1,), (1,))), r"gives cell 1 the coordinate \(1,\), but there its rank finds cell 2"),
        (Ranked(), r"gives cell 1 the coordinate \(1,\), but there its rank finds cell 0"),
        (Tables(west=(-1.0, 0.0, 1.0)), "gives hops to 'west' of float64; return an array of integers"),
        (Tables(east=(1, 2)), r"gives hops to 'east' of shape \(2,\); return shape \(3\)"),
        (
            Tables(east=(1, 2, 3)),
            "gives cell 2 the neighbour 3 in the direction 'east', but has cells 0 to 2",
        ),
        (Tables(west=(-2, 0, 1)), "gives cell 0 the neighbour -2 in .*; return -1 where there is none"),
        (Tables(east=(1, 2, 10**10)), "gives cell 2 the neighbour 10000000000 in the direction 'east'"),
        (Tables(east=(1, -1, -1)), "cell 1 is a neighbour of cell 2 1 times .* of cell 1 0 times; .* mutual"),
        (Tables(west=(1, 0, 1)), "cell 1 is a neighbour of cell 0 2 times .* of cell 1 1 times; .* mutual"),
        (Tables(west=(-1, 0, 2), east=(1, -1, 2)), "no way leads from cell 0 to cell 2; .* is connected"),
        (Tables(positions_given=((0.0,), (1.0,))), r"gives positions of shape \(2, 1\); return shape \(3, 1"),
        (Tables(positions_given=((0.0,), (1.0,), (np.nan,))), "gives positions that are not all finite"),
        (Tables(ways=((1.0,),)), r"gives displacements of shape \(1, 1\); return shape \(2, 1\)"),
        (Tables(ways=((-1.0,), (2.0,))), r"of cell 0 in the direction 'east' lies at \(1.0,\) from it, but"),
        (Careless(3, 4), r"of cell 1 .* 'west' lies at \(-0.866, 0.5\) from it, but the .* \(-0.866, -0.5\)"),
        (Rooms((".#", "..")), r"in Rooms\(.* no way leads from cell 0 to cell 1; a lattice is connected"),
        (Knights(3, 3), "no way leads from cell 0 to cell 4"),
    ],
)
def test_tables_that_are_not_those_of_a_lattice_are_refused(tables, message):
    with pytest.raises(LatticeError, match=message):
        tables.check()


def test_a_neighbour_that_is_no_cell_is_refused_wherever_it_is_asked_for():
    with pytest.raises(LatticeError, match="the neighbour 1000000 "):
        Tables(east=(1, 2, 10**6)).distance(0, 2)


def test_a_lattice_is_gone_through_once():
    class Counted(Tables):
        def rank(self, coordinates):
            calls.append(coordinates)
            return super().rank(coordinates)

    calls = []
    lattice = Counted()
    lattice.check()
    assert calls
    calls.clear()
    lattice.check()
    assert not calls


def test_a_grid_with_leaps_cannot_clamp():
    with pytest.raises(LatticeError, match=r'Knights\(5, 5, edge="clamp"\) cannot clamp: .*has no hop back'):
        Knights(5, 5, edge="clamp")


@dataclass(frozen=True, repr=False)
class Steps(Grid):
    """A grid of two axes with the steps it is given."""

    edge = "clamp"
    given = ((0, 1), (0, -1))

    @property
    def box(self):
        return 3, 4

    @property
    def directions(self):
        return "one", "other"

    @property
    def steps(self):
        return self.given


def test_steps_without_their_mirror_images_cannot_clamp():
    class Oblique(Steps):
        given = ((1, -1), (-1, 1))

    with pytest.raises(LatticeError, match="without their mirror images along every axis"):
        Oblique()


@pytest.mark.parametrize("steps", [((0, 1),), ((0, 1), (1,)), ()])
def test_a_grid_needs_a_step_for_every_direction(steps):
    class Short(Steps):
        given = steps

    with pytest.raises(LatticeError, match=r"has 2 directions in 2 dimensions, but .* steps of lengths \["):
        Short()
