"""What hooks see of the worlds: values to read, ticks to write through, and what both refuse."""

import numpy as np
import pytest

from murk_env import Field, MurkParallelEnv, MurkVectorEnv, Square4, World
from murk_env.errors import DefinitionError, HookError, UnknownFieldError
from tests.env.agent_worlds import Race
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


def test_start_is_told_how_to_change_rows_without_edit():
    class Edits(Walker):
        def start(self, tick, worlds):
            tick.edit(Walker.visits)[:, 0] = 1

    with pytest.raises(
        HookError,
        match=r"so it has no edit\(field\): change a copy and assign it, .* then tick.visits = values",
    ):
        Edits().reset(seed=1)


def test_edit_by_name_is_told_that_fields_are_objects():
    class Edits(Walker):
        def start(self, tick, worlds):
            tick.edit("visits")

    with pytest.raises(
        HookError, match="UnknownFieldError: fields are named by their Field objects, not by 'v"
    ):
        Edits().reset(seed=1)


def test_a_field_set_to_nothing_is_told_of_a_missing_return():
    class Forgets(Walker):
        def act(self, tick, actions):
            tick.fuse = None

    env = Forgets()
    env.reset(seed=1)
    with pytest.raises(
        HookError, match="field 'fuse' holds int32, but is set to None: a function may lack its"
    ):
        env.step(0)


def test_hooks_cannot_replace_the_values_they_are_given():
    class Replaces(Walker):
        def info(self, after):
            after.fuse = np.zeros(1, np.int32)
            return {}

    with pytest.raises(DefinitionError, match=r"Replaces.info .*after.fuse: before and after are read-only"):
        Replaces()


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
        (
            lambda values: values["fuse"],
            "UnknownFieldError: fields are named by their Field objects, not by 'fuse': write tick.heat",
        ),
        (
            lambda values: values[Mixed.heat],
            r"UnknownFieldError: Field\(heat, .*is not a field of these worlds; known: agent, bell",
        ),
        (lambda values: values.fuze, "UnknownFieldError: no field is called 'fuze'; did you mean 'fuse'?"),
        (
            lambda values: values.at(Walker.fuse, np.zeros(1, int)),
            r"DefinitionError: at\(\) takes a scalar field over cells or agents, not Field\(fuse",
        ),
    ],
    ids=["text", "other", "misspelt", "at"],
)
def test_reading_what_is_not_there_is_refused(reading, message):
    env = type("Reading", (Reads,), {"reading": staticmethod(reading)})()
    with pytest.raises(HookError, match=f"Reading.info raised {message}"):
        env.reset(seed=1)


@pytest.mark.parametrize("hook", ["start", "act"])
def test_a_tick_knows_no_field_of_another_environment(hook):
    def write(self, tick, argument):
        tick[Mixed.heat] = 1.0

    env = type("Writing", (Walker,), {hook: write})()
    with pytest.raises(
        HookError, match=rf"Writing.{hook} raised UnknownFieldError: Field\(heat.* is not a field of th"
    ):
        begin_and_step(lambda: env)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (Mixed.prizes, "'prizes' is static: it is set once by the blueprint"),
        (
            Mixed.heat,
            r"'heat' is written by Diffusion\(heat\) every tick; no other hook than start may write it",
        ),
    ],
    ids=["static", "propagator"],
)
def test_act_may_not_write_what_is_not_its_own(field, message):
    def act(self, tick, actions):
        tick[field] = 1.0

    env = type("Writing", (Mixed,), {"act": act})()
    env.reset(seed=1)
    with pytest.raises(HookError, match=f"Writing.act raised DefinitionError: {message}"):
        env.step([0, 0])


class Kept(Race):
    """Writes what the engine keeps where `where` says so."""

    where: tuple[str, str] = ("", "")

    def start(self, tick, worlds):
        super().start(tick, worlds)
        if self.where[0] == "start":
            setattr(tick, self.where[1], 0)

    def act(self, tick, actions):
        super().act(tick, actions)
        if self.where[0] == "act":
            setattr(tick, self.where[1], 0)


@pytest.mark.parametrize("name", ["active", "elapsed_steps"])
@pytest.mark.parametrize("hook", ["start", "act"])
def test_no_hook_may_write_what_the_engine_keeps(hook, name):
    env = MurkParallelEnv(type("Kept", (Kept,), {"where": (hook, name)}))

    def begin_and_step():
        env.reset(seed=1)
        env.step(dict.fromkeys(env.agents, 0))

    with pytest.raises(HookError, match=f"Kept.{hook} raised DefinitionError: '{name}' is kept by the env"):
        begin_and_step()


