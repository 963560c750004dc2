"""Line1D and Ring1D: (x,) coordinates, west and east."""

import pytest

from murk_env.errors import LatticeError
from murk_env.lattice import Line1D, Ring1D


@pytest.mark.parametrize(
    ("edge", "table"),
    [
        ("absorb", [[-1, 1], [0, 2], [1, -1]]),
        ("clamp", [[0, 1], [0, 2], [1, 2]]),
        ("wrap", [[2, 1], [0, 2], [1, 0]]),
    ],
)
def test_neighbours_are_west_and_east(edge, table):
    lattice = Line1D(3, edge)
    assert lattice.directions == ("west", "east")
    assert lattice.neighbours.tolist() == table


@pytest.mark.parametrize("length", [1, 2, 3, 8])
def test_a_ring_is_a_line_that_wraps(length):
    ring, line = Ring1D(length), Line1D(length, "wrap")
    assert ring.neighbours.tolist() == line.neighbours.tolist()
    assert ring.edge == "wrap"
    assert ring != line


def test_the_smallest_rings_have_their_only_neighbour_twice():
    assert Ring1D(1).neighbours.tolist() == [[0, 0]]
    assert Ring1D(2).neighbours.tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize("length", [1, 2, 3, 9])
def test_the_largest_degree_is_two_unless_ends_absorb(length):
    assert Line1D(length).max_degree == min(length - 1, 2)
    assert Line1D(length, "clamp").max_degree == Line1D(length, "wrap").max_degree == 2
    assert Ring1D(length).max_degree == 2


def test_distance_goes_the_shorter_way_round():
    assert Line1D(7).distance(0, [3, 4, 6]).tolist() == [3, 4, 6]
    assert Ring1D(7).distance(0, [3, 4, 6]).tolist() == [3, 3, 1]


def test_cells_lie_one_apart():
    assert Line1D(3).positions.tolist() == [[0.0], [1.0], [2.0]]
    assert Ring1D(3).displacements.tolist() == [[-1.0], [1.0]]
    assert Ring1D(3).neighbour_displacements.tolist() == [[[-1.0], [1.0]]] * 3


def test_a_clamped_hop_goes_nowhere():
    ways = Line1D(3, "clamp").neighbour_displacements
    assert ways[:, :, 0].tolist() == [[0.0, 1.0], [-1.0, 1.0], [-1.0, 0.0]]


@pytest.mark.parametrize("lattice", [Line1D, Ring1D])
def test_an_impossible_length_is_refused(lattice):
    with pytest.raises(LatticeError, match=f"{lattice.__name__} needs length >= 1, not 0"):
        lattice(0)
    with pytest.raises(LatticeError, match=f"{lattice.__name__} takes an integer as length, not 2.5"):
        lattice(2.5)
    with pytest.raises(LatticeError, match="would have 2147483648 cells"):
        lattice(2**31)


def test_a_ring_is_written_without_its_edge():
    assert repr(Ring1D(5)) == "Ring1D(5)"
    assert repr(Line1D(5)) == 'Line1D(5, edge="absorb")'
