"""The single env: parameters, limits, moments at which a call cannot be answered, what it returns."""

import dataclasses
import inspect
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiDiscrete
from gymnasium.utils import seeding

import murk_env
from murk_env import Blueprint, Field, MurkEnv, Observation, Observe, Square4, per_world
from murk_env.author.params import RESERVED
from murk_env.errors import (
    BlueprintError,
    ClosedError,
    DefinitionError,
    FieldError,
    FrozenAttributeError,
    OptionError,
    ParameterError,
    ResetNeededError,
    SeedError,
    SeedTypeError,
)
from tests.env.worlds import Drifter, Mixed, Walker


def test_a_step_returns_python_numbers_and_an_observation_within_its_space():
    env = Walker()
    observation, info = env.reset(seed=1)
    assert env.observation_space.contains(observation)
    observation, reward, terminated, truncated, after = env.step(2)
    assert env.observation_space.contains(observation)
    assert [type(part) for part in (reward, terminated, truncated)] == [float, bool, bool]
    assert list(after) == list(info)


def test_parameters_are_those_given_and_else_their_defaults():
    assert dataclasses.astuple(Walker(size=3).params) == (3, 40)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"sise": 4}, r"Walker got an unexpected keyword .* no parameter 'sise'; did you mean 'size'\?"),
        ({"num_envs": 2}, "Walker .* has no parameter 'num_envs'; known: longest_fuse, size"),
        ({"render_mode": "human"}, r"Walker has no render_mode 'human'; it has \['rgb_array', 'ansi'\]"),
    ],
)
def test_an_unknown_keyword_is_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        Walker(**keywords)


@pytest.mark.parametrize("error", [ValueError, TypeError])
def test_a_value_that_the_parameters_refuse_is_told_with_the_keywords(error):
    class Params(Walker.Params):
        def check(self):
            raise error("too small")

    with pytest.raises(ParameterError, match=r"Picky\(size=1\): too small") as caught:
        type("Picky", (Walker,), {"Params": Params})(size=1)
    assert isinstance(caught.value.__cause__, error)


def test_a_class_without_parameters_has_none():
    plain = type("Plain", (Walker,), {"Params": MurkEnv.Params})
    with pytest.raises(ParameterError, match=r"Plain .* has no parameter 'size'; there are none"):
        plain(size=3)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_parameter_cannot_have_a_name_that_gymnasium_or_the_faces_use(name):
    with pytest.raises(DefinitionError, match=f"Params.{name} cannot be a parameter: Gymnasium or the faces"):
        type("Params", (murk_env.Params,), {"__annotations__": {name: int}, name: 1})


@pytest.mark.parametrize("name", ["__init__", "__post_init__"])
def test_parameters_keep_the_checks_of_murk_env(name):
    with pytest.raises(
        DefinitionError, match=rf"Loose defines {name}, .*; write checks across parameters in check\(self\)"
    ):
        type("Loose", (murk_env.Params,), {name: lambda self: None})


def test_a_field_object_under_two_names_is_refused_with_the_class():
    shared = Field()
    with pytest.raises(FieldError, match=r"Twice.second is the same Field object as 'first'"):
        type("Twice", (MurkEnv,), {"first": shared, "second": shared})


def test_what_build_returns_must_be_a_blueprint():
    env_class = type(
        "Wrong", (Walker,), {"build": classmethod(lambda cls, params: {"lattice": Square4(1, 1)})}
    )
    with pytest.raises(BlueprintError, match=r"Wrong.build must return a Blueprint, not dict"):
        env_class()


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("lattice", (4, 4), r"a Blueprint's lattice must be a Lattice, not \(4, 4\)"),
        ("observation", Observe(Walker.fuse), r"has as its observation an Observation, .*, not Observe\("),
        ("action_space", 5, "has as its action_space a Gymnasium Space, such as .*, not 5"),
        ("propagators", [Walker.fuse], r"a Blueprint's propagators must be Propagators, not Field\(fuse"),
    ],
    ids=["lattice", "observation", "action_space", "propagators"],
)
def test_a_part_of_a_blueprint_that_is_something_else_is_refused(part, value, message):
    with pytest.raises(BlueprintError, match=message):
        dataclasses.replace(Walker.build(Walker.Params()), **{part: value})


