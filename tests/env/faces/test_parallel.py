"""The PettingZoo face: agents by their names, in at the reset and out with their end."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from murk_env import (
    MurkEnv,
    MurkParallelEnv,
)
from murk_env.errors import (
    ClosedError,
)
from tests.env.agent_worlds import CompiledRace, Crew, Gliders, Mayflies, Race

ROOT = Path(__file__).parents[3]
RUNNERS = ["hare_0", "hare_1", "hare_2", "tortoise_0", "tortoise_1"]


def started(env_class: type[MurkEnv] = Mayflies, seed=0, **keywords: Any) -> MurkParallelEnv:
    env = MurkParallelEnv(env_class, **keywords)
    env.reset(seed=seed)
    return env


def ages(observations):
    return {name: row.tolist() for name, row in observations.items()}


# By hand: the first fly ends after one step, the second after two


def test_two_steps_by_hand():
    env = MurkParallelEnv(Mayflies)
    seen, infos = env.reset(seed=0)
    assert ages(seen) == {"fly_0": [1.0], "fly_1": [1.0]}
    assert infos == {"fly_0": {"oldest": 1.0}, "fly_1": {"oldest": 1.0}}
    seen, *rest = env.step({"fly_0": 0, "fly_1": 2})
    assert (ages(seen), env.agents) == ({"fly_0": [2.0], "fly_1": [2.0]}, ["fly_1"])
    assert rest[:2] == [{"fly_0": 2.0, "fly_1": 4.0}, {"fly_0": True, "fly_1": False}]
    seen, *rest = env.step({"fly_1": 1})
    assert (ages(seen), env.agents) == ({"fly_1": [3.0]}, [])
    assert rest == [{"fly_1": 4.0}, {"fly_1": True}, {"fly_1": False}, {"fly_1": {"oldest": 3.0}}]


@pytest.mark.parametrize("kind", [int, np.int64, np.int8, np.array])  # all but int8 are taken all at once
def test_actions_of_any_kind_and_order_reach_their_own_agents(kind):
    env = started()
    assert env.step({"fly_1": kind(2), "fly_0": kind(0)})[1] == {"fly_0": 2.0, "fly_1": 4.0}
    assert env.step({"fly_1": kind(1)})[1] == {"fly_1": 4.0}


def test_a_time_limit_truncates_everyone_that_is_left():
    env = started(max_episode_steps=2)
    assert env.step({"fly_0": 0, "fly_1": 0})[3] == {"fly_0": False, "fly_1": False}
    _, _, terminated, truncated, _ = env.step({"fly_1": 0})
    assert (terminated, truncated, env.agents) == ({"fly_1": True}, {"fly_1": True}, [])


def test_the_time_limit_is_the_classes_own_unless_another_is_given():
    def length_of(**keywords):
        env = started(Race, length=60, **keywords)
        for step in range(1, 23):
            if not env.agents:
                return step - 1
            env.step(dict.fromkeys(env.agents, 0))
        return None

    assert Race.max_episode_steps == length_of() == 20
    assert (length_of(max_episode_steps=3), length_of(max_episode_steps=-1)) == (3, None)


def test_where_nobody_is_left_an_empty_step_does_nothing():
    env = started(max_episode_steps=1)
    env.step({"fly_0": 0, "fly_1": 0})
    state = env.state()
    assert env.step({}) == ({}, {}, {}, {}, {})
    assert env.state().tobytes() == state.tobytes()
    assert list(env.reset()[0]) == env.agents == ["fly_0", "fly_1"]


def test_a_team_shares_its_reward_and_its_end():
    env, outputs = started(Crew, seed=1), []
    while env.agents:
        outputs.append(env.step({"rower_0": 1, "rower_1": 1})[1:])
    assert all(one["rower_0"] == one["rower_1"] for step in outputs for one in step)
    _, terminated, _, infos = outputs[-1]
    assert (terminated["rower_0"], infos["rower_0"]) == (True, {"boat": 7})


def test_a_member_of_a_team_sees_its_own():
    env = MurkParallelEnv(Crew)
    seen, _ = env.reset(seed=1)
    assert env.observation_space("rower_0").shape == (9,)
    assert seen["rower_0"][0] != seen["rower_1"][0]
    assert seen["rower_0"][1:].tolist() == seen["rower_1"][1:].tolist()


# What PettingZoo expects


def test_names_spaces_and_metadata():
    env = MurkParallelEnv(CompiledRace)
    assert (env.possible_agents, env.agents) == (RUNNERS, [])
    assert (env.metadata["name"], env.metadata["is_parallelizable"], str(env)) == (
        "compiled_race_v0",
        True,
        "compiled_race_v0",
    )
    assert "name" not in CompiledRace.metadata
    assert env.action_space("hare_0") == env.action_space("hare_1") != env.action_space("tortoise_0")
    for name in RUNNERS:
        assert env.observation_space(name) is env.observation_space(name)
        assert env.action_space(name) is env.action_space(name)


def test_every_agent_samples_actions_by_itself():
    env = MurkParallelEnv(Gliders)
    spaces = [env.action_space(name) for name in ("glider_0", "glider_1")]
    for space in spaces:
        space.seed(3)
    drawn = [space.sample().tolist() for space in spaces]
    assert drawn[0] == drawn[1]


def test_rewards_and_flags_are_python_numbers():
    _, rewards, terminated, truncated, _ = started(Gliders).step(
        {f"glider_{agent}": np.zeros(2, np.float32) for agent in range(3)}
    )
    assert {type(reward) for reward in rewards.values()} == {float}
    assert {type(flag) for flag in (*terminated.values(), *truncated.values())} == {bool}


def test_all_that_is_returned_is_distinct_and_stays_as_it_is():
    env = MurkParallelEnv(CompiledRace)
    outputs: list[Any] = [env.reset(seed=0)]
    kept = copy.deepcopy(outputs)
    for _ in range(3):
        outputs.append(env.step(dict.fromkeys(env.agents, 0)))
        kept.append(copy.deepcopy(outputs[-1]))
    assert data_equivalence(outputs, kept, exact=True)
    _, rewards, terminated, truncated, infos = outputs[-1]
    assert len({id(one) for one in (rewards, terminated, truncated, infos, *infos.values())}) == 4 + len(
        infos
    )
    assert not np.shares_memory(infos["hare_0"]["cells"], infos["hare_1"]["cells"])
    infos["hare_0"]["cells"][:] = 77
    outputs[-1][0]["hare_0"]["near"][:] = 77
    assert 77 not in env.step(dict.fromkeys(env.agents, 0))[4]["hare_1"]["cells"]


def test_without_copies_two_sets_of_observations_take_turns():
    env, twin = MurkParallelEnv(Gliders, copy=False), MurkParallelEnv(Gliders)
    seen, expected = [env.reset(seed=1)[0]], [twin.reset(seed=1)[0]]
    for _ in range(2):
        actions = {name: np.zeros(2, np.float32) for name in env.agents}
        seen.append(env.step(actions)[0])
        expected.append(twin.step(actions)[0])
        assert data_equivalence(seen[-2:], expected[-2:], exact=True)
    assert np.shares_memory(seen[0]["glider_0"], seen[2]["glider_0"])


def test_unknown_options_are_let_pass():
    first, second = MurkParallelEnv(Race), MurkParallelEnv(Race)
    assert data_equivalence(first.reset(seed=1, options={"options": 1}), second.reset(seed=1), exact=True)


def test_seeds_say_how_an_episode_goes():
    env, seeds = MurkParallelEnv(Race), [1, 2, 1, cast("int", np.int64(1))]
    episodes = [env.reset(seed=seed)[0]["hare_0"].tobytes() for seed in seeds]
    assert episodes[0] == episodes[2] == episodes[3] != episodes[1]
    assert env.reset()[0]["hare_0"].tobytes() != episodes[0]
    unseeded = [MurkParallelEnv(Race).reset()[0]["hare_0"].tobytes() for _ in range(2)]
    assert unseeded[0] != unseeded[1]


def test_checked_mode_changes_nothing():
    plain, checked = started(Race), started(Race, checked=True)
    for _ in range(4):
        actions = dict.fromkeys(plain.agents, 1)
        assert data_equivalence(plain.step(actions), checked.step(actions), exact=True)


@pytest.mark.parametrize("through", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
@pytest.mark.parametrize("env_class", [Race, Crew])
def test_a_copy_goes_on_as_the_original(through: Callable[..., Any], env_class):
    env = started(env_class, seed=2, max_episode_steps=6)
    for _ in range(3):
        env.step({name: int(env.action_space(name).sample() > 0) for name in env.agents})
    twin = through(env)
    assert twin.agents == env.agents
    while env.agents:
        actions = {name: env.action_space(name).sample() for name in env.agents}
        assert {name: twin.action_space(name).sample() for name in env.agents} == actions
        assert data_equivalence(twin.step(actions), env.step(actions), exact=True)
    assert data_equivalence(twin.reset(), env.reset(), exact=True)


def test_a_copy_of_a_closed_env_is_closed():
    env = started()
    env.close()
    with pytest.raises(ClosedError, match="Mayflies is closed"):
        pickle.loads(pickle.dumps(env)).reset()


def test_the_state_is_every_changing_field_and_who_is_there():
    env = started()
    env.step({"fly_0": 1, "fly_1": 2})
    assert env.state().tolist() == [2.0, 2.0, 1.0, 2.0, *[0.0] * 4, 2.0, 1.0]
    env.step({"fly_1": 0})
    assert env.state().tolist() == [3.0, 3.0, 0.0, 0.0, *[0.0] * 4, 0.0, 2.0]
    assert env.state_space.contains(env.state())


def test_the_world_is_rendered():
    env = started(render_mode="ansi")
    assert isinstance(env.render(), str)


# Bad input
