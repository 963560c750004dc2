"""Stencils of tables that no lattice here has: gaps, isolated cells, no constant offsets."""

import numpy as np

from murk_env.lattice import Square4, Square8, Stencil


def test_a_table_without_a_complete_row_is_all_boundary():
    stencil = Stencil.of(np.array([[-1, 1], [-1, -1], [1, -1]], np.int32))
    assert stencil.start == stencil.stop
    assert stencil.boundary.tolist() == [1, 0, 2]
    assert stencil.boundary_ends.tolist() == [1, 3, 3]
    assert stencil.boundary_neighbours.tolist() == [[0, 0], [1, 0], [1, 0]]


def scattered(gap):
    """A table of one direction in which every so manieth cell has its right neighbour, the others any."""
    cells = np.arange(60)
    table = (cells * 7 + 3) % 60
    table[5:50:gap] = cells[5:50:gap] + 1
    return table[:, np.newaxis].astype(np.int32)


def test_a_run_goes_on_over_exceptions_and_lists_them():
    table = scattered(gap=3)
    stencil = Stencil.of(table)
    regular = [cell for cell in range(6, 50) if table[cell, 0] == cell + 1]
    assert (stencil.start, stencil.stop) == (0, 48)
    assert set(range(60)) - set(stencil.boundary.tolist()) == {5, *regular}


def test_a_run_begins_and_ends_with_whole_vectors():
    stencil = Square4(64, 64).stencil
    assert (stencil.start, stencil.stop) == (64, 64 * 63)


def test_a_run_is_not_widened_beyond_the_reach_of_its_offsets():
    stencil = Square8(16, 16).stencil
    assert (stencil.start, stencil.stop) == (17, 256 - 17)


def test_scattered_regular_cells_are_not_made_a_run():
    stencil = Stencil.of(scattered(gap=9))
    assert (stencil.start, stencil.stop) == (0, 0)
    assert len(stencil.boundary) == 60


def test_neighbours_keep_their_order_where_gaps_close():
    stencil = Stencil.of(np.array([[3, -1, 2, 1], [-1, 0, -1, 2], [-1, -1, 3, -1], [0, 1, 2, 3]], np.int32))
    rows = dict(zip(stencil.boundary.tolist(), stencil.boundary_neighbours.tolist(), strict=True))
    assert [rows[cell] for cell in (0, 1, 2)] == [[3, 2, 1, 0], [0, 2, 0, 0], [3, 0, 0, 0]]


def test_equal_tables_have_read_only_arrays():
    stencil = Stencil.of(np.array([[1], [0]], np.int32))
    arrays = (stencil.boundary, stencil.boundary_ends, stencil.boundary_neighbours)
    assert not any(array.flags.writeable for array in arrays)