@pytest.mark.parametrize(
    "params",
    [object, dataclasses.make_dataclass("Loose", ["size"]), murk_env.Params],
    ids=["plain", "dataclass", "object"],
)
def test_params_are_a_class_of_murk_env_params(params):
    given = params() if params is murk_env.Params else params
    with pytest.raises(DefinitionError, match=r"Wrong.Params must be a subclass of murk_env.Params: class"):
        type("Wrong", (MurkEnv,), {"Params": given})


@pytest.mark.parametrize("name", ["lattice", "params", "reset", "metadata"])
def test_a_field_cannot_have_a_name_that_an_env_has(name):
    with pytest.raises(DefinitionError, match=f"Wrong.{name}"):
        type("Wrong", (MurkEnv,), {name: Field()})


@pytest.mark.parametrize("name", ["build", "picture"])
@pytest.mark.parametrize("wrapped", [lambda hook: hook, classmethod, staticmethod])
def test_what_describes_an_env_cannot_be_compiled(name, wrapped):
    hook: Any = per_world(lambda params: None)
    with pytest.raises(DefinitionError, match=rf"Wrong.{name} cannot be per_world; it is a classmethod"):
        type("Wrong", (Walker,), {name: wrapped(hook)})


@pytest.mark.parametrize("name", ["build", "picture"])
def test_what_describes_an_env_is_a_classmethod(name):
    with pytest.raises(
        DefinitionError, match=rf"Wrong.{name} .* write @classmethod above def {name}\(cls, params\)"
    ):
        type("Wrong", (Walker,), {name: lambda self, params: None})


def test_info_cannot_be_compiled():
    with pytest.raises(DefinitionError, match=r"Wrong.info \(.+\) cannot be per_world; write it over arrays"):
        type("Wrong", (Walker,), {"info": per_world(lambda self: None)})()


@pytest.mark.parametrize("limit", [None, -1])
def test_without_a_limit_no_episode_is_truncated(limit):
    env = Drifter(max_episode_steps=limit)
    env.reset(seed=1)
    assert not any(env.step(np.zeros(2, np.float32))[3] for _ in range(50))


def test_an_episode_of_limit_n_has_exactly_n_steps():
    env = Drifter(max_episode_steps=4)
    for seed in (1, 2):
        env.reset(seed=seed)
        assert [env.step(np.zeros(2, np.float32))[3] for _ in range(4)] == [False, False, False, True]


class Clock(MurkEnv):
    """Its episode ends, and its reward is paid, by the number of steps."""

    hand = Field(over="world", dtype=np.int32)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 1), observation=Observation(Observe(cls.hand)), action_space=Discrete(1)
        )

    def start(self, tick, worlds):
        tick.hand = 10

    def act(self, tick, actions):
        tick.edit(type(self).hand)[:] += 1

    def reward(self, before, after):
        return after.hand * 10 + before.hand % 10

    def terminated(self, after):
        return after.hand == 12


def test_a_step_is_one_tick_and_its_reward_sees_before_and_after():
    env = Clock()
    assert env.reset(seed=1)[0].tolist() == [10.0]
    assert env.step(0)[:3] == (np.array([11.0], np.float32), 110.0, False)
    assert env.step(0)[:3] == (np.array([12.0], np.float32), 121.0, True)


def test_an_episode_can_terminate_and_be_truncated_at_once():
    env = Clock(max_episode_steps=2)
    env.reset(seed=1)
    assert env.step(0)[2:4] == (False, False)
    assert env.step(0)[2:4] == (True, True)


def test_a_single_env_may_be_stepped_past_its_end():
    env = Clock()
    env.reset(seed=1)
    assert [env.step(0)[2] for _ in range(4)] == [False, True, False, False]


class Team(Clock):
    """Two agents of a team, each at a place of its own; its action moves both."""

    place = Field(over="agents", dtype=np.int32, low=0, high=9)
    home = Field(over="agents", mutability="static")

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 1),
            observation=Observation(Observe(cls.place), Observe(cls.home)),
            action_space=MultiDiscrete([3, 3]),
            static={cls.home: lambda: [0.5, 1.5]},
            num_agents=2,
        )

    def act(self, tick, actions):
        tick.edit(type(self).place)[...] += actions.astype(np.int32)


