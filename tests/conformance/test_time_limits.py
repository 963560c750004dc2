"""Time limits come from the spec, from the caller, or not at all, and act as Gymnasium's TimeLimit does."""

import copy

import gymnasium
import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.faces.entry_points import entry_point
from murk_env.faces.forms import form_of_class
from murk_env.testing import VECTOR_RULES, VectorCase
from tests.conformance.small_worlds import Count


@pytest.fixture
def limited_id():
    """An id whose spec limits an endless count to four steps."""
    env_id = "test/Limited-v0"
    vector_form = form_of_class("vector", Count)
    gymnasium.register(
        env_id, Count, vector_entry_point=vector_form, max_episode_steps=4, kwargs={"limit": 99}
    )
    yield env_id
    del gymnasium.registry[env_id]


class Limited(Count):
    """An endless count whose class says when it is cut off."""

    max_episode_steps = 4


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [({}, 4), ({"max_episode_steps": 5}, 5), ({"max_episode_steps": -1}, None)],
    ids=str,
)
@pytest.mark.parametrize("made", ["single", "vector", "make"])
def test_every_form_takes_the_classes_own_limit_unless_told_otherwise(made, keywords, expected):
    if made == "make":
        gymnasium.register("test/Own-v0", entry_point("single", Limited), max_episode_steps=4)
        env = gymnasium.make("test/Own-v0", limit=99, **keywords)
        del gymnasium.registry["test/Own-v0"]
    else:
        env = (
            Limited(limit=99, **keywords)
            if made == "single"
            else MurkVectorEnv(Limited, 1, limit=99, **keywords)
        )
    env = copy.deepcopy(env)
    env.reset(seed=0)
    action = np.zeros(1, np.int64) if made == "vector" else 0
    cut = [bool(env.step(action)[3]) for _ in range(6)]
    assert (cut.index(True) + 1 if True in cut else None) == expected


def lengths(env, num_steps=12):
    """Numbers of the steps, from 1, at which row 0 was truncated; the row is reset in the same step."""
    env.reset(seed=0)
    truncations = [env.step(np.zeros(env.num_envs, np.int64))[3][0] for _ in range(num_steps)]
    return (np.flatnonzero(truncations) + 1).tolist()


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [({}, [4, 8, 12]), ({"max_episode_steps": 5}, [5, 10]), ({"max_episode_steps": -1}, [])],
    ids=str,
)
def test_make_vec_passes_the_limit_of_the_spec_or_the_callers(limited_id, keywords, expected):
    assert lengths(gymnasium.make_vec(limited_id, 2, autoreset_mode="SameStep", **keywords)) == expected


@pytest.mark.parametrize("limit", [None, -1])
def test_a_class_without_a_limit_never_truncates(limit):
    envs = MurkVectorEnv(Count, 1, autoreset_mode="SameStep", limit=99, max_episode_steps=limit)
    assert lengths(envs) == []


@pytest.mark.few(3)
@pytest.mark.parametrize("keywords", [{}, {"max_episode_steps": 5}], ids=str)
def test_the_limit_equals_the_one_of_make(limited_id, mode, keywords):
    def native(num_envs, mode):
        return gymnasium.make_vec(limited_id, num_envs, autoreset_mode=mode, **keywords)

    def single():
        return gymnasium.make(limited_id, **keywords)

    VECTOR_RULES["steps_equal_sync"](VectorCase(native, single, mode, 2, 15))


def test_a_registered_environment_ends_when_its_spec_says(registered):
    limit = registered.spec.max_episode_steps
    single, native = gymnasium.make(registered.id), gymnasium.make_vec(registered.id, 1)
    single.reset(seed=6)
    native.reset(seed=6)
    single.action_space.seed(6)
    step, flags = 0, [False, False]
    while not any(flags):
        step += 1
        action = single.action_space.sample()
        _, _, *flags, _ = single.step(action)
        _, _, *batched, _ = native.step(np.asarray(action)[None])
        assert [bool(flag[0]) for flag in batched] == flags
    assert flags[1] == (step == limit)
