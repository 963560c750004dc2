"""Chance: episodes, rows and runs differ from each other, which no comparison of two forms can see."""

import numpy as np
import pytest

from murk_env.testing import first_difference
from tests.conformance.subjects import REGISTERED, Subject
from tests.tiers import representatives

DRIFT = Subject("test/Drift-v0")
CHANCY = representatives([*REGISTERED, DRIFT], [DRIFT])
NUM_STEPS = 5


def episode(env, actions, **keywords):
    """The observations and rewards of a few steps after a reset, whose observation may show nothing."""
    return [env.reset(**keywords)[0], *(env.step(batch)[:2] for batch in actions)]


def actions_of(env):
    """The same action for every row, a few times."""
    space = env.single_action_space
    action = space.low if hasattr(space, "low") else np.zeros(space.shape, np.int64)
    return [np.stack([action] * env.num_envs)] * NUM_STEPS


@pytest.mark.parametrize("chancy", CHANCY, ids=str)
def test_episodes_after_one_seed_differ(chancy):
    env = chancy.native(4, "NextStep", max_episode_steps=-1)
    first, second, third = (episode(env, actions_of(env), seed=seed) for seed in (1, None, None))
    assert first_difference(first, second) is not None
    assert first_difference(second, third) is not None


@pytest.mark.parametrize("chancy", CHANCY, ids=str)
def test_episodes_after_an_autoreset_differ(chancy, mode):
    env = chancy.native(1, mode, max_episode_steps=1)
    env.reset(seed=1)
    starts, rewards = [], []
    for _ in range(12):
        if mode.value == "Disabled":
            starts.append(env.reset()[0])
        observation, reward, terminated, truncated, _ = env.step(actions_of(env)[0])
        ended = (terminated | truncated).any()
        if mode.value == "SameStep" or (mode.value == "NextStep" and not ended):
            starts.append(observation)
        if ended:
            rewards.append(reward)
    assert len(starts) >= 6
    assert any(first_difference(told[0], other) for told in (starts, rewards) for other in told[1:])


@pytest.mark.parametrize("chancy", CHANCY, ids=str)
def test_rows_with_neighbouring_seeds_differ(chancy):
    env = chancy.native(8, max_episode_steps=-1)
    told = episode(env, actions_of(env), seed=0)
    assert any(first_difference(row_of(told, 0), row_of(told, row)) for row in range(1, 8))


def row_of(told, row):
    """What an episode told one world."""
    if isinstance(told, dict):
        return {key: row_of(value, row) for key, value in told.items()}
    return told[row] if isinstance(told, np.ndarray) else [row_of(value, row) for value in told]


@pytest.mark.parametrize("chancy", CHANCY, ids=str)
@pytest.mark.parametrize("form", ["native", "single"])
def test_environments_that_were_never_seeded_differ(chancy, form):
    actions = actions_of(chancy.native(1))
    envs = [chancy.native(1) if form == "native" else chancy.single() for _ in range(2)]
    acts = actions if form == "native" else [batch[0] for batch in actions]
    runs = [[episode(env, acts[:1]) for _ in range(6)] for env in envs]
    assert first_difference(*runs) is not None


@pytest.mark.parametrize("chancy", CHANCY, ids=str)
def test_np_random_decides_an_unseeded_first_reset(chancy):
    envs = [chancy.single().unwrapped for _ in range(2)]
    for env in envs:
        env.np_random = np.random.default_rng(3)
    assert first_difference(*(env.reset() for env in envs)) is None


def test_every_episode_begins_with_the_declared_values_of_fields(mode):
    """`Drift.start` does not set the wind, which turns at random within an episode."""
    env = Subject("test/Drift-v0").native(5, mode)
    env.reset(seed=2)
    env.action_space.seed(2)
    winds, begun = [], np.zeros(5, bool)
    for _ in range(60):
        if mode.value == "Disabled" and begun.any():
            observation, _ = env.reset(options={"reset_mask": begun})
            winds += observation["wind"][begun, 0].tolist()
        observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
        ended = terminated | truncated
        if mode.value != "Disabled":
            winds += observation["wind"][ended if mode.value == "SameStep" else begun, 0].tolist()
        begun = ended
    assert len(winds) > 20
    assert set(winds) == {0.25}