def test_a_field_over_agents_has_a_value_for_each_agent_of_the_blueprint():
    env = Team()
    assert env.reset(seed=1)[0].tolist() == [0.0, 0.0, 0.5, 1.5]
    assert env.step([1, 2])[0].tolist() == [1.0, 2.0, 0.5, 1.5]


def test_a_step_before_the_first_reset_is_refused():
    with pytest.raises(ResetNeededError, match=r"Walker: call reset\(\) before step\(\)") as caught:
        Walker().step(0)
    assert isinstance(caught.value, gymnasium.error.ResetNeeded)


@pytest.mark.parametrize("use", [lambda env: env.step(0), lambda env: env.reset()], ids=["step", "reset"])
def test_after_close_nothing_but_close_is_answered(use):
    env = Walker()
    env.reset(seed=1)
    env.close()
    env.close()
    with pytest.raises(ClosedError, match="Walker is closed; make a new one") as caught:
        use(env)
    assert isinstance(caught.value, gymnasium.error.ClosedEnvironmentError)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"seed": -1}, SeedError, "a seed must be a non-negative integer, not -1"),
        ({"seed": 1.0}, SeedTypeError, "not 1.0 of type float"),
        ({"seed": [1]}, SeedTypeError, r"not \[1\] of type list"),
        (
            {"options": {"reset_mask": np.ones(1, bool)}},
            OptionError,
            "reset has no option 'reset_mask'; known: fields, level, state",
        ),
    ],
)
def test_a_refused_reset_changes_nothing(arguments, error, message):
    env, twin = Walker(), Walker()
    env.reset(seed=1)
    twin.reset(seed=1)
    with pytest.raises(error, match=message):
        env.reset(**arguments)
    assert env.step(1)[0].tobytes() == twin.step(1)[0].tobytes()


def test_a_seed_seeds_np_random_as_gymnasium_does():
    env = Walker()
    env.reset(seed=5)
    assert env.np_random_seed == 5
    assert env.np_random.integers(1000) == seeding.np_random(5)[0].integers(1000)


def test_an_attribute_of_the_authors_own_cannot_be_set_after_build():
    env = Walker()
    with pytest.raises(
        FrozenAttributeError, match=r"Walker.score cannot be set: .* Declare a Field.*over='world'"
    ):
        env.score = 1  # pyright: ignore[reportAttributeAccessIssue]
    assert not hasattr(env, "score")


@pytest.mark.parametrize("what", [Walker, Walker()], ids=["class", "env"])
def test_what_it_has_can_be_listed(what):
    assert {"reset", "step", "render"} <= {name for name, _ in inspect.getmembers(what)}


def test_attributes_that_gymnasium_sets_are_free():
    env = Walker()
    env.spec = gymnasium.spec("CartPole-v1")
    env.render_mode = None
    env.metadata = {"render_modes": []}
    env.np_random = np.random.default_rng(1)


@pytest.mark.parametrize("env_class", [Walker, Mixed])
def test_observations_are_arrays_of_their_own(env_class):
    env = env_class()
    env.reset(seed=1)
    env.action_space.seed(1)
    seen = [env.step(env.action_space.sample())[0] for _ in range(5)]
    arrays = [array for one in seen for array in (one.values() if isinstance(one, dict) else [one])]
    held = [array.tobytes() for array in arrays]
    for array in arrays:
        assert sum(np.shares_memory(array, other) for other in arrays) == 1
        array[...] = 0.0  # writable, and nothing of the env's
    assert len(set(held)) >= 5


@pytest.mark.parametrize("env_class", [Walker, Mixed])
def test_without_copies_an_observation_is_valid_until_the_step_after_next(env_class):
    env, twin = env_class(copy=False), env_class()
    actions = [twin.action_space.sample() for _ in range(6)]

    def flat(observation):
        parts = observation.values() if isinstance(observation, dict) else [observation]
        return b"".join(part.tobytes() for part in parts)

    seen, expected = [env.reset(seed=1)[0]], [twin.reset(seed=1)[0]]
    for action in actions:
        seen.append(env.step(action)[0])
        expected.append(twin.step(action)[0])
        assert [flat(one) for one in seen[-2:]] == [flat(one) for one in expected[-2:]]
    first = [one["heat"] if isinstance(one, dict) else one for one in seen]
    assert np.shares_memory(first[0], first[2])
    assert not np.shares_memory(first[0], first[1])
