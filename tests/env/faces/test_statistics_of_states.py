"""Returns and lengths of episodes are part of the worlds' state; no step of any thread is lost from them."""

import pickle
import sys
import threading
from typing import Any

import numpy as np
import pytest

from murk_env import MurkAgentVectorEnv, MurkGroupsEnv, MurkVectorEnv, State
from tests.env.agent_worlds import Mayflies, Race
from tests.env.worlds import CompiledForager, Walker

MODES = ("NextStep", "SameStep", "Disabled")
LONG: dict[str, Any] = {"size": 9, "longest_fuse": 60}


def walkers(mode="NextStep", num_envs=4, **keywords: Any):
    return MurkVectorEnv(Walker, num_envs, autoreset_mode=mode, record_statistics=True, **keywords)


def stay(seen):
    return np.ones(seen.shape[:2], np.int64)


FACES: dict[str, Any] = {
    "worlds": lambda mode: walkers(mode, max_episode_steps=6, size=4, longest_fuse=5),
    "compiled": lambda mode: MurkVectorEnv(
        CompiledForager, 4, autoreset_mode=mode, max_episode_steps=6, cost=0.5, record_statistics=True
    ),
    "rows": lambda mode: MurkAgentVectorEnv(
        Race, 2, group="hare", others={"tortoise": stay}, autoreset_mode=mode, record_statistics=True
    ),
    "groups": lambda mode: MurkGroupsEnv(
        Race, 2, autoreset_mode=mode, max_episode_steps=7, record_statistics=True
    ),
}


def without_seconds(told):
    """Return statistics, which groups of agents have by name, without what no two runs share."""
    if "t" in told:
        return {"r": told["r"].tobytes(), "l": told["l"].tobytes()}
    return {name: without_seconds(one) for name, one in told.items()}


