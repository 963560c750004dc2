"""Between its ticks a World is edited, copied, saved and restored."""

import copy
import pickle

import numpy as np
import pytest

from murk_env import Diffusion, Field, Parameter, Square4, World
from murk_env.errors import (
    DefinitionError,
    UnknownFieldError,
)
from tests.env.world.test_world import noise
from tests.env.worlds import Counter

GRID = Square4(2, 3)


def test_an_edit_sets_also_what_propagators_write_and_is_no_tick():
    hits = Field()
    world = World(GRID, {"hits": hits}, [Counter(hits)])
    world.run(2)
    with world.edit() as tick:
        tick[hits] = 10.0
    assert (world[hits] == 10.0).all()
    world.tick()
    assert (world[hits] == 11.0).all()


@pytest.mark.parametrize("make", [Counter, lambda field: Diffusion(field, coefficient=0.0, sources={0: 4.0})])
def test_an_edit_reads_the_published_values(make):
    heat, other = Field(), Field(mutability="sparse", initial=2.0)
    world = World(GRID, {"heat": heat, "other": other}, [make(heat)])
    for _ in range(5):
        world.tick()
        published = np.array(world[heat])
        with world.edit() as tick:
            assert tick[heat].tobytes() == published.tobytes()
            tick[heat] = tick[heat] * tick[other]
        assert world[heat].tobytes() == (published * np.float32(2.0)).tobytes()


def test_an_edit_that_fails_changes_nothing():
    heat = Field()
    world = World(GRID, {"heat": heat})

    def edit():
        with world.edit() as tick:
            tick[heat] = 5.0
            raise KeyError("no")

    with pytest.raises(KeyError, match="no"):
        edit()
    assert (world[heat] == 0.0).all()
    world.tick()


def test_an_edit_draws_other_numbers_than_the_tick_before_it():
    first, second = Field(over="world"), Field(over="world")
    world = World(GRID, {"first": first, "second": second}, seed=3)
    world.tick(lambda tick: tick.edit(first).__setitem__(..., tick.rng.random()))
    with world.edit() as tick:
        tick[second] = tick.rng.random()
    assert world[first][0] != world[second][0]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda world: pickle.loads(pickle.dumps(world))])
def test_a_copy_of_a_world_goes_on_as_the_world_does(copied):
    heat, rate, wall = Field(low=0.0), Parameter(0.1, low=0.05, high=0.2), Field(mutability="static")
    world = World(
        GRID,
        {"heat": heat, "rate": rate, "wall": wall},
        [Diffusion(heat, coefficient=rate, sources={2: 5.0})],
        num_worlds=2,
        dt=0.5,
        seed=8,
        static={wall: np.arange(6.0)},
    )
    with world.edit() as tick:
        tick[rate] = np.array([0.05, 0.2])
    world.run(3)
    twin = copied(world)
    assert twin["heat"].tobytes() == world[heat].tobytes()
    for one in (world, twin):
        one.tick(lambda tick: setattr(tick, "rate", 0.1 + 0.1 * tick.rng.random()))
        one.run(2)
    assert [twin[name].tobytes() for name in twin.fields] == [world[name].tobytes() for name in world.fields]


@pytest.mark.parametrize("value", [0.3, 0.01, np.nan, np.inf])
def test_a_parameter_beyond_its_bounds_is_refused_with_its_world(value):
    heat, rate = Field(), Parameter(0.1, low=0.05, high=0.2)
    world = World(GRID, {"heat": heat, "rate": rate}, [Diffusion(heat, coefficient=rate)], num_worlds=3)
    message = r"world 1: field 'rate' takes (finite numbers|values in \[0.05.*, 0.2.*\]), not "
    with pytest.raises(DefinitionError, match=message), world.edit() as tick:
        tick.rate = np.array([0.2, value, 0.1])
    assert world[rate].tolist() == [np.float32(0.1)] * 3


def test_a_deep_copy_of_a_world_has_the_same_fields():
    heat = Field()
    world = World(GRID, {"heat": heat}, seed=1)
    assert copy.copy(heat) is copy.deepcopy(heat) is heat
    assert copy.deepcopy(world)[heat].tolist() == world[heat].tolist()


def test_a_field_of_an_unknown_name_is_refused():
    with pytest.raises(UnknownFieldError, match="no field is called 'heet'; did you mean 'heat'"):
        World(GRID, {"heat": Field()})["heet"]


@pytest.mark.parametrize("pickled", [False, True])
def test_a_saved_state_goes_on_as_the_world_did(pickled):
    heat, rare = Field(), Field(mutability="sparse")
    world = World(GRID, {"heat": heat, "rare": rare}, num_worlds=2, seed=8)
    world.tick(noise(heat))
    saved = world.save()
    world.tick(noise(rare))
    world.tick(noise(heat))
    expected = world[heat].tobytes(), world[rare].tobytes()
    world.run(3)
    world.restore(pickle.loads(pickle.dumps(saved)) if pickled else saved)
    world.tick(noise(rare))
    world.tick(noise(heat))
    assert (world[heat].tobytes(), world[rare].tobytes()) == expected


def test_a_saved_state_is_restored_into_another_world_of_the_same_kind():
    heat = Field()
    diffusion = Diffusion(heat, coefficient=0.1, sources={2: 5.0})
    first, second = (World(GRID, {"heat": heat}, [diffusion], seed=1) for _ in range(2))
    first.run(5)
    second.restore(first.save())
    first.tick()
    second.tick()
    assert second[heat].tobytes() == first[heat].tobytes()
