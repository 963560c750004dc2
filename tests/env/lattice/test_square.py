"""Square4 and Square8: (row, col) coordinates, directions in their order, three edges."""

import numpy as np
import pytest

from murk_env.errors import DefinitionError, LatticeError
from murk_env.lattice import Square4, Square8


def test_ranks_go_along_the_rows_of_a_lattice_that_is_not_square():
    lattice = Square4(3, 2)
    assert lattice.shape == (3, 2)
    assert lattice.coordinates.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]
    assert lattice.rank([[2, 0], [0, 2]]).tolist() == [4, -1]


@pytest.mark.parametrize(
    ("edge", "corner", "last"),
    [
        ("absorb", [-1, 3, -1, 1], [2, -1, 4, -1]),
        ("clamp", [0, 3, 0, 1], [2, 5, 4, 5]),
        ("wrap", [3, 3, 2, 1], [2, 2, 4, 3]),
    ],
)
def test_neighbours_are_north_south_west_east(edge, corner, last):
    lattice = Square4(2, 3, edge)
    assert lattice.directions == ("north", "south", "west", "east")
    assert lattice.neighbours[[0, 5]].tolist() == [corner, last]


def test_an_inner_cell_has_all_four():
    assert Square4(3, 3).neighbours[4].tolist() == [1, 7, 3, 5]


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
@pytest.mark.parametrize("cols", [1, 2, 3, 7])
def test_the_largest_degree_is_that_of_the_two_axes(rows, cols):
    assert Square4(rows, cols).max_degree == min(rows - 1, 2) + min(cols - 1, 2)
    assert Square4(rows, cols, "clamp").max_degree == Square4(rows, cols, "wrap").max_degree == 4


@pytest.mark.parametrize(
    ("edge", "corner"),
    [
        ("absorb", [-1, 3, -1, 1, -1, -1, -1, 4]),
        ("clamp", [0, 3, 0, 1, 0, 1, 3, 4]),
        ("wrap", [6, 3, 2, 1, 8, 7, 5, 4]),
    ],
)
def test_diagonals_come_after_the_straight_directions(edge, corner):
    lattice = Square8(3, 3, edge)
    assert lattice.directions[:4] == Square4(3, 3).directions
    assert lattice.directions[4:] == ("northwest", "northeast", "southwest", "southeast")
    assert lattice.neighbours[[0, 4]].tolist() == [corner, [1, 7, 3, 5, 0, 2, 6, 8]]


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
@pytest.mark.parametrize("cols", [1, 2, 3, 7])
def test_the_largest_degree_with_diagonals_is_the_axes_and_their_product(rows, cols):
    vertical, horizontal = min(rows - 1, 2), min(cols - 1, 2)
    assert Square8(rows, cols).max_degree == vertical + horizontal + vertical * horizontal
    assert Square8(rows, cols, "clamp").max_degree == Square8(rows, cols, "wrap").max_degree == 8


def test_distance_with_diagonals_is_that_of_the_longer_axis():
    assert Square8(5, 6).distance(0, [5, 29, 12]).tolist() == [5, 5, 2]
    assert Square8(5, 6, "wrap").distance(0, [5, 29, 12]).tolist() == [1, 1, 2]


@pytest.mark.parametrize("lattice", [Square4(2, 3), Square8(2, 3)])
def test_a_column_lies_to_the_east_and_a_row_to_the_south(lattice):
    assert lattice.positions.tolist() == [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]
    assert lattice.displacements[:4].tolist() == [[0, -1], [0, 1], [-1, 0], [1, 0]]


def test_what_is_left_of_a_clamped_diagonal_goes_along_the_border():
    ways = Square8(3, 3, "clamp").neighbour_displacements[1]  # the middle of the northern border
    assert ways[4:].tolist() == [[-1, 0], [1, 0], [-1, 1], [1, 1]]


def test_distance_is_manhattan_and_wraps():
    assert Square4(5, 6).distance(0, [5, 29]).tolist() == [5, 9]
    assert Square4(5, 6, "wrap").distance(0, [5, 29]).tolist() == [1, 2]


def test_most_of_a_large_lattice_is_one_run():
    stencil = Square4(16, 16).stencil
    assert (stencil.start, stencil.stop) == (16, 240)
    assert np.array(stencil.offsets).view(np.int64).tolist() == [-16, 16, -1, 1]
    assert len(stencil.boundary) == 60


def test_lattices_are_equal_by_their_parameters():
    assert Square4(3, 4) == Square4(np.int64(3), 4, edge="absorb")  # pyright: ignore[reportArgumentType]
    assert len({Square4(3, 4), Square4(3, 4), Square4(4, 3), Square4(3, 4, "wrap")}) == 3


def test_repr_is_how_it_was_made():
    assert repr(Square4(16, 8, "wrap")) == 'Square4(16, 8, edge="wrap")'


@pytest.mark.parametrize(("rows", "cols", "name"), [(0, 3, "rows"), (3, -1, "cols")])
def test_an_empty_lattice_is_refused(rows, cols, name):
    with pytest.raises(LatticeError, match=f"needs {name} >= 1, not {min(rows, cols)}"):
        Square4(rows, cols)


@pytest.mark.parametrize("side", [2.0, "2", None])
def test_a_side_that_is_not_an_integer_is_refused(side):
    with pytest.raises(LatticeError, match="takes an integer as cols, not"):
        Square4(2, side)


def test_an_unknown_edge_is_refused_with_a_proposal():
    with pytest.raises(LatticeError, match=r"no edge 'Wrap'; did you mean 'wrap'\?"):
        Square4(2, 2, "Wrap")  # pyright: ignore[reportArgumentType]


def test_more_cells_than_an_int32_can_number_are_refused():
    with pytest.raises(LatticeError, match="would have 2147483648 cells; at most 2147483647"):
        Square4(2**16, 2**15)
    assert Square4(2**31 - 1, 1).num_cells == 2**31 - 1


def test_a_lattice_error_is_a_definition_error_and_a_value_error():
    assert issubclass(LatticeError, DefinitionError)
    assert issubclass(LatticeError, ValueError)
