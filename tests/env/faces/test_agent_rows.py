"""Rows of agents: they equal the parallel env of each world, and each mode says when an agent has left."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from murk_env import MurkAgentVectorEnv
from murk_env.errors import (
    EpisodeEndedError,
    InputError,
)
from tests.env.agent_oracle import AgentRows, Script
from tests.env.agent_worlds import AGENT_ENVIRONMENTS, CompiledRace, Crew, Gliders, Mayflies, Race
from tests.tiers import representatives
from tests.versions import since

MODES = ("NextStep", "SameStep", "Disabled")
GROUPS = {Race: "hare tortoise", CompiledRace: "hare tortoise", Gliders: "glider", Crew: "rower"}
CASES = [
    pytest.param(env_class, limit, group, id=f"{env_class.__name__}-{group}")
    for env_class, limit in AGENT_ENVIRONMENTS
    for group in GROUPS[env_class].split()
]
NUM_WORLDS = 4


def stay(seen):
    """A policy of hares or tortoises that never run."""
    return np.zeros(len(seen) * seen.shape[1], np.int64).reshape(seen.shape[:2])


def hares(**keywords: Any) -> MurkAgentVectorEnv:
    return MurkAgentVectorEnv(
        Race, **{"num_worlds": 2, "group": "hare", "others": {"tortoise": stay}} | keywords
    )


def mask_of(worlds, size):
    mask = np.zeros((NUM_WORLDS, size), np.bool_)
    mask[list(worlds)] = True
    return {"reset_mask": mask.reshape(-1)}


def due_reset(step, mode, ended):
    """The worlds to reset before a step, and their seeds: those that ended, or now and then some others."""
    if mode == "Disabled" and ended:
        return ended, [None] * NUM_WORLDS
    if step in (11, 29):
        return [1, 2], [None, 100 + step, None, None]
    return None


# Equal to the parallel env of each world


IN_MODES = [(*case.values, mode) for case in CASES for mode in MODES]
TURNS = [(*case.values, MODES[index % len(MODES)]) for index, case in enumerate(CASES)]  # each mode twice


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("env_class", "limit", "group", "mode"),
    representatives(IN_MODES, TURNS),
    ids=lambda given: given if isinstance(given, str | int) else given.__name__,
)
def test_rows_equal_the_parallel_env_of_each_world_to_the_byte(env_class, limit, group, mode):
    script = Script(env_class, group, NUM_WORLDS, max_episode_steps=limit)
    envs = script.make(autoreset_mode=mode)
    expected = AgentRows(env_class, group, NUM_WORLDS, mode, max_episode_steps=limit)
    assert data_equivalence(envs.reset(seed=7), expected.reset([7, 8, 9, 10]), exact=True)
    for step in range(40):
        if reset := due_reset(step, mode, expected.ended):
            worlds, seeds = reset
            given = envs.reset(seed=seeds, options=mask_of(worlds, len(expected.names)))
            assert data_equivalence(given, expected.reset(seeds, worlds), exact=True)
        rows, by_name = script.draw()
        assert data_equivalence(envs.step(rows), expected.step(by_name), exact=True)


@pytest.mark.few(2)
@pytest.mark.parametrize(("env_class", "limit", "group"), CASES)
def test_ends_come_at_different_times_in_those_runs(env_class, limit, group):
    script = Script(env_class, group, NUM_WORLDS, max_episode_steps=limit)
    envs = script.make()
    envs.reset(seed=7)
    apart, terminated, truncated = False, 0, 0
    for _ in range(40):
        _, _, ends, cuts, infos = envs.step(script.draw()[0])
        active = infos["active"].reshape(NUM_WORLDS, -1)
        apart |= bool(active.any(axis=1).any() and not active.any(axis=1).all())
        terminated, truncated = terminated + ends.sum(), truncated + cuts.sum()
    assert apart
    assert terminated > 0 < truncated


def steps_of(envs, script, num_steps=20):
    """What an env returns over a scripted run, as one list."""
    outputs: list[Any] = [envs.reset(seed=3)]
    for _ in range(num_steps):
        rows, _ = script.draw()
        outputs.append(envs.step(rows[: envs.num_envs]))
    return outputs


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "keywords",
    [{"num_threads": 2}, {"checked": True}, {"copy": False}],
    ids=lambda keywords: next(iter(keywords)),
)
@pytest.mark.parametrize("env_class", representatives([Race, CompiledRace], [CompiledRace]))
def test_threads_checks_and_used_memory_change_nothing(env_class, keywords):
    first, second = (Script(env_class, "hare", 3, max_episode_steps=8) for _ in range(2))
    envs = second.make(**keywords)
    plain = steps_of(first.make(), first)
    assert data_equivalence(envs.reset(seed=3), plain[0], exact=True)
    for expected in plain[1:]:
        assert data_equivalence(envs.step(second.draw()[0]), expected, exact=True)


def test_a_worlds_rows_do_not_depend_on_how_many_worlds_there_are():
    few, many = (Script(Gliders, "glider", 3, max_episode_steps=7) for _ in range(2))
    alone, together = steps_of(few.make(num_worlds=1), few), steps_of(many.make(), many)
    for ours, theirs in zip(alone[1:], together[1:], strict=True):
        for one, other in zip(ours[:4], theirs[:4], strict=True):
            assert one.tobytes() == other[:3].tobytes()


# When an agent has left, by hand: the first fly ends after one step, the second after two


def table(mode, num_steps):
    """(ages, rewards, terminated, active, ages in final_obs) of the two rows, step by step."""
    envs = MurkAgentVectorEnv(Mayflies, autoreset_mode=mode)
    envs.reset(seed=0)
    lines = []
    for _ in range(num_steps):
        seen, rewards, terminated, truncated, infos = envs.step([0, 2])
        assert not truncated.any()
        final = [None if one is None else one.tolist() for one in infos.get("final_obs", [None] * 2)]
        ages = seen[:, 0].tolist()
        lines.append((ages, rewards.tolist(), terminated.tolist(), infos["active"].tolist(), final))
    return lines


def test_next_step_mode_keeps_zeros_until_the_world_is_reset():
    nothing = [None, None]
    assert table("NextStep", 4) == [
        ([2.0, 2.0], [2.0, 4.0], [True, False], [False, True], nothing),
        ([0.0, 3.0], [0.0, 5.0], [False, True], [False, False], nothing),
        ([1.0, 1.0], [0.0, 0.0], [False, False], [True, True], nothing),
        ([2.0, 2.0], [2.0, 4.0], [True, False], [False, True], nothing),
    ]


def test_same_step_mode_shows_last_observations_apart():
    assert table("SameStep", 3) == [
        ([0.0, 2.0], [2.0, 4.0], [True, False], [False, True], [[2.0], None]),
        ([1.0, 1.0], [0.0, 5.0], [False, True], [True, True], [None, [3.0]]),
        ([0.0, 2.0], [2.0, 4.0], [True, False], [False, True], [[2.0], None]),
    ]


def test_disabled_mode_waits_for_a_reset_of_whole_worlds():
    envs = MurkAgentVectorEnv(Mayflies, 2, autoreset_mode="Disabled")
    envs.reset(seed=0)
    envs.step([0, 0, 0, 0])
    envs.step([0, 0, 0, 0])
    with pytest.raises(EpisodeEndedError, match=r"world\(s\) \[0, 1\] have ended"):
        envs.step([0, 0, 0, 0])
    seen, infos = envs.reset(options={"reset_mask": np.array([False, False, True, True])})
    assert seen[:, 0].tolist() == [0.0, 3.0, 1.0, 1.0]
    assert infos["active"].tolist() == infos["_active"].tolist() == [False, False, True, True]


def test_final_info_is_that_of_the_step_of_the_end():
    envs = MurkAgentVectorEnv(Mayflies, autoreset_mode="SameStep")
    envs.reset(seed=0)
    envs.step([0, 0])
    infos = envs.step([0, 0])[4]
    assert infos["oldest"].tolist() == [1.0, 1.0]
    assert infos["_final_info"].tolist() == infos["final_info"]["_oldest"].tolist() == [False, True]
    assert infos["final_info"]["oldest"].tolist() == [0.0, 3.0]
    assert infos["final_info"]["active"].tolist() == [False, False]


def test_a_time_limit_ends_the_episodes_of_all_that_are_left():
    envs = MurkAgentVectorEnv(Mayflies, max_episode_steps=2)
    envs.reset(seed=0)
    assert envs.step([0, 0])[3].tolist() == [False, False]
    _, _, terminated, truncated, infos = envs.step([0, 0])
    assert (terminated.tolist(), truncated.tolist()) == ([False, True], [False, True])
    assert infos["active"].tolist() == [False, False]


def test_the_time_limit_is_the_classes_own_unless_another_is_given():
    def truncates_at(**keywords):
        envs = hares(num_worlds=1, length=60, autoreset_mode="Disabled", **keywords)
        envs.reset(seed=0)
        return next((step for step in range(1, 23) if envs.step([0] * 3)[3].any()), None)

    assert Race.max_episode_steps == truncates_at() == 20
    assert (truncates_at(max_episode_steps=3), truncates_at(max_episode_steps=-1)) == (3, None)


# Rows


def test_a_row_is_an_agent_of_a_world():
    envs = hares(num_worlds=3, hares=4)
    worlds, agents = envs.world_and_agent(np.arange(envs.num_envs).reshape(3, 4))
    assert worlds.tolist() == [[0] * 4, [1] * 4, [2] * 4]
    assert agents.tolist() == [[0, 1, 2, 3]] * 3
    assert [int(number) for number in envs.world_and_agent(6)] == [1, 2]


@pytest.mark.parametrize("rows", [-1, 12, [0, 12], 1.0], ids=repr)
def test_rows_that_are_not_there_are_refused(rows):
    with pytest.raises(InputError, match=r"rows must be integers from 0 to 11, not"):
        hares(num_worlds=4).world_and_agent(rows)


def test_no_rows_have_no_worlds_and_no_agents():
    worlds, agents = hares().world_and_agent([])
    assert (worlds.shape, agents.shape, worlds.dtype) == ((0,), (0,), np.intp)


def test_every_row_is_told_the_generator_and_the_seed_of_its_world():
    envs = hares(num_worlds=2)
    envs.reset(seed=[8, 3])
    assert envs.call("np_random_seed") == (8, 8, 8, 3, 3, 3)
    first, second = envs.np_random
    assert [one is first for one in envs.call("np_random")] == [True] * 3 + [False] * 3
    assert envs.get_attr("np_random")[5] is second


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@since("gymnasium", "1.4")
def test_gymnasiums_statistics_hold_the_returns_of_each_agents_own_episode(mode):
    envs = RecordEpisodeStatistics(MurkAgentVectorEnv(Mayflies, autoreset_mode=mode))
    envs.reset(seed=0)
    returns: list[list[float]] = [[], []]
    for _ in range(6):  # two days of the second fly, and in next-step mode one for the reset
        infos = envs.step(np.zeros(2, int))[4]
        for row in np.flatnonzero(infos.get("_episode", [])):
            returns[row].append(infos["episode"]["r"][row])
    assert returns == [[2.0] * len(returns[0]), [5.0] * len(returns[1])]  # by hand: 2, and 2 + 3
    assert len(returns[1]) == {"NextStep": 2, "SameStep": 3}[mode]


def test_spaces_are_those_of_one_agent_and_of_all_rows():
    envs = hares()
    envs.action_space.seed(0)
    assert (envs.num_envs, envs.single_action_space.n) == (6, 3)  # type: ignore[attr-defined]
    assert envs.single_observation_space.shape == (5,)
    assert envs.reset(seed=0)[0] in envs.observation_space
    assert envs.step(envs.action_space.sample())[0] in envs.observation_space


def test_what_the_environment_says_is_said_in_every_row():
    envs = hares(num_worlds=2)
    _, infos = envs.reset(seed=4)
    assert infos["cells"].shape == (6, 5)
    assert (infos["cells"][:3] == infos["cells"][0]).all()
    assert infos["_cells"].tolist() == [True] * 6
    assert envs.get_attr("params") == (Race.Params(),) * 6


def test_every_row_has_the_frame_of_its_world():
    envs = MurkAgentVectorEnv(Mayflies, 2, render_mode="ansi")
    envs.reset(seed=0)
    frames = envs.render()
    assert frames is not None
    assert len(frames) == envs.num_envs == 4
    assert frames[0] is frames[1]
    assert envs.call("render") == frames


def test_outputs_stay_as_they_are_in_later_steps():
    script = Script(Race, "hare", 2, max_episode_steps=8)
    for mode in MODES[:2]:
        envs = script.make(autoreset_mode=mode)
        outputs: list[Any] = [envs.reset(seed=0)]
        kept = [copy.deepcopy(outputs[0])]
        for _ in range(12):
            outputs.append(envs.step(script.draw()[0]))
            kept.append(copy.deepcopy(outputs[-1]))
        assert data_equivalence(outputs, kept, exact=True)


@pytest.mark.parametrize("through", [copy.deepcopy, lambda envs: pickle.loads(pickle.dumps(envs))])
@pytest.mark.parametrize("mode", MODES[:2])
def test_a_copy_goes_on_as_the_original(through: Callable[..., Any], mode):
    envs = hares(autoreset_mode=mode, max_episode_steps=6)
    envs.reset(seed=1)
    rng = np.random.default_rng(0)
    for _ in range(4):
        envs.step(rng.integers(0, 3, 6))
    twin = through(envs)
    for _ in range(12):
        actions = rng.integers(0, 3, 6)
        assert data_equivalence(twin.step(actions), envs.step(actions), exact=True)


# The other groups
