"""Laws that every lattice keeps, on every size and edge."""

import copy
import dataclasses
import itertools
import pickle
from collections import Counter

import numpy as np
import pytest

from murk_env import lattice as lattices
from murk_env.errors import LatticeError


def all_distances(lattice):
    cells = np.arange(lattice.num_cells)
    return lattice.distance(cells[:, np.newaxis], cells)


def test_distance_is_a_metric(lattice):
    d = all_distances(lattice)
    assert (np.diag(d) == 0).all()
    assert (d == d.T).all()
    assert (d[:, np.newaxis, :] <= d[:, :, np.newaxis] + d[np.newaxis, :, :]).all()


def test_distance_is_the_number_of_hops(lattice, walked):
    assert all_distances(lattice).tolist() == walked


def test_a_ball_is_what_so_many_hops_reach(lattice, walked):
    for cell, hops in enumerate(walked):
        for radius in range(4):
            expected = [other for other, far in enumerate(hops) if far <= radius]
            assert lattice.ball(cell, radius).tolist() == expected


def test_neighbourhood_is_mutual(lattice):
    pairs = [(cell, n) for cell, row in enumerate(lattice.neighbours.tolist()) for n in row if n >= 0]
    assert Counter(pairs) == Counter((b, a) for a, b in pairs)


def test_coordinates_lie_in_the_box(lattice):
    assert lattice.ndim == len(lattice.box)
    assert (lattice.coordinates >= 0).all()
    assert (lattice.coordinates < lattice.box).all()


def test_coordinates_are_complete_unique_and_always_the_same(lattice):
    again = copy.copy(lattice)
    assert lattice.coordinates.shape == (lattice.num_cells, lattice.ndim)
    assert len({tuple(row) for row in lattice.coordinates.tolist()}) == lattice.num_cells
    assert (again.coordinates == lattice.coordinates).all()


def test_rank_undoes_coordinates(lattice):
    assert lattice.rank(lattice.coordinates).tolist() == list(range(lattice.num_cells))
    assert lattice.rank(lattice.coordinates[:, np.newaxis]).shape == (lattice.num_cells, 1)


def test_rank_finds_no_cell_elsewhere(lattice):
    known = {tuple(row) for row in lattice.coordinates.tolist()}
    around = list(itertools.product(*(range(-1, side + 1) for side in lattice.box)))
    assert [rank >= 0 for rank in lattice.rank(around)] == [coordinate in known for coordinate in around]


def test_rank_finds_no_cell_at_extreme_coordinates(lattice):
    for extreme in (-(2**63), -(2**31), -1, 2**31 - 1, 2**31, 2**63 - 1):
        assert lattice.rank([extreme] * lattice.ndim) == -1


def test_neighbours_are_cells_or_none(lattice):
    assert lattice.neighbours.shape == (lattice.num_cells, len(lattice.directions))
    assert lattice.neighbours.min() >= -1
    assert lattice.neighbours.max() < lattice.num_cells


def test_degree_counts_the_neighbours(lattice):
    counted = [sum(n >= 0 for n in row) for row in lattice.neighbours.tolist()]
    assert lattice.degree.tolist() == counted
    assert lattice.max_degree == max(counted)


def test_shape_holds_every_cell(lattice):
    assert np.prod(lattice.shape) == lattice.num_cells


def test_coordinates_of_another_length_are_refused(lattice):
    with pytest.raises(LatticeError, match=rf"has {lattice.ndim} numbers"):
        lattice.rank([0] * (lattice.ndim + 1))
    with pytest.raises(LatticeError, match=rf"has {lattice.ndim} numbers"):
        lattice.rank(0)


def test_coordinates_that_are_not_integers_are_refused(representative):
    with pytest.raises(LatticeError, match="coordinates are integers, not float64"):
        representative.rank([0.5] * representative.ndim)


def test_distance_refuses_cells_that_do_not_exist(representative):
    for cell in (-1, representative.num_cells):
        with pytest.raises(LatticeError, match=rf"no distance between 0 and {cell}$"):
            representative.distance(0, cell)


def test_move_follows_the_neighbours_or_stays(lattice):
    num_directions = len(lattice.directions)
    for cell in range(lattice.num_cells):
        expected = [n if n >= 0 else cell for n in lattice.neighbours[cell].tolist()]
        assert lattice.move(cell, np.arange(num_directions)).tolist() == expected
        assert lattice.move(cell, -1) == cell


def test_moves_is_the_table_of_move(lattice):
    cells = np.arange(lattice.num_cells)
    for direction in range(-1, len(lattice.directions)):
        assert lattice.moves[:, direction].tolist() == lattice.move(cells, direction).tolist()


def test_move_takes_cells_of_any_shape(representative):
    cells = np.zeros((3, 2), np.int32)
    moved = representative.move(cells, np.full((3, 2), -1))
    assert (moved.shape, moved.dtype) == ((3, 2), np.int32)
    assert not np.shares_memory(moved, cells)


@pytest.mark.parametrize("direction", [-2, 99])
def test_move_refuses_directions_that_do_not_exist(representative, direction):
    with pytest.raises(LatticeError, match=rf"got cell 0 and direction {direction}"):
        representative.move(0, [-1, direction])


def test_move_refuses_cells_that_do_not_exist(representative):
    for cell in (-1, representative.num_cells):
        with pytest.raises(LatticeError, match=rf"got cell {cell} and direction -1"):
            representative.move([0, cell], -1)


def test_move_refuses_cells_that_are_not_integers(representative):
    with pytest.raises(LatticeError, match="cells are integers, not float64"):
        representative.move(0.5, 0)


def test_the_stencil_gives_back_the_neighbours(lattice):
    stencil = lattice.stencil
    rows = {
        cell: [(cell + int(o)) % 2**64 for o in stencil.offsets]
        for cell in range(stencil.start, stencil.stop)
    }
    for index, cell in enumerate(stencil.boundary.tolist()):
        degree = int(np.searchsorted(stencil.boundary_ends, index, side="right"))
        rows[cell] = stencil.boundary_neighbours[index, :degree].tolist()
    expected = [[n for n in row if n >= 0] for row in lattice.neighbours.tolist()]
    assert [rows[cell] for cell in range(lattice.num_cells)] == expected


def test_the_stencils_run_stays_within_the_lattice(lattice):
    run = np.arange(lattice.stencil.start, lattice.stencil.stop)
    reached = run[:, np.newaxis] + np.array(lattice.stencil.offsets).view(np.int64)
    assert ((reached >= 0) & (reached < lattice.num_cells)).all()


def test_tables_are_made_once_and_read_only(lattice):
    whole = ("coordinates", "neighbours", "degree", "moves")
    real = ("positions", "displacements", "neighbour_displacements")
    for name in whole + real:
        table = getattr(lattice, name)
        assert table is getattr(lattice, name)
        assert table.dtype == (np.int32 if name in whole else np.float64)
        with pytest.raises(ValueError, match="read-only"):
            table[...] = 0


def test_copies_are_equal_and_keep_their_tables_read_only(lattice):
    for twin in (pickle.loads(pickle.dumps(lattice)), copy.deepcopy(lattice)):
        assert twin == lattice
        assert hash(twin) == hash(lattice)
        assert not twin.neighbours.flags.writeable


def test_lattices_cannot_be_changed(lattice):
    name = dataclasses.fields(lattice)[0].name
    with pytest.raises(AttributeError, match=f"cannot assign to field '{name}'"):
        setattr(lattice, name, 99)


def test_repr_is_how_it_was_made(lattice):
    assert eval(repr(lattice), dict(vars(lattices))) == lattice
