"""Worlds without any learning: ticks, edits, seeds, saved states, checked mode."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from murk_arena import InvalidConfigError
from murk_env import Diffusion, Field, Parameter, Propagator, Square4, World
from murk_env.errors import (
    DefinitionError,
    HookError,
    LatticeError,
    PropagatorError,
    ReentrantStepError,
    SeedError,
    SeedTypeError,
    UnknownFieldError,
)
from tests.env.worlds import Counter

GRID = Square4(2, 3)


class Fill(Propagator):
    """Writes one value into a part of a field."""

    def __init__(self, field, value=1.0, part: Any = slice(None)):
        self.writes = (field,)
        self.value = value
        self.part = part

    def step(self, frame):
        frame.write(self.writes[0])[self.part] = self.value


def setting(field, value):
    """Return an act that sets a field."""

    def act(tick):
        tick[field] = value

    return act


def noise(field):
    """Return an act that adds normal numbers to a field over cells."""

    def act(tick):
        tick.edit(field)[...] += tick.rng.normal(0.0, 1.0, 6).astype(np.float32)

    return act


def test_every_field_begins_at_its_initial_value():
    heat, hits = Field(initial=2.5), Field(over="world", dtype=np.int32, initial=-4)
    world = World(GRID, {"heat": heat, "hits": hits}, num_worlds=2)
    assert (world[heat].shape, world[hits].shape) == ((2, 6), (2,))
    assert (world[heat] == 2.5).all()
    assert (world[hits] == -4).all()


def test_act_is_called_before_the_propagators():
    heat, glow = Field(), Field()
    world = World(GRID, {"heat": heat, "glow": glow}, [Diffusion(heat, coefficient=0.0, output=glow)])
    seen = []
    world.tick(lambda tick: seen.append(np.array(tick[glow])))
    assert (seen[0] == 0.0).all()
    world.tick(setting(heat, 3.0))
    world.tick()
    assert (world[glow] == 3.0).all()


def test_what_act_writes_stays_until_it_is_written_again():
    heat = Field()
    world = World(GRID, {"heat": heat})
    world.tick(setting(heat, 3.0))
    world.run(3)
    assert (world[heat] == 3.0).all()


def test_a_part_of_a_field_is_edited_in_place():
    heat = Field()
    world = World(GRID, {"heat": heat}, num_worlds=2)

    def act(tick):
        tick.edit(heat)[1, 4] = 7.0

    world.tick(act)
    assert world[heat].sum() == world[heat][1, 4] == 7.0


def test_what_act_has_written_it_reads_back():
    heat, hits = Field(), Field(mutability="sparse")
    world = World(GRID, {"heat": heat, "hits": hits})

    def act(tick):
        tick[heat], tick[hits] = 2.0, 3.0
        assert (tick[heat] + tick[hits] == 5.0).all()
        assert tick.at(hits, np.array([1])).tolist() == [3.0]

    world.tick(act)


@pytest.mark.parametrize("make", [Counter, lambda field: Diffusion(field, coefficient=0.0, decay=1.0)])
def test_act_reads_a_propagators_field_as_it_was_before_the_tick(make):
    heat = Field(initial=1.0)
    world = World(GRID, {"heat": heat}, [make(heat)])
    for _ in range(4):
        seen, published = [], world[heat].tobytes()
        world.tick(lambda tick, seen=seen: seen.append(tick[heat].tobytes()))
        assert seen == [published]
        assert world[heat].tobytes() != published


def test_what_act_reads_cannot_be_written():
    heat = Field()
    world = World(GRID, {"heat": heat})
    with pytest.raises(HookError, match=r"act raised ValueError: .*read-only"):
        world.tick(lambda tick: tick[heat].fill(1.0))


def test_elapsed_steps_count_the_tick_in_progress_from_the_last_reset_on():
    world, seen = World(GRID, {"heat": Field()}, num_worlds=2), []

    def look(tick):
        seen.append(tick.elapsed_steps.tolist())

    world.tick(look)
    world.tick(look)
    with world.edit() as tick:
        look(tick)
    world.reset(seed=1)
    world.tick(look)
    assert seen == [[1, 1], [2, 2], [2, 2], [1, 1]]


def test_elapsed_steps_cannot_be_set():
    world = World(GRID, {"heat": Field()})
    with (
        pytest.raises(DefinitionError, match="'elapsed_steps' is kept by the env: it counts the steps of an"),
        world.edit() as tick,
    ):
        tick.elapsed_steps = 0


def test_whole_numbers_are_not_set_to_fractions():
    hits = Field(dtype=np.int32)
    world = World(GRID, {"hits": hits})
    with pytest.raises(HookError, match="hits"):
        world.tick(setting(hits, 0.7))
    assert (world[hits] == 0).all()


def test_a_field_over_agents_has_a_value_for_each_of_them():
    place = Field(over="agents", dtype=np.int32)
    velocity = Field(over="agents", components=2)
    world = World(GRID, {"place": place, "velocity": velocity}, num_worlds=3, num_agents=4)
    world.tick(setting(place, np.arange(4)[np.newaxis]))
    assert world[place].tolist() == [[0, 1, 2, 3]] * 3
    assert world[velocity].shape == (3, 2, 4)


def test_a_batch_equals_single_worlds_with_the_following_seeds():
    def after(num_worlds, seed):
        heat = Field()
        world = World(GRID, {"heat": heat}, num_worlds=num_worlds, seed=seed)
        for _ in range(4):
            world.tick(noise(heat))
        return np.array(world[heat])

    singles = [after(1, 5 + index)[0] for index in range(3)]
    assert after(3, 5).tobytes() == np.stack(singles).tobytes()


def test_a_reset_sets_the_initial_values_and_restarts_the_seeds_numbers():
    heat = Field(initial=1.0)
    world = World(GRID, {"heat": heat}, num_worlds=2, seed=3)

    def values():
        for _ in range(5):
            world.tick(noise(heat))
            yield world[heat].tobytes()

    first = list(values())
    world.reset(seed=3)
    assert (world[heat] == 1.0).all()
    assert list(values()) == first


def test_worlds_without_a_seed_differ():
    heat = Field()
    first, second = World(GRID, {"heat": heat}), World(GRID, {"heat": heat})
    first.tick(noise(heat))
    second.tick(noise(heat))
    assert (first[heat] != second[heat]).any()


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        (-1, SeedError, "a seed is a non-negative integer, not -1"),
        (1.0, SeedTypeError, "a seed is a non-negative integer, not 1.0 of type float"),
        ("1", SeedTypeError, "not '1' of type str"),
    ],
)
def test_a_seed_that_is_none_is_refused_and_nothing_changes(seed, error, message):
    heat = Field()
    world = World(GRID, {"heat": heat}, seed=1)
    world.tick(noise(heat))
    before = np.array(world[heat])
    with pytest.raises(error, match=message):
        world.reset(seed=seed)
    assert world[heat].tobytes() == before.tobytes()


def test_there_is_at_least_one_world():
    with pytest.raises(InvalidConfigError, match="num_worlds is 0; an arena holds at least one world"):
        World(GRID, {"heat": Field()}, num_worlds=0)


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


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda world: world.tick(), "tick"),
        (lambda world: world.reset(seed=1), "reset"),
        (lambda world: world.edit().__enter__(), "edit"),
        (lambda world: world.restore(world.save()), "restore"),
    ],
    ids=["tick", "reset", "edit", "restore"],
)
def test_a_propagator_that_calls_back_into_its_world_is_refused(call, name):
    heat = Field()
    worlds = []

    class Again(Counter):
        def step(self, frame):
            super().step(frame)
            call(worlds[0])

    worlds.append(World(GRID, {"heat": heat}, [Again(heat)], seed=1))
    with pytest.raises(
        PropagatorError, match=r"Again\(heat\) raised ReentrantStepError: this batch"
    ) as caught:
        worlds[0].tick()
    assert isinstance(caught.value.__cause__, ReentrantStepError)
    assert (worlds[0][heat] == 0.0).all()


# --- checked mode ---------------------------------------------------------------------------------


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


@pytest.mark.parametrize("lattice", [3, "square", None])
def test_a_world_lies_on_a_lattice(lattice):
    with pytest.raises(LatticeError, match=f"a World lies on a Lattice, .* not on {lattice!r}"):
        World(lattice, {"heat": Field()})
