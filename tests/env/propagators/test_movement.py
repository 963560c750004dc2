"""AgentMovement against every possible set of hops, and by hand."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env.errors import PipelineError, PropagatorError
from murk_env.fields import Field
from murk_env.lattice import Fcc12, Hex2D, Line1D, Ring1D, Square4, Square8
from murk_env.propagators import AgentMovement
from murk_env.world import World
from tests.env.propagators.worlds_first import worlds_first

NORTH, SOUTH, WEST, EAST = range(4)
LATTICES = (
    Line1D(4),
    Ring1D(2),
    Ring1D(5),
    Square4(3, 3),
    Square4(2, 3, "wrap"),
    Square8(3, 3, "clamp"),
    Hex2D(3, 3),
    Fcc12(3, 3, 2),
)


def hop(lattice, cells, directions, walls=None, *, ticks=1, kind: Any = "per_tick", dtype: Any = np.float32):
    """Move agents (num_worlds, num_agents) and return their cells."""
    cells = np.atleast_2d(np.asarray(cells, np.int32))
    place, way = Field(over="agents", dtype=np.int32), Field(over="agents", dtype=np.int32)
    fields, static, obstacles = {"place": place, "way": way}, {}, None
    if walls is not None:
        fields["walls"] = obstacles = Field(mutability=kind, dtype=dtype)
        static = {obstacles: np.asarray(walls, dtype)} if kind == "static" else {}
    propagator = AgentMovement(place, way, obstacles=obstacles)
    shape = {"num_worlds": len(cells), "num_agents": cells.shape[1]}
    world = World(lattice, fields, [propagator], static=static, **shape)
    with world.edit() as tick:
        tick[place] = cells
        tick[way] = worlds_first(world, way, np.asarray(directions, np.int32))
        if obstacles is not None and not static:
            tick[obstacles] = worlds_first(world, obstacles, np.asarray(walls, dtype))
    world.run(ticks)
    return world[place].tolist() if len(cells) > 1 else world[place][0].tolist()


def hop_by_definition(lattice, cells, directions, walls):
    """Return the cells after the largest of all sets of hops that keep the rules; it holds the others."""
    goals = [
        cell if cell < 0 else lattice.moves[cell, way] for cell, way in zip(cells, directions, strict=True)
    ]
    goals = [cell if walls[goal] else int(goal) for cell, goal in zip(cells, goals, strict=True)]
    wants = [agent for agent in range(len(cells)) if goals[agent] != cells[agent]]
    sets = itertools.chain.from_iterable(
        itertools.combinations(wants, size) for size in range(len(wants) + 1)
    )
    allowed = [set(going) for going in sets if keeps_rules(going, wants, cells, goals)]
    assert all(going <= allowed[-1] for going in allowed)
    return [goals[agent] if agent in allowed[-1] else cells[agent] for agent in range(len(cells))]


def keeps_rules(going, wants, cells, goals):
    for agent in going:
        if any(goals[other] == goals[agent] and other < agent for other in wants):
            return False
        inside = [other for other in range(len(cells)) if cells[other] == goals[agent]]
        if any(other not in going or goals[other] == cells[agent] for other in inside):
            return False
    return True


def lists(values, size):
    return st.lists(values, min_size=size, max_size=size)


@given(data=st.data(), lattice=st.sampled_from(LATTICES))
@settings(max_examples=100, deadline=None)
def test_the_hops_are_the_largest_set_that_keeps_the_rules(data, lattice):
    num_agents = data.draw(st.integers(1, 6))
    cells = data.draw(lists(st.integers(-1, lattice.num_cells - 1), num_agents))
    directions = data.draw(lists(st.integers(-1, len(lattice.directions) - 1), num_agents))
    walls = data.draw(st.sets(st.integers(0, lattice.num_cells - 1), max_size=2))
    blocked = np.isin(np.arange(lattice.num_cells), list(walls))
    assert hop(lattice, cells, directions, blocked) == hop_by_definition(lattice, cells, directions, blocked)


@pytest.mark.slow
def test_agents_hop_in_their_directions():
    assert hop(Square4(3, 3), [4, 4, 4, 4], [NORTH, SOUTH, WEST, EAST]) == [1, 7, 3, 5]


@pytest.mark.slow
def test_an_edge_holds_and_a_torus_does_not():
    assert hop(Square4(3, 3), [0, 8], [NORTH, EAST]) == [0, 8]
    assert hop(Square4(3, 3, "wrap"), [1, 8], [NORTH, EAST]) == [7, 6]


def test_the_lowest_index_wins_a_contested_cell():
    assert hop(Line1D(5), [3, 1, 4], [0, 1, 0]) == [2, 1, 3]
    assert hop(Line1D(5), [1, 3, 0], [1, 0, 1]) == [2, 3, 1]


def test_a_row_advances_together_and_stops_together():
    assert hop(Line1D(6), [0, 1, 2], [1, 1, 1]) == [1, 2, 3]
    assert hop(Line1D(3), [0, 1, 2], [1, 1, 1]) == [0, 1, 2]
    assert hop(Line1D(6), [0, 1, 2], [1, 1, -1]) == [0, 1, 2]


def test_two_agents_do_not_exchange_cells_but_a_ring_turns():
    assert hop(Line1D(4), [1, 2], [1, 0]) == [1, 2]
    assert hop(Ring1D(2), [0, 1], [1, 1]) == [0, 1]
    assert hop(Square4(2, 2), [0, 1, 3, 2], [EAST, SOUTH, WEST, NORTH]) == [1, 3, 2, 0]


def test_who_leaves_makes_room_only_if_it_succeeds():
    assert hop(Square4(2, 3), [1, 0, 5], [SOUTH, EAST, NORTH]) == [4, 1, 2]
    assert hop(Square4(2, 3), [1, 0, 4], [SOUTH, EAST, -1]) == [1, 0, 4]


def test_an_agent_out_of_the_world_neither_hops_nor_is_in_the_way():
    assert hop(Line1D(3), [-1, 0, -1], [1, 1, 0]) == [-1, 1, -1]


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["per_tick", "sparse", "static"])
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_obstacles_keep_agents_out_but_not_in(kind, dtype):
    walls = [0, 0, 1, 0, 2]
    assert hop(Line1D(5), [[1, 4]] * 2, [1, 0], walls, kind=kind, dtype=dtype) == [[1, 3]] * 2


def test_nothing_is_left_over_from_the_ticks_before():
    assert hop(Ring1D(6), [0, 3, 4], [1, 1, 1], ticks=6) == [0, 3, 4]
    assert hop(Line1D(5), [0, 4], [1, 0], ticks=5) == [2, 3]


def test_no_two_of_many_agents_meet():
    lattice, rng = Square8(8, 8, "wrap"), np.random.default_rng(3)
    cells = np.stack([rng.permutation(64)[:40] for _ in range(20)])
    for _ in range(5):
        cells = np.array(hop(lattice, cells, rng.integers(-1, 8, cells.shape)))
        assert all(len(set(row)) == 40 for row in cells.tolist())


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("cells", "directions", "told"),
    [
        ([0, 9], [0, 0], r"agent 1 of world 1 is on cell 9 with the direction 0"),
        ([0, -2], [0, 0], r"agent 1 of world 1 is on cell -2 with the direction 0"),
        (
            [0, 1],
            [0, 4],
            r"agent 1 of world 1 is on cell 1 with the direction 4; .*cells 0 to 8.*directions 0 to 3",
        ),
        ([0, 1], [0, -2], r"agent 1 of world 1 is on cell 1 with the direction -2"),
    ],
)
def test_there_is_no_such_cell_or_direction(cells, directions, told):
    with pytest.raises(PropagatorError, match=told):
        hop(Square4(3, 3), [[0, 1], cells], [[0, 0], directions])


@pytest.mark.parametrize(
    "wrong",
    [{"over": "cells"}, {"dtype": np.float32}, {"components": 2}, {"mutability": "static"}],
)
def test_fields_that_are_not_of_agents_are_refused(wrong):
    right = {"over": "agents", "dtype": np.int32}
    for name in ("cells", "directions"):
        fields = {"cells": Field(**right), "directions": Field(**right), name: Field(**{**right, **wrong})}
        with pytest.raises(PipelineError, match=f"'{name}'"):
            World(Line1D(3), fields, [AgentMovement(fields["cells"], fields["directions"])], num_agents=2)