def play(envs, num_steps):
    """Step with the same actions whenever called; return what was told of ended episodes, step by step."""
    envs.action_space.seed(3)
    told: list[Any] = []
    for _ in range(num_steps):
        infos = envs.step(envs.action_space.sample())[4]
        told.append(without_seconds(infos["episode"]) if "episode" in infos else None)
        ended = envs.save().ended
        if envs.autoreset_mode.value == "Disabled" and ended.any():
            envs.reset(options={"reset_mask": np.repeat(ended, envs.num_envs // len(ended))})
    return told


def in_the_middle(face, mode):
    """Return envs whose worlds are at different steps of their episodes."""
    envs = FACES[face](mode)
    envs.reset(seed=1)
    play(envs, 9)
    return envs


@pytest.mark.few(1)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("face", FACES)
def test_a_restored_run_tells_what_the_uninterrupted_one_tells(face, mode):
    envs = in_the_middle(face, mode)
    state, data = envs.save(), envs.save().to_bytes()
    expected = play(envs, 25)
    assert sum(told is not None for told in expected) > 2
    for other in (FACES[face](mode), envs):
        other.restore(state)
        assert play(other, 25) == expected
    other = FACES[face](mode)
    other.restore(State.from_bytes(data))
    assert play(pickle.loads(pickle.dumps(other)), 25) == expected


def test_worlds_bring_their_statistics_from_envs_that_tell_none():
    plain, envs = MurkVectorEnv(Walker, 4, max_episode_steps=6, **LONG), walkers(max_episode_steps=6, **LONG)
    alone = Walker(max_episode_steps=6, **LONG)
    for each in (plain, envs):
        each.reset(seed=5)
    plain.action_space.seed(0)
    actions = [plain.action_space.sample() for _ in range(6)]
    for action in actions[:3]:
        plain.step(action)
        envs.step(action)
    alone.restore(plain.save(2))
    for action in actions[3:5]:
        plain.step(action)
        envs.step(action)
        alone.step(action[2])
    fresh = walkers(max_episode_steps=6, **LONG)
    fresh.restore(plain.save())
    fresh.restore(alone.save(), [2])
    expected, told = (one.step(actions[5])[4]["episode"] for one in (envs, fresh))
    assert told["l"].tolist() == expected["l"].tolist()
    assert told["r"].tobytes() == expected["r"].tobytes()
    assert told["l"][2] == 6


def test_a_branch_has_its_sources_statistics():
    envs = walkers(max_episode_steps=5, **LONG)
    envs.reset(seed=2)
    envs.step([0, 1, 2, 3])
    envs.step([3, 2, 1, 0])
    envs.reset(options={"reset_mask": np.array([True, False, True, True])})
    envs.branch(1, [0, 3])
    told = [envs.step([0, 0, 0, 0])[4] for _ in range(3)][-1]
    assert told["_episode"].tolist() == [True, True, False, True]
    assert told["episode"]["l"].tolist() == [5, 5, 0, 5]
    assert len(set(told["episode"]["r"][[0, 1, 3]].tolist())) == 1


def test_an_episode_that_begins_from_a_state_counts_from_its_beginning():
    envs = walkers(max_episode_steps=3, **LONG)
    envs.reset(seed=2)
    envs.step([1, 1, 1, 1])
    envs.reset(options={"state": envs.save()})
    rewards = [envs.step([2, 2, 2, 2]) for _ in range(3)]
    assert rewards[-1][4]["episode"]["l"].tolist() == [3] * 4
    assert rewards[-1][4]["episode"]["r"].tolist() == np.sum([step[1] for step in rewards], axis=0).tolist()


def test_an_edit_leaves_statistics_as_they_are():
    envs = walkers(max_episode_steps=3, **LONG)
    envs.reset(seed=2)
    first = envs.step([1, 1, 1, 1])[1]
    with envs.world.edit() as tick:
        tick.agent = np.zeros(4, int)
    rest = [envs.step([2, 2, 2, 2]) for _ in range(2)]
    assert rest[-1][4]["episode"]["r"].tolist() == (first + rest[0][1] + rest[1][1]).tolist()
    assert rest[-1][4]["episode"]["l"].tolist() == [3] * 4


def test_a_return_that_is_not_finite_is_no_divergence_of_the_worlds():
    class Generous(Walker):
        def reward(self, before, after):
            return np.full(len(after.agent), np.inf)

    envs = MurkVectorEnv(Generous, 2, max_episode_steps=2, record_statistics=True, **LONG)
    envs.reset(seed=0)
    envs.step([0, 0])
    state = envs.save()
    assert state.diverged == ()
    envs.restore(State.from_bytes(state.to_bytes()))
    assert envs.step([0, 0])[4]["episode"]["r"].tolist() == [np.inf, np.inf]


STEPS_OF_FACES: dict[str, Any] = {
    "worlds": (lambda: walkers(max_episode_steps=4, **LONG), np.ones(4, int)),
    "rows": (
        lambda: MurkAgentVectorEnv(
            Race, 1, group="hare", others={"tortoise": stay}, length=60, max_episode_steps=4,
            record_statistics=True,
        ),
        np.zeros(3, int),
    ),
    "groups": (
        lambda: MurkGroupsEnv(Race, 1, length=60, max_episode_steps=4, record_statistics=True),
        {"hare": np.zeros((1, 3), int), "tortoise": np.ones((1, 2), int)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("face", STEPS_OF_FACES)
def test_a_step_of_another_thread_is_counted_wherever_it_comes(face):
    make, actions = STEPS_OF_FACES[face]
    envs, twin = make(), make()
    for each in (envs, twin):
        each.reset(seed=0)
    between: list[Any] = []

    def trace(_frame, event, _argument):
        """Whenever this thread has let go of the worlds, let another one step."""
        if event == "return" and not between and envs._batch.claim.holder is None:
            other = threading.Thread(target=lambda: between.append(envs.step(actions)))
            other.start()
            other.join()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        envs.step(actions)
    finally:
        sys.settrace(before)
    assert len(between) == 1
    told = [envs.step(actions)[4] for _ in range(2)][-1]
    expected = [twin.step(actions)[4] for _ in range(4)][-1]
    assert without_seconds(told["episode"]) == without_seconds(expected["episode"])


def test_seconds_are_those_since_this_env_began_the_row(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("murk_env.faces.statistics.time.perf_counter", lambda: now[0])
    envs = MurkAgentVectorEnv(Mayflies, 1, autoreset_mode="SameStep", record_statistics=True)
    now[0] += 7.0
    envs.reset(seed=0)
    now[0] += 2.0
    assert envs.step([0, 0])[4]["episode"]["t"].tolist() == [2.0, 0.0]
    twin = pickle.loads(pickle.dumps(envs))
    now[0] += 0.5
    assert envs.step([0, 0])[4]["episode"]["t"].tolist() == [0.0, 2.5]
    assert twin.step([0, 0])[4]["episode"]["t"].tolist() == [0.0, 2.5]
    now[0] += 3.0
    assert envs.step([0, 0])[4]["episode"]["t"].tolist() == [3.0, 0.0]
