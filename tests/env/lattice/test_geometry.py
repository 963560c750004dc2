"""Where cells lie: positions, displacements and offsets, on every lattice."""

import itertools

import numpy as np
import pytest

from murk_env.errors import LatticeError
from murk_env.lattice import Grid
from tests.env.lattice.samples import LATTICES, REPRESENTATIVES
from tests.tiers import representatives


def every_sample(where):
    """Parametrise by the lattices of which something is true."""
    found, chosen = ([one for one in some if where(one)] for some in (LATTICES, REPRESENTATIVES))
    return pytest.mark.parametrize("lattice", representatives(found, chosen), ids=repr)


def offsets_up_to(lattice, reach):
    return list(itertools.product(range(-reach, reach + 1), repeat=lattice.ndim))


def shifted_by_hand(lattice, cell, offset):
    """The rank of a cell's coordinate plus an offset, in Python's integers."""
    ranks = {tuple(row): rank for rank, row in enumerate(lattice.coordinates.tolist())}
    target = [
        (number + by) % period if period else number + by
        for number, by, period in zip(
            lattice.coordinates[cell].tolist(), offset, lattice.periods, strict=True
        )
    ]
    return ranks.get(tuple(target), -1)


def test_shifted_adds_to_the_coordinates_and_goes_around(lattice):
    offsets = offsets_up_to(lattice, 1 if lattice.ndim > 3 else 3)
    for cell in {0, lattice.num_cells // 2, lattice.num_cells - 1}:
        expected = [shifted_by_hand(lattice, cell, offset) for offset in offsets]
        assert lattice.shifted(cell, offsets).tolist() == expected


def test_shifted_takes_extreme_offsets(lattice):
    last = lattice.num_cells - 1
    for extreme in (-(2**63), -(2**31), 2**31, 2**63 - 1):
        offset = [extreme] * lattice.ndim
        assert lattice.shifted(last, offset) == shifted_by_hand(lattice, last, offset)


def test_shifted_broadcasts_cells_with_offsets(lattice):
    cells = np.arange(lattice.num_cells)
    found = lattice.shifted(cells[:, np.newaxis], np.zeros((3, lattice.ndim), np.int32))
    assert found.tolist() == [[cell] * 3 for cell in cells]
    assert lattice.shifted([], np.zeros((0, lattice.ndim), np.int32)).shape == (0,)


def test_shifted_refuses_what_is_no_cell_or_no_offset(representative):
    zero = [0] * representative.ndim
    for cell in (-1, representative.num_cells):
        with pytest.raises(LatticeError, match=f"there is no cell {cell}$"):
            representative.shifted([0, cell], zero)
    with pytest.raises(LatticeError, match=f"every offset of .* has {representative.ndim} numbers"):
        representative.shifted(0, [*zero, 0])
    with pytest.raises(LatticeError, match="offsets are integers, not float64"):
        representative.shifted(0, [0.5] * representative.ndim)


def test_a_ball_needs_a_cell(representative):
    with pytest.raises(LatticeError, match=rf"no distance between {representative.num_cells} and 0$"):
        representative.ball(representative.num_cells, 1)


def test_no_two_cells_lie_at_one_place(lattice):
    positions = lattice.positions
    apart = np.sqrt(((positions[:, np.newaxis] - positions) ** 2).sum(axis=-1))
    np.fill_diagonal(apart, 1.0)
    assert apart.min() > 0.999


def test_directions_come_in_opposite_pairs(lattice):
    ways = lattice.displacements
    assert ways.shape == (len(lattice.directions), lattice.positions.shape[1])
    np.testing.assert_allclose(np.sort(ways, axis=0), np.sort(-ways, axis=0), atol=1e-15)


@every_sample(lambda lattice: not any(lattice.periods))
def test_a_hop_leads_from_position_to_position_where_nothing_wraps(lattice):
    for cell, direction in np.argwhere(lattice.neighbours >= 0):
        way = lattice.positions[lattice.neighbours[cell, direction]] - lattice.positions[cell]
        np.testing.assert_allclose(lattice.neighbour_displacements[cell, direction], way, atol=1e-12)


@every_sample(lambda lattice: isinstance(lattice, Grid))
def test_a_hop_is_its_displacement_unless_there_is_none_or_it_is_cut_short(lattice):
    for direction, step in enumerate(lattice.steps):
        whole = lattice.shifted(np.arange(lattice.num_cells), step) >= 0
        ways = lattice.neighbour_displacements[:, direction]
        none = lattice.neighbours[:, direction] < 0
        assert (ways[whole] == lattice.displacements[direction]).all()
        assert (ways[none] == 0.0).all()


def test_whoever_hops_there_hops_back_the_opposite_way(lattice):
    ways = lattice.displacements
    for direction, way in enumerate(ways):
        back = int(np.abs(ways + way).sum(axis=1).argmin())
        whole = (lattice.neighbours[:, direction] >= 0) & np.isclose(
            lattice.neighbour_displacements[:, direction], way
        ).all(axis=1)
        cells = np.flatnonzero(whole)
        assert lattice.move(lattice.move(cells, direction), back).tolist() == cells.tolist()
