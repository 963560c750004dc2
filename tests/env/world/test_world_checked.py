"""Checked mode of a World finds what is incomplete, not finite or no category."""

import numpy as np
import pytest

from murk_env import Field, Square4, World
from murk_env.errors import (
    DefinitionError,
    HookError,
    PropagatorError,
)
from tests.env.world.test_world import Fill, setting
from tests.env.worlds import Counter

GRID = Square4(2, 3)


def test_checked_mode_takes_complete_and_finite_writes():
    heat = Field()
    world = World(GRID, {"heat": heat}, [Fill(heat, 2.0)], checked=True)
    world.run(3)
    assert (world[heat] == 2.0).all()


@pytest.mark.parametrize(
    "declaration",
    [{}, {"dtype": np.int32}, {"dtype": np.int32, "low": 0, "high": 5}, {"mutability": "sparse"}],
    ids=["float", "int", "bounded", "sparse"],
)
def test_checked_mode_finds_an_incomplete_full_write(declaration):
    heat = Field(**declaration)
    part = (slice(None), slice(0, 5))
    world = World(GRID, {"heat": heat}, [Fill(heat, 1, part)], num_worlds=2, checked=True)
    with pytest.raises(PropagatorError, match=r"Fill\(heat\) .*'heat'.* unset.* in world 0 at index \(5,\)"):
        world.tick()
    assert (world[heat] == 0).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_checked_mode_finds_a_propagator_that_writes_what_is_not_finite(value):
    heat = Field()
    counter = Counter(heat)
    world = World(GRID, {"heat": heat}, [counter], num_worlds=4, checked=True)
    with world.edit() as tick:
        tick.edit(heat)[[1, 3], 2] = np.finfo(np.float32).max
    counter.step = lambda frame: frame.update(heat).__setitem__(([1, 3], 2), value)
    with pytest.raises(
        PropagatorError, match=r"Counter\(heat\) .* not finite to 'heat' in world\(s\) \[1, 3\]"
    ):
        world.tick()
    assert np.isfinite(world[heat]).all()


def test_checked_mode_finds_an_act_that_writes_what_is_not_finite():
    heat = Field()
    world = World(GRID, {"heat": heat}, num_worlds=2, checked=True)
    with pytest.raises(HookError, match=r"act .*not finite to 'heat' in world\(s\) \[0, 1\]"):
        world.tick(setting(heat, np.nan))
    assert (world[heat] == 0.0).all()


@pytest.mark.parametrize("value", [-1, 3])
def test_checked_mode_finds_what_is_no_category(value):
    kind = Field(categories=3)
    world = World(GRID, {"kind": kind}, num_worlds=2, checked=True)
    with pytest.raises(HookError, match=r"act wrote what is no category to 'kind' in world\(s\) \[0, 1\]"):
        world.tick(setting(kind, value))
    world.tick(setting(kind, 2))
    assert (world[kind] == 2).all()


def test_an_edit_to_what_is_not_finite_is_refused():
    heat = Field()
    world = World(GRID, {"heat": heat})
    with (
        pytest.raises(DefinitionError, match="field 'heat' takes finite numbers, not nan"),
        world.edit() as tick,
    ):
        tick[heat] = np.nan
    assert (world[heat] == 0.0).all()


def test_without_checks_what_is_not_finite_is_published():
    heat = Field()
    world = World(GRID, {"heat": heat})
    world.tick(setting(heat, np.inf))
    assert np.isinf(world[heat]).all()
