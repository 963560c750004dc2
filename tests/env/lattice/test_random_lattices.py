"""Lattices of random sides against a model in plain Python."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from tests.env.lattice.samples import breadth_first

EDGES = st.sampled_from(("absorb", "clamp", "wrap"))
STRAIGHT = [(-1, 0), (1, 0), (0, -1), (0, 1)]
STEPS = {
    Line1D: [(-1,), (1,)],
    Ring1D: [(-1,), (1,)],
    Square4: STRAIGHT,
    Square8: [*STRAIGHT, (-1, -1), (-1, 1), (1, -1), (1, 1)],
    Hex2D: [(1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1), (0, 1)],
    Fcc12: [
        *((x, y, 0) for y in (1, -1) for x in (1, -1)),
        *((x, 0, z) for z in (1, -1) for x in (1, -1)),
        *((0, y, z) for z in (1, -1) for y in (1, -1)),
    ],
}


def sides(count, most):
    return st.tuples(*[st.integers(1, most)] * count)


HALVES = st.tuples(*[st.integers(1, 3)] * 3)
SIMPLE = st.one_of(
    st.builds(Line1D, st.integers(1, 9), EDGES),
    st.builds(Ring1D, st.integers(1, 9)),
    st.builds(lambda box, edge: Square4(*box, edge=edge), sides(2, 8), EDGES),
    st.builds(lambda box, edge: Square8(*box, edge=edge), sides(2, 8), EDGES),
    st.builds(lambda box, edge: Hex2D(*box, edge=edge), sides(2, 9), st.sampled_from(("absorb", "wrap"))),
    st.builds(lambda box: Fcc12(*box), sides(3, 6).filter(lambda box: sorted(box)[1] > 1)),
    st.builds(lambda box: Fcc12(*[2 * half for half in box], edge="wrap"), HALVES),
)
SMALL = st.one_of(
    st.builds(Line1D, st.integers(1, 3), EDGES),
    st.builds(Ring1D, st.integers(1, 4)),
    st.builds(lambda box: Hex2D(*box, edge="wrap"), sides(2, 3)),
    st.builds(lambda box, edge: Square8(*box, edge=edge), sides(2, 2), EDGES),
)
PRODUCTS = st.lists(SMALL, min_size=1, max_size=3).map(lambda parts: Product(*parts))


def neighbour_by_hand(lattice, ranks, coordinate, step):
    """The rank a step leads to by the rules of the edge, one axis at a time; -1 for none."""
    target = []
    for number, by, side in zip(coordinate, step, lattice.box, strict=True):
        moved = number + by
        if lattice.edge == "wrap":
            moved %= side
        elif lattice.edge == "clamp" and not isinstance(lattice, Fcc12):
            moved = min(max(moved, 0), side - 1)
        target.append(moved)
    return ranks.get(tuple(target), -1)


@given(lattice=SIMPLE)
@settings(max_examples=120, deadline=None)
def test_neighbours_are_those_of_the_edges_rules(lattice):
    ranks = {tuple(row): rank for rank, row in enumerate(lattice.coordinates.tolist())}
    expected = [
        [neighbour_by_hand(lattice, ranks, coordinate, step) for step in STEPS[type(lattice)]]
        for coordinate in ranks
    ]
    assert lattice.neighbours.tolist() == expected


@given(lattice=PRODUCTS)
@settings(max_examples=40, deadline=None)
def test_neighbours_of_a_product_vary_one_part_at_a_time(lattice):
    combinations = list(itertools.product(*(range(part.num_cells) for part in lattice.lattices)))
    ranks = {cells: rank for rank, cells in enumerate(combinations)}
    for cells, rank in ranks.items():
        expected = [
            -1 if there < 0 else ranks[(*cells[:index], there, *cells[index + 1 :])]
            for index, part in enumerate(lattice.lattices)
            for there in part.neighbours[cells[index]].tolist()
        ]
        assert lattice.neighbours[rank].tolist() == expected


@pytest.mark.slow
@given(lattice=st.one_of(SIMPLE, PRODUCTS), data=st.data())
@settings(max_examples=120, deadline=None)
def test_distance_is_the_number_of_hops_from_any_cell(lattice, data):
    origin = data.draw(st.integers(0, lattice.num_cells - 1))
    assert lattice.distance(origin, np.arange(lattice.num_cells)).tolist() == breadth_first(lattice, origin)


@given(lattice=st.one_of(SIMPLE, PRODUCTS))
@settings(max_examples=60, deadline=None)
def test_the_stencil_gives_back_the_neighbours_of_any_lattice(lattice):
    stencil, rebuilt = lattice.stencil, {}
    for cell in range(stencil.start, stencil.stop):
        rebuilt[cell] = [(cell + int(offset)) % 2**64 for offset in stencil.offsets]
    degrees = np.searchsorted(stencil.boundary_ends, np.arange(len(stencil.boundary)), side="right")
    for cell, row, degree in zip(stencil.boundary, stencil.boundary_neighbours, degrees, strict=True):
        rebuilt[int(cell)] = row[:degree].tolist()
    expected = [[n for n in row if n >= 0] for row in lattice.neighbours.tolist()]
    assert [rebuilt[cell] for cell in range(lattice.num_cells)] == expected
