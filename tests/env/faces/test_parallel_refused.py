"""What the parallel face refuses, before anything changes, and who is told what to do instead."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from gymnasium.utils.env_checker import data_equivalence

import murk_env
from murk_env import (
    ACTIVE,
    Blueprint,
    Group,
    Line1D,
    MurkParallelEnv,
    Observation,
    Observe,
)
from murk_env.errors import (
    ActionError,
    ActionTypeError,
    BlueprintError,
    ClosedError,
    HookError,
    InputError,
    OptionError,
    ParameterError,
    ResetNeededError,
    SeedError,
)
from murk_env.faces.forms import form_of_class
from tests.env.agent_worlds import Crew, Mayflies, Race
from tests.env.faces.test_parallel import RUNNERS, ages, started
from tests.env.worlds import Walker

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("actions", "error", "message"),
    [
        (
            {"hare_9": 1},
            ActionError,
            "Race: an action is given for 'hare_9', but there is no such agent; did",
        ),
        (
            {"hare_0": 1},
            ActionError,
            r"no action is given for \['hare_1', .*\]; give one for each of \['hare_0'",
        ),
        ([1] * 5, ActionTypeError, r"step takes a dict with an action for each of .*, not \[1, 1"),
        (dict.fromkeys(RUNNERS, 2), ActionError, r"action of agent tortoise_0 is 2, outside Discrete\(2\)"),
        (dict.fromkeys(RUNNERS, 0.5), ActionTypeError, "agent hare_0: the actions of .* are integers, not"),
        (dict.fromkeys(RUNNERS), ActionTypeError, "agent hare_0: .* integers, not of dtype object"),
        (
            {name: [0, 1] for name in RUNNERS},
            ActionError,
            r"agent hare_0 has shape \(2,\), but .* shape \(\)",
        ),
        (
            {name: [[0], 1] for name in RUNNERS},
            ActionError,
            r"action of agent hare_0 is not an array .*[^.]\.$",
        ),
    ],
    ids=str,
)
def test_actions_that_cannot_be_are_refused_and_change_nothing(actions, error, message):
    env, twin = started(Race), started(Race)
    with pytest.raises(error, match=message):
        env.step(actions)
    legal = dict.fromkeys(RUNNERS, 1)
    assert data_equivalence(env.step(legal), twin.step(legal), exact=True)


def test_an_action_for_an_agent_that_has_left_is_refused():
    env = started()
    env.step({"fly_0": 0, "fly_1": 0})
    with pytest.raises(ActionError, match=r"for 'fly_0', which has left; give one for each of \['fly_1'\]"):
        env.step({"fly_0": 0, "fly_1": 0})
    env.step({"fly_1": 0})
    with pytest.raises(ActionError, match=r"for 'fly_1', which has left; all have: call reset\(\)"):
        env.step({"fly_1": 0})


def test_agents_that_are_not_there_have_no_spaces():
    env = MurkParallelEnv(Mayflies)
    for space_of in (env.observation_space, env.action_space):
        with pytest.raises(InputError, match=r"Mayflies has no agent \['fly_0'\]"):
            space_of(["fly_0"])  # pyright: ignore[reportArgumentType]
        with pytest.raises(InputError, match="Mayflies has no agent 'fly_2'; did you mean 'fly_"):
            space_of("fly_2")


def test_calls_at_a_wrong_moment_are_refused():
    env = MurkParallelEnv(Mayflies)
    with pytest.raises(ResetNeededError, match=r"Mayflies: call reset\(\) before step\(\)"):
        env.step({})
    with pytest.raises(ResetNeededError, match=r"Mayflies: call reset\(\) before state\(\)"):
        env.state()
    env.close()
    env.close()
    for use in (env.reset, env.state, lambda: env.step({})):
        with pytest.raises(ClosedError, match="Mayflies is closed"):
            use()


def test_wrong_seeds_and_options_are_refused():
    env = MurkParallelEnv(Mayflies)
    with pytest.raises(SeedError, match="-1"):
        env.reset(seed=-1)
    with pytest.raises(OptionError, match="reset's options must be a dict or None, not 3"):
        env.reset(options=3)  # type: ignore[arg-type]


def test_what_has_no_agents_is_no_parallel_env():
    with pytest.raises(BlueprintError, match="Walker has one actor and no groups of agents"):
        MurkParallelEnv(Walker)
    with pytest.raises(ParameterError, match="MurkParallelEnv takes a subclass of MurkEnv, not 'Race'"):
        MurkParallelEnv("Race")  # type: ignore[arg-type]
    with pytest.raises(BlueprintError, match="group 'hare' must have a number of agents, at least 1, not 0"):
        MurkParallelEnv(Race, hares=0)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        (
            {"max_cycles": 5},
            "MurkParallelEnv got an unexpected keyword argument 'max_cycles': .* max_cycles=5; the time",
        ),
        (
            {"num_threads": 2},
            "it takes no num_threads=2; it steps one world; leave it out",
        ),
        ({"autoreset_mode": "SameStep"}, "takes no autoreset_mode='SameStep'; it steps one world"),
        ({"group": "hare"}, "takes no group='hare'; it takes the actions of all agents"),
        ({"render_mode": "human"}, "opens no window, .* make it with render_mode='rgb_array'"),
    ],
    ids=str,
)
def test_what_only_other_faces_take_is_refused_with_what_to_do(keywords, message):
    with pytest.raises(ParameterError, match=message):
        MurkParallelEnv(Race, **keywords)


@pytest.mark.parametrize("form", ["parallel", "aec"])
def test_pettingzoos_forms_call_the_time_limit_as_pettingzoo_does(form):
    make = form_of_class(form, Race)
    assert make(max_cycles=3).possible_agents == RUNNERS
    with pytest.raises(
        ParameterError,
        match=r"argument .max_episode_steps.: the time limit is called max_cycles .* max_cycles=5",
    ):
        make(max_episode_steps=5)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_a_group_has_any_integral_number_of_agents(kind):
    assert len(MurkParallelEnv(Race, hares=kind(2)).possible_agents) == 2 + 2


@pytest.mark.parametrize("size", [2.0, "2", True, None, np.bool_(True)], ids=repr)
def test_a_group_of_no_whole_number_is_refused(size):
    with pytest.raises(BlueprintError, match="group 'fly' must have a number of agents, at least 1, not"):
        Group("fly", size, Observation(Observe(Mayflies.age), over="agents"), Discrete(2))


def test_a_team_has_no_active_and_is_told_so():
    class Asking(Crew):
        def act(self, tick, actions):
            tick[ACTIVE]

    with pytest.raises(HookError, match=r"these worlds have no ACTIVE, .* where agents are rewarded apart"):
        started(Asking).step({"rower_0": 0, "rower_1": 0})


def test_a_failing_hook_leaves_everyone_where_they_were():
    class Doomed(Mayflies):
        def reward(self, before, after):
            if (after.gift == 2.0).any():
                raise ValueError("too much")
            return super().reward(before, after)

    env = started(Doomed)
    with pytest.raises(HookError, match=r"Doomed\.reward raised ValueError: too much"):
        env.step({"fly_0": 2, "fly_1": 0})
    assert env.agents == ["fly_0", "fly_1"]
    assert ages(env.step({"fly_0": 0, "fly_1": 0})[0]) == {"fly_0": [2.0], "fly_1": [2.0]}


# Without PettingZoo


@pytest.mark.slow
def test_without_pettingzoo_the_error_says_what_to_install():
    code = """
import sys
sys.modules["pettingzoo"] = None
import murk_env
try:
    murk_env.MurkParallelEnv
except ImportError as error:
    print(type(error).__name__, error)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "envs")])}
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.startswith("MissingLibraryError MurkParallelEnv needs PettingZoo")
    assert 'pip install "murk-env[pettingzoo]"' in printed


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'murk_env' has no attribute 'MurkSerialEnv'"):
        murk_env.MurkSerialEnv  # noqa: B018  # type: ignore[attr-defined]


def test_the_groups_of_one_agent_are_numbered_too():
    class Lone(Mayflies):
        @classmethod
        def build(cls, params):
            seen = Observation(Observe(cls.age), over="agents")
            return Blueprint(lattice=Line1D(2), groups=[Group("fly", 1, seen, Discrete(3))])

    assert MurkParallelEnv(Lone).possible_agents == ["fly_0"]
