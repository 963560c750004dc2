"""What hooks see of the worlds: values to read, ticks to write through, and what both refuse."""

import numpy as np
import pytest

from murk_env import Field, MurkVectorEnv, Square4, World
from murk_env.errors import DefinitionError, HookError
from tests.env.worlds import Mixed, Walker


def begin_and_step(make_env):
    """Make an env, reset it and step it once."""
    env = make_env()
    env.reset(seed=1)
    env.step(env.action_space.sample())


def test_start_cannot_change_what_it_has_read_by_mistake():
    class Lost(Walker):
        def start(self, tick, worlds):
            tick.visits[:, 0] = 1

    with pytest.raises(HookError, match=r"Lost.start raised ValueError: .*read-only"):
        Lost().reset(seed=1)


def test_hooks_cannot_replace_the_values_they_are_given():
    class Replaces(Walker):
        def info(self, after):
            after.fuse = np.zeros(1, np.int32)
            return {}

    with pytest.raises(HookError, match=r"Replaces.info raised "):
        Replaces().reset(seed=1)


def test_hooks_cannot_write_into_the_values_they_are_given():
    class Writes(Walker):
        def terminated(self, after):
            after.fuse[:] = 0
            return after.fuse > 0

    env = Writes()
    env.reset(seed=1)
    with pytest.raises(HookError, match=r"Writes.terminated raised ValueError: .*read-only"):
        env.step(1)


class Reads(Walker):
    """Calls `reading` with the values after the tick."""

    reading = staticmethod(lambda values: None)

    def info(self, after):
        self.reading(after)
        return {}


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        (lambda values: values["fuse"], "fields are named by their Field objects, not by 'fuse'"),
        (lambda values: values[Mixed.heat], r"Field\(heat, .*is not a field of these worlds"),
        (lambda values: values.at(Walker.fuse, np.zeros(1, int)), "fuse"),
    ],
    ids=["name", "other", "at"],
)
def test_reading_what_is_not_there_is_refused(reading, message):
    env = type("Reading", (Reads,), {"reading": staticmethod(reading)})()
    with pytest.raises(HookError, match=f"Reading.info raised DefinitionError: .*{message}"):
        env.reset(seed=1)


@pytest.mark.parametrize("hook", ["start", "act"])
def test_a_tick_knows_no_field_of_another_environment(hook):
    def write(self, tick, argument):
        tick[Mixed.heat] = 1.0

    env = type("Writing", (Walker,), {hook: write})()
    with pytest.raises(
        HookError, match=rf"Writing.{hook} raised DefinitionError: Field\(heat.* is not a field of th"
    ):
        begin_and_step(lambda: env)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (Mixed.prizes, "'prizes' is static: it is set once by the blueprint"),
        (
            Mixed.heat,
            r"'heat' is written by Diffusion\(heat\) every tick; act may not write it \(start may\)",
        ),
    ],
    ids=["static", "law"],
)
def test_act_may_not_write_what_is_not_its_own(field, message):
    def act(self, tick, actions):
        tick[field] = 1.0

    env = type("Writing", (Mixed,), {"act": act})()
    env.reset(seed=1)
    with pytest.raises(HookError, match=f"Writing.act raised DefinitionError: {message}"):
        env.step([0, 0])


def test_start_may_write_what_a_law_writes():
    class Warm(Mixed):
        def start(self, tick, worlds):
            tick.heat = 3.0

    observation, _ = Warm().reset(seed=1)
    assert (observation["heat"] == 3.0).all()


@pytest.fixture
def world():
    """Two worlds of three cells, which hold 0, 1, 2 and 10, 11, 12, over a static floor of 5, 6, 7."""
    heat, floor = Field(), Field(mutability="static")
    world = World(Square4(1, 3), {"heat": heat, "floor": floor}, static={floor: [5, 6, 7]}, num_worlds=2)
    with world.edit() as tick:
        tick[heat] = [[0.0, 1.0, 2.0], [10.0, 11.0, 12.0]]
    return world


@pytest.mark.parametrize(
    ("cells", "heat", "floor"),
    [
        ([2, 0], [2.0, 10.0], [7.0, 5.0]),
        ([[0, 1], [1, 1]], [[0.0, 1.0], [11.0, 11.0]], [[5.0, 6.0], [6.0, 6.0]]),
    ],
    ids=["one", "several"],
)
def test_at_gives_each_worlds_value_at_its_own_cell(world, cells, heat, floor):
    fields, seen = world.fields, []
    world.tick(lambda tick: seen.extend(tick.at(fields[name], np.array(cells)) for name in ("heat", "floor")))
    assert seen[0].tolist() == world.published().at(fields["heat"], np.array(cells)).tolist() == heat
    assert seen[1].tolist() == floor


def test_at_in_start_gives_the_beginning_worlds_values():
    seen = []

    class Looks(Mixed):
        def start(self, tick, worlds):
            tick.ember = np.arange(6) + 10.0 * worlds[:, np.newaxis]
            seen.append(tick.at(type(self).ember, np.array([1, 4])).tolist())

    MurkVectorEnv(Looks, 2).reset(seed=1)
    assert seen == [[1.0, 14.0]]


@pytest.mark.parametrize("declaration", [{"over": "world"}, {"components": 3}], ids=str)
def test_at_takes_a_scalar_field_with_a_value_for_each_cell(declaration):
    field = Field(**declaration)
    world = World(Square4(1, 3), {"field": field}, num_worlds=2)
    with pytest.raises(DefinitionError, match=r"at\(\) takes a scalar field over cells or agents, not Field"):
        world.published().at(field, np.array([0, 0]))


@pytest.mark.parametrize(
    "name", ["pop", "popitem", "clear", "update", "setdefault", "__setitem__", "__delitem__"]
)
def test_values_cannot_be_changed(world, name):
    assert not hasattr(world.published(), name)


def test_a_field_set_to_values_of_a_wrong_shape_is_refused(world):
    def act(tick):
        tick[world.fields["heat"]] = np.zeros(4)

    with pytest.raises(HookError, match="act raised ValueError"):
        world.tick(act)


def test_values_know_which_fields_they_hold(world):
    values = world.published()
    assert world.fields["heat"] in values
    assert Field() not in values
    assert "heat" not in values
    assert set(values) >= set(world.fields.values())
    assert len(values) == len(list(values))