def test_start_may_write_what_a_propagator_writes():
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

    with pytest.raises(
        HookError, match=r"field 'heat' is set to a number, or to an array .* not to one of shape \(4,\)"
    ):
        world.tick(act)


def test_values_know_which_fields_they_hold(world):
    values = world.published()
    assert world.fields["heat"] in values
    assert Field() not in values
    assert "heat" not in values
    assert set(values) >= set(world.fields.values())
    assert len(values) == len(list(values))


# --- the values by their names --------------------------------------------------------------------


def noted(env_class, hook, read):
    """Return a class that notes what `read` gives of the first argument of a hook, and the notes."""
    notes = []

    def note(self, *arguments):
        notes.append(read(arguments[0]))
        return getattr(env_class, hook)(self, *arguments)

    return type("Noted", (env_class,), {hook: note}), notes


@pytest.mark.parametrize("hook", ["start", "act", "reward", "terminated", "info"])
def test_an_array_hook_finds_a_field_by_its_name_or_its_object(hook):
    env_class, notes = noted(
        Walker, hook, lambda values: np.array_equal(values.visits, values[Walker.visits])
    )
    env = env_class()
    env.reset(seed=1)
    env.step(1)
    assert notes
    assert all(notes)


@pytest.mark.parametrize("hook", ["start", "act", "reward", "terminated", "info"])
def test_a_misspelt_field_is_refused_in_an_array_hook_with_a_proposal(hook):
    env_class, _ = noted(Walker, hook, lambda values: values.vizits)
    with pytest.raises(
        HookError,
        match=rf"Noted.{hook} raised UnknownFieldError: no field is called 'vizits'; did you mean 'visits'\?",
    ):
        begin_and_step(env_class)


@pytest.mark.parametrize("hook", ["start", "act"])
def test_setting_a_misspelt_field_is_refused_with_a_proposal(hook):
    env_class, _ = noted(Walker, hook, lambda tick: setattr(tick, "fuze", 1))
    with pytest.raises(
        HookError,
        match=rf"Noted.{hook} raised UnknownFieldError: no field is called 'fuze'; did you mean 'fuse'\?",
    ):
        begin_and_step(env_class)


def test_a_list_of_the_fields_there_are_names_none_that_is_private():
    env_class, _ = noted(Walker, "info", lambda values: values.qqqq)
    with pytest.raises(HookError, match="known: agent, bell, elapsed_steps, fuse, visits; the tick was"):
        env_class().reset(seed=1)


def test_setting_a_field_by_its_name_sets_all_of_it(world):
    def act(tick):
        tick.heat = 3.0
        assert np.all(tick.heat == 3.0)

    world.tick(act)
    assert (world[world.fields["heat"]] == 3.0).all()


def test_an_edit_takes_fields_by_their_names(world):
    with world.edit() as tick:
        tick.heat = tick.heat + tick.floor
    assert world[world.fields["heat"]].tolist() == [[5.0, 7.0, 9.0], [15.0, 17.0, 19.0]]
    with (
        pytest.raises(UnknownFieldError, match=r"no field is called 'haet'; did you mean 'heat'\?"),
        world.edit() as tick,
    ):
        tick.haet = 1.0


def test_fractions_are_not_set_to_a_field_of_whole_numbers_by_its_name():
    env_class, _ = noted(Walker, "act", lambda tick: setattr(tick, "fuse", 1.5))
    with pytest.raises(
        HookError, match="DefinitionError: field 'fuse' holds int32, the values are float64; conv"
    ):
        begin_and_step(env_class)


@pytest.mark.parametrize(
    ("hook", "counted"), [("start", 0), ("act", 1), ("reward", 0), ("terminated", 1), ("info", 0)]
)
def test_elapsed_steps_count_the_step_in_progress_in_array_hooks(hook, counted):
    env_class, notes = noted(Walker, hook, lambda values: values.elapsed_steps.tolist())
    envs = MurkVectorEnv(env_class, 2, longest_fuse=40)  # reward's first argument is before
    envs.reset(seed=4)
    for _ in range(3):
        envs.step([0, 0])
    steps = [counted] if hook == "start" else range(counted, counted + len(notes))
    assert notes == [[step, step] for step in steps]


def test_elapsed_steps_begin_again_in_the_worlds_that_are_reset():
    env_class, notes = noted(Walker, "info", lambda values: values.elapsed_steps.tolist())
    envs = MurkVectorEnv(env_class, 2, longest_fuse=40)
    envs.reset(seed=4)
    envs.step([0, 0])
    envs.reset(options={"reset_mask": np.array([False, True])})
    envs.step([0, 0])
    assert notes == [[0, 0], [1, 1], [1, 0], [2, 1]]
