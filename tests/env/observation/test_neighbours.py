"""Neighbours' slots, against all images of all agents on every lattice."""

import functools
import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env.errors import BlueprintError
from murk_env.lattice import Hex2D, Ring1D, Square4
from murk_env.observation import Neighbours
from tests.env.observation.scenes import LATTICES, Fields, plan_of, seen

CELLS = Fields.cells


@functools.cache
def images_of(lattice, turns=6):
    """Displacements to the images of a cell, around every axis that wraps up to `turns` times."""
    periods = [range(-turns * p, turns * p + 1, p) if p else (0,) for p in lattice.periods]
    steps = lattice.coordinates - lattice.coordinates[0]
    basis = np.linalg.pinv(steps.astype(float)) @ (lattice.positions - lattice.positions[0])
    return np.array(list(itertools.product(*periods))) @ basis


def shortest_ways(lattice, here, there):
    """Squared length of the shortest way between two cells, and all ways that are so long."""
    ways = lattice.positions[there] - lattice.positions[here] + images_of(lattice)
    lengths = (ways**2).sum(axis=1)
    return lengths.min(), ways[lengths < lengths.min() + 1e-6]


def check_slots(lattice, cells, agent, slots):
    """Compare one agent's slots (count, num_axes + 1) with all that could be there."""
    others = [
        (round(shortest_ways(lattice, cells[agent], cell)[0], 6), index)
        for index, cell in enumerate(cells)
        if index != agent and cell >= 0 and cells[agent] >= 0
    ]
    nearest = [index for _, index in sorted(others)][: len(slots)]
    for slot, other in zip(slots, nearest, strict=False):
        ways = shortest_ways(lattice, cells[agent], cells[other])[1]
        assert any(np.allclose(slot[:-1], way, atol=1e-5) for way in ways)
        assert slot[-1] == 1.0
    assert not slots[len(nearest) :].any()


@given(lattice=st.sampled_from(LATTICES), data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_slots_hold_the_shortest_ways_to_the_nearest_others(lattice, data):
    cells = data.draw(st.lists(st.integers(-1, lattice.num_cells - 1), min_size=5, max_size=5))
    out = seen(lattice, {CELLS: [cells]}, Neighbours(CELLS, 3), num_agents=5, over="agents")
    for agent, slots in enumerate(out[0].reshape(5, 3, -1)):
        check_slots(lattice, cells, agent, slots)


def test_on_a_long_torus_of_hexagons_the_shortest_way_turns_around_more_than_once():
    lattice = Hex2D(2, 16, "wrap")
    for cell in range(lattice.num_cells):
        slots = seen(lattice, {CELLS: [[0, cell]]}, Neighbours(CELLS, 1), num_agents=2, over="agents")
        check_slots(lattice, [0, cell], 0, slots[0, 0].reshape(1, 3))


def test_on_hexagons_one_cell_wide_the_way_may_turn_around_the_short_axis():
    lattice = Hex2D(
        1, 8, "wrap"
    )  # images of a cell lie 1 apart to the east: the fourth row has one straight below
    slots = seen(lattice, {CELLS: [[0, 4]]}, Neighbours(CELLS, 1), num_agents=2, over="agents")
    assert abs(slots[0, 0][0]) < 1e-6
    assert abs(slots[0, 0][1]) == pytest.approx(4 * 3**0.5 / 2, rel=1e-6)


def test_among_equally_near_agents_the_lower_index_comes_first():
    slots = seen(Square4(3, 3), {CELLS: [[4, 7, 5, 1]]}, Neighbours(CELLS, 3), num_agents=4)
    south, east, north = [0, 1, 1], [1, 0, 1], [0, -1, 1]
    assert slots[0, :9].tolist() == [*south, *east, *north]


def test_agents_in_one_cell_see_each_other_at_no_distance():
    slots = seen(Ring1D(4), {CELLS: [[2, 2]]}, Neighbours(CELLS, 2), num_agents=2)
    assert slots[0].tolist() == [0, 1, 0, 0, 0, 1, 0, 0]


def test_an_agent_that_has_left_sees_nobody_and_is_not_seen():
    values = {CELLS: [[0, -1, 3]]}
    slots = seen(Square4(1, 4), values, Neighbours(CELLS, 2), num_agents=3, over="agents")
    assert slots[0].tolist() == [[3, 0, 1, 0, 0, 0], [0] * 6, [-3, 0, 1, 0, 0, 0]]


@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_every_pair_of_cells_lies_within_the_space(lattice):
    pairs = np.array(list(itertools.product(range(lattice.num_cells), repeat=2)))
    plan = plan_of(lattice, Neighbours(CELLS, 1), num_agents=2, over="agents")
    out = seen(lattice, {CELLS: pairs}, Neighbours(CELLS, 1), num_agents=2, over="agents")
    assert (out >= plan.space.low).all()
    assert (out <= plan.space.high).all()


def test_on_squares_the_space_is_no_wider_than_the_ways():
    wraps = plan_of(Square4(5, 8, "wrap"), Neighbours(CELLS, 1), num_agents=2, over="agents").space
    ends = plan_of(Square4(5, 8), Neighbours(CELLS, 1), num_agents=2, over="agents").space
    assert (wraps.low.tolist(), wraps.high.tolist()) == ([-4, -2, 0], [4, 2, 1])
    assert (ends.low.tolist(), ends.high.tolist()) == ([-7, -4, 0], [7, 4, 1])


def test_ways_around_a_lattice_that_is_bent_are_refused():
    @dataclass(frozen=True, repr=False)
    class Circle(Ring1D):
        """A ring whose cells lie on a circle."""

        def _positions(self):
            angle = 2 * np.pi * np.arange(self.length) / self.length
            return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    with pytest.raises(BlueprintError, match=r"linear in the coordinates, as those of Circle\(6\) are not"):
        plan_of(Circle(6), Neighbours(CELLS, 1), num_agents=2)
