"""Automaton: Life's known patterns, and the rule by its definition on every lattice."""

from typing import Any

import numpy as np
import pytest

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Line1D, Square4, Square8
from murk_env.propagators import Automaton
from murk_env.world import World
from tests.env.propagators.subjects import LATTICES
from tests.tiers import representatives

LIFE = {"birth": (3,), "survival": (2, 3)}
BLINKER = ["ooo"]
TOAD = [".ooo", "ooo."]
BEACON = ["oo..", "oo..", "..oo", "..oo"]
BLOCK = ["oo", "oo"]
GLIDER = [".o.", "..o", "ooo"]
PULSAR = [
    "..ooo...ooo..",
    ".............",
    "o....o.o....o",
    "o....o.o....o",
    "o....o.o....o",
    "..ooo...ooo..",
    ".............",
    "..ooo...ooo..",
    "o....o.o....o",
    "o....o.o....o",
    "o....o.o....o",
    ".............",
    "..ooo...ooo..",
]
PENTADECATHLON = ["..o....o..", "oo.oooo.oo", "..o....o.."]
R_PENTOMINO = [".oo", "oo.", ".o."]


def grid(pattern, side):
    """Return a pattern in the middle of an empty square."""
    cells = np.zeros((side, side), np.int32)
    top, left = (side - len(pattern)) // 2, (side - len(pattern[0])) // 2
    rows = np.array([[mark == "o" for mark in row] for row in pattern])
    cells[top : top + rows.shape[0], left : left + rows.shape[1]] = rows
    return cells


def live(lattice, cells, ticks=1, *, categories=2, **rule):
    """Return the worlds' cells after some generations, in the shape they came in."""
    alive = Field(categories=categories)
    worlds = np.asarray(cells, np.int32).reshape(-1, lattice.num_cells)
    world = World(lattice, {"alive": alive}, [Automaton(alive, **rule)], num_worlds=len(worlds))
    with world.edit() as tick:
        tick[alive] = worlds
    world.run(ticks)
    return np.array(world[alive]).reshape(np.shape(cells))


def life(cells, ticks, edge: Any = "wrap"):
    rows, cols = cells.shape
    return live(Square8(rows, cols, edge), cells, ticks, **LIFE)


@pytest.mark.slow
@pytest.mark.parametrize("edge", ["absorb", "wrap"])
@pytest.mark.parametrize(
    ("pattern", "period"),
    [(BLOCK, 1), (BLINKER, 2), (TOAD, 2), (BEACON, 2), (PULSAR, 3), (PENTADECATHLON, 15)],
    ids=["block", "blinker", "toad", "beacon", "pulsar", "pentadecathlon"],
)
def test_a_pattern_of_life_comes_back_after_its_period_and_not_before(pattern, period, edge):
    start = grid(pattern, 22)
    came_back = [np.array_equal(life(start, ticks, edge), start) for ticks in range(1, period + 1)]
    assert came_back == [False] * (period - 1) + [True]


@pytest.mark.parametrize("times", [1, 3, 8])
def test_a_glider_moves_one_cell_down_and_right_in_four_generations(times):
    start = grid(GLIDER, 8)
    assert np.array_equal(life(start, 4 * times), np.roll(start, (times, times), (0, 1)))


def test_a_glider_turns_into_a_block_in_an_absorbing_corner():
    assert life(grid(GLIDER, 6), 30, "absorb")[-2:, -2:].tolist() == [[1, 1], [1, 1]]
    assert life(grid(GLIDER, 6), 30, "absorb").sum() == 4


def test_the_r_pentomino_has_its_known_population():
    start = grid(R_PENTOMINO, 60)
    assert [life(start, ticks).sum() for ticks in (1, 2, 3, 4, 5)] == [6, 7, 9, 8, 9]


@pytest.mark.few(2)
@pytest.mark.parametrize("lattice", representatives(LATTICES, LATTICES[1::2]), ids=repr)
def test_a_generation_is_the_rule_for_every_cell(lattice):
    cells = np.random.default_rng(2).integers(0, 2, (3, lattice.num_cells))
    table = lattice.neighbours
    living = np.where(table >= 0, cells[:, table], 0).sum(axis=2)
    expected = np.where(cells == 1, np.isin(living, (0, 2)), np.isin(living, (1, 2))).astype(int)
    assert live(lattice, cells, birth=(2, 1, 1), survival={0, 2}).tolist() == expected.tolist()


def test_everything_but_nothing_lives():
    assert live(Line1D(5), [0, 0, 7, 0, 0], categories=8, birth=[1], survival=[0]).tolist() == [0, 1, 1, 1, 0]


def test_birth_from_nothing_fills_the_empty():
    assert live(Line1D(3), [0, 0, 1], birth=[0], survival=[]).tolist() == [1, 0, 0]


@pytest.mark.parametrize("counts", [[-1], [1.5], ["3"], [True], 3])
@pytest.mark.parametrize("name", ["birth", "survival"])
def test_counts_are_numbers_of_neighbours(name, counts):
    with pytest.raises(
        PropagatorConfigError, match=f"Automaton's {name} must be a collection .* integers >= 0, not"
    ):
        Automaton(Field(categories=2), **{**LIFE, name: counts})


def test_a_count_that_no_cell_can_have_is_refused():
    alive = Field(categories=2)
    with pytest.raises(
        PipelineError, match=r"Automaton\(alive\) waits for \[5, 6\] .* at most 4; name counts up to 4"
    ):
        World(Square4(3, 3), {"alive": alive}, [Automaton(alive, birth=(3, 5), survival=(6, 4))])


def test_a_float_field_is_refused():
    alive = Field()
    with pytest.raises(PipelineError, match="needs 'alive' as a scalar int32 field over cells"):
        World(Square8(3, 3), {"alive": alive}, [Automaton(alive, **LIFE)])


def test_guarantees_are_nothing_and_one():
    alive = Field(categories=2)
    assert Automaton(alive, **LIFE).guarantees(alive) == (0, 1)
