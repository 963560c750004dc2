"""The block of an edit: what it has given changes nothing after it, and it happens whole or not at all."""

import copy

import numpy as np
import pytest

from murk_arena import ClosedTickError
from murk_env import Field, Line1D, World
from murk_env.errors import DefinitionError, HookError
from tests.env.engine.injection import raised_within
from tests.env.engine.states import state_of

HEAT = Field(low=0.0, high=9.0)
COUNT = Field(over="world", dtype=np.int32)
RARE = Field(mutability="sparse")
FIELDS = {"heat": HEAT, "count": COUNT, "rare": RARE}


@pytest.fixture(params=[False, True], ids=["", "checked"])
def world(request) -> World:
    return World(Line1D(3), FIELDS, num_worlds=2, seed=0, checked=request.param)


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_what_is_kept_of_an_edit_changes_nothing_after_it(world, field):
    with world.edit() as tick:
        whole = tick.edit(field)
        part, flat = whole[:1], whole.reshape(-1)
        whole[...] = 4
    with pytest.raises(ValueError, match="read-only"):
        whole[...] = 99
    part[...], flat[...] = 99, 99  # numpy lets them be written; they are memory of their own
    for _ in range(3):
        assert (world[field] == 4).all()
        world.tick()


def test_what_is_kept_of_an_edit_that_failed_changes_nothing(world):
    block = world.edit()
    kept = block.__enter__().edit(HEAT)
    block.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    with pytest.raises(ValueError, match="read-only"):
        kept[...] = 5.0
    with world.edit() as tick:
        tick.count = 1
    assert (world[HEAT] == 0).all()


def test_within_the_block_the_tick_shows_what_was_written(world):
    with world.edit() as tick:
        array = tick.edit(HEAT)
        array[0] = 2.0
        assert tick.heat[0].tolist() == [2.0, 2.0, 2.0]
        tick.heat = 3.0
        assert (array == 3.0).all(), "it is the same memory"
        assert not np.asarray(tick.heat).flags.writeable


@pytest.mark.parametrize("worlds", [None, [1]])
def test_a_tick_that_was_kept_sets_nothing_in_a_later_block(world, worlds):
    with world.edit(worlds) as kept:
        kept.heat = 1.0
    with world.edit():
        with pytest.raises((DefinitionError, ClosedTickError), match=r"has ended; begin another|has closed"):
            kept.heat = 2.0
        with pytest.raises((DefinitionError, ClosedTickError), match=r"has ended|has closed|holds copies"):
            kept.edit(HEAT)
    assert world[HEAT][1].tolist() == [1.0, 1.0, 1.0]


def test_an_array_of_a_hook_is_written_while_it_runs_alone(world):
    kept = []

    def act(tick):
        kept.append(tick.edit(COUNT))
        kept[-1][...] += 1

    for number in range(1, 4):
        world.tick(act)
        assert world[COUNT].tolist() == [number, number]
    for array in kept:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 99


def test_an_array_of_a_hook_that_failed_is_written_no_more(world):
    kept = []

    def act(tick):
        kept.append(tick.edit(HEAT))
        raise ZeroDivisionError

    with pytest.raises(HookError, match="ZeroDivisionError"):
        world.tick(act)
    assert not kept[0].flags.writeable


def test_the_worlds_that_a_tick_is_of_cannot_be_written(world):
    with world.edit([0]) as tick:
        with pytest.raises(ValueError, match="read-only"):
            tick.worlds[0] = 1
        tick.heat = 1.0
    assert world[HEAT][:, 0].tolist() == [1.0, 0.0]


@pytest.mark.few(1)
@pytest.mark.parametrize("worlds", [None, [1]])
def test_an_edit_that_is_interrupted_has_happened_whole_or_not_at_all(world, worlds):
    def edit():
        with world.edit(worlds) as tick:
            tick.heat = 5.0
            tick.rare = 1.0
            tick.count = 3

    expected = copy.deepcopy(world)
    with expected.edit(worlds) as tick:
        tick.heat, tick.rare, tick.count = 5.0, 1.0, 3
    done, saved = [expected[field].tolist() for field in FIELDS.values()], world.save()
    before, moment = [world[field].tolist() for field in FIELDS.values()], 1
    while raised_within(edit, moment):
        with world.edit():  # nobody holds the worlds
            pass
        assert [world[field].tolist() for field in FIELDS.values()] in (before, done)
        world.restore(saved)
        moment += 1
    assert moment > 100
    assert state_of(world)[0] == state_of(expected)[0]
