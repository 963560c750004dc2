"""Statistics of episodes are where Gymnasium's RecordEpisodeStatistics puts them, and as it counts them."""

import copy
from typing import Any

import numpy as np
import pytest
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from murk_env import MurkAgentVectorEnv, MurkGroupsEnv, MurkVectorEnv
from murk_env.errors import HookError
from tests.env.agent_worlds import Mayflies, Race
from tests.env.worlds import Walker
from tests.versions import since

MODES = ("NextStep", "SameStep", "Disabled")


def walkers(mode, **keywords: Any):
    return MurkVectorEnv(
        Walker, 5, autoreset_mode=mode, max_episode_steps=6, size=4, longest_fuse=5, **keywords
    )


@pytest.mark.few(1)
@since("gymnasium", "1.4")  # older ones count a step too few in same-step mode
@pytest.mark.parametrize("mode", MODES)
def test_they_are_those_of_gymnasiums_wrapper_value_by_value(mode):
    ours, theirs = walkers(mode, record_statistics=True), RecordEpisodeStatistics(walkers(mode))
    for envs in (ours, theirs):
        envs.reset(seed=3)
    ours.action_space.seed(1)
    told = 0
    for step in range(60):
        actions = ours.action_space.sample()
        *_, ends, cuts, mine = ours.step(actions)
        infos = theirs.step(actions)[4]
        assert [key for key in mine if "episode" in key] == [key for key in infos if "episode" in key]
        if "episode" in mine:
            assert (mine["_episode"] == infos["_episode"]).all()
            for key in "rl":
                assert mine["episode"][key].dtype == infos["episode"][key].dtype
                assert mine["episode"][key].tobytes() == infos["episode"][key].tobytes()
            assert (mine["episode"]["t"] >= 0).all()
            assert mine["episode"]["t"].dtype == infos["episode"]["t"].dtype == np.float64
            told += mine["_episode"].sum()
        due = (ends | cuts) if mode == "Disabled" else np.arange(5) == 2
        if due.any() and (mode == "Disabled" or step == 17):
            for envs in (ours, theirs):
                envs.reset(options={"reset_mask": due.copy()})
    assert told > 30


def test_without_being_asked_nothing_is_told():
    envs = walkers("SameStep")
    envs.reset(seed=0)
    envs.action_space.seed(0)
    assert all("episode" not in envs.step(envs.action_space.sample())[4] for _ in range(10))


@pytest.mark.parametrize("mode", MODES)
def test_the_length_of_an_agents_episode_is_how_long_it_was_there(mode):
    envs = MurkAgentVectorEnv(Mayflies, 2, autoreset_mode=mode, record_statistics=True)
    envs.reset(seed=0)
    found = []
    for step in range(9):
        *_, infos = envs.step(np.ones(4, int))
        if "episode" in infos:
            rows = infos["_episode"].nonzero()[0].tolist()
            found.append(
                (step, rows, infos["episode"]["l"][rows].tolist(), infos["episode"]["r"][rows].tolist())
            )
        if mode == "Disabled" and not infos["active"].any():
            envs.reset(options={"reset_mask": np.ones(4, bool)})
    first, second = found[:2]
    assert (first[:3], second[:3]) == ((0, [0, 2], [1, 1]), (1, [1, 3], [2, 2]))
    again = found[2]
    assert again[1:] == first[1:]
    assert again[0] == {"NextStep": 3, "SameStep": 2, "Disabled": 2}[mode]


@pytest.mark.parametrize("mode", MODES)
def test_returns_of_agents_are_the_sums_of_their_rewards(mode):
    envs = MurkGroupsEnv(Race, 3, autoreset_mode=mode, max_episode_steps=7, record_statistics=True)
    envs.action_space.seed(2)
    envs.reset(seed=2)
    sums = {name: np.zeros((3, len(names))) for name, names in envs.agents.items()}
    lengths = {name: np.zeros((3, len(names)), int) for name, names in envs.agents.items()}
    _, infos = envs.observe()
    told = 0
    for _ in range(30):
        before = infos["active"]
        _, rewards, ends, cuts, infos = envs.step(envs.action_space.sample())
        for name, sizes in lengths.items():
            sums[name] += rewards[name]
            sizes += before[name]
            over = ends[name] | cuts[name]
            if over.any():
                assert np.allclose(infos["episode"][name]["r"], np.where(over, sums[name], 0))
                assert (infos["episode"][name]["l"] == np.where(over, sizes, 0)).all()
                assert (infos["_episode"][name] == over).all()
                told += over.sum()
            sums[name][over], sizes[over] = 0, 0
        if mode == "Disabled":
            due = ~np.any([one.any(axis=1) for one in infos["active"].values()], axis=0)
            if due.any():
                infos = envs.reset(options={"reset_mask": due})[1]
    assert told > 10


class Hasty(Walker):
    """Fails in some steps."""

    fails = False

    def reward(self, before, after):
        if type(self).fails:
            raise RuntimeError("not now")
        return super().reward(before, after)


def test_a_step_that_failed_is_not_counted_and_a_copy_counts_on_alone():
    envs = MurkVectorEnv(Hasty, 2, max_episode_steps=4, record_statistics=True, size=9, longest_fuse=60)
    envs.reset(seed=0)
    still = np.zeros(2, int)
    envs.step(still)
    Hasty.fails = True
    with pytest.raises(HookError, match="not now"):
        envs.step(still)
    Hasty.fails = False
    twin = copy.copy(envs)
    for one in (twin, envs):
        infos = [one.step(still)[4] for _ in range(3)][-1]
        assert infos["episode"]["l"].tolist() == [4, 4]
