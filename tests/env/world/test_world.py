"""Worlds without any learning: ticks, edits, seeds, saved states, checked mode."""

from typing import Any

import numpy as np
import pytest

from murk_arena import InvalidConfigError
from murk_env import Diffusion, Field, Propagator, Square4, World
from murk_env.errors import (
    DefinitionError,
    HookError,
    LatticeError,
    PropagatorError,
    ReentrantStepError,
    SeedError,
    SeedTypeError,
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
        (-1, SeedError, "a seed must be a non-negative integer, not -1"),
        (1.0, SeedTypeError, "a seed must be a non-negative integer, not 1.0 of type float"),
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


@pytest.mark.parametrize("lattice", [3, "square", None])
def test_a_world_lies_on_a_lattice(lattice):
    with pytest.raises(LatticeError, match=f"a World lies on a Lattice, .* not on {lattice!r}"):
        World(lattice, {"heat": Field()})
