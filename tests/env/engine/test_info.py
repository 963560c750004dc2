"""Infos: what the hook may return, and of which state it tells."""

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.engine.infos import check_info
from murk_env.errors import HookError
from tests.env.worlds import Walker


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (None, "Env.info must return a dict of arrays, not NoneType"),
        ([1, 2], "Env.info must return a dict of arrays, not list"),
        (
            {"a": 1.0},
            r"Env.info\['a'\] must be numbers of shape \(3, ...\), the worlds first, not a single value\.",
        ),
        ({"a": np.zeros(2)}, r"must be numbers of shape \(3, ...\), .* not an array of shape \(2,\)\."),
        ({"a": None}, r"must be numbers of shape \(3, ...\), .* not None\."),
        ({"a": ["x", "y", "z"]}, "must be numbers of shape .* not an array of dtype <U1"),
        ({"a": np.zeros(3, complex)}, "must be numbers of shape .* not an array of dtype complex128"),
        ({"_a": np.zeros(3)}, "uses the key '_a', which Gymnasium reserves; rename it"),
        ({"episode": np.zeros(3)}, "uses the key 'episode', which Gymnasium reserves"),
        ({"final_obs": np.zeros(3)}, "uses the key 'final_obs', which Gymnasium reserves"),
        ({"final_info": np.zeros(3)}, "uses the key 'final_info', which Gymnasium reserves"),
        ({"active": np.zeros(3)}, "uses the key 'active', which MurkAgentVectorEnv reserves; rename it"),
        ({3: np.zeros(3)}, "uses the key 3, which Gymnasium reserves"),
    ],
    ids=str,
)
def test_what_is_no_info_is_refused(info, message):
    with pytest.raises(HookError, match=message):
        check_info("Env", info, 3, None)


def test_other_keys_than_the_first_time_are_refused():
    class Fickle(Walker):
        def info(self, after):
            fuse = after.fuse
            return {"fuse": fuse} if (after.visits == 0).all() else {"visits": fuse}

    env = Fickle()
    env.reset(seed=1)
    with pytest.raises(
        HookError,
        match=r"Fickle.info must return the same keys, .*: first 'fuse': int32 \(\); now 'visits': \w+ .*"
        r"At \S+test_info.py:\d+: def info\(self, after\):",
    ):
        env.step(1)


def test_a_hook_that_returns_nothing_gives_an_empty_info():
    class Quiet(Walker):
        def info(self, after):
            return {}

    assert Quiet().reset(seed=1)[1] == {}


def test_keys_are_free_that_only_other_environments_fill():
    class Free(Walker):
        def info(self, after):
            return {"diverged": after.fuse, "level": after.fuse}

    assert set(Free().reset(seed=1)[1]) == {"diverged", "level"}


def test_an_info_tells_of_the_state_that_is_published():
    env = Walker()
    _, before = env.reset(seed=1)
    after = env.step(1)[4]
    assert after["fuse"] == before["fuse"] - 1
    assert after["visits"].sum() == 1


def test_the_final_info_in_same_step_mode_tells_of_the_end_and_the_info_of_the_new_start():
    envs = MurkVectorEnv(Walker, 3, autoreset_mode="SameStep", max_episode_steps=4)
    _, first = envs.reset(seed=3)
    for _ in range(3):
        envs.step([1, 1, 1])
    *_, terminated, truncated, info = envs.step([1, 1, 1])
    fresh = first["fuse"] > 4  # those worlds are in their first episode still
    assert fresh.any()
    assert (truncated | terminated)[fresh].all()
    final = info["final_info"]
    assert final["fuse"][fresh].tolist() == (first["fuse"] - 4)[fresh].tolist()
    assert (final["visits"].sum(axis=1)[fresh] == 4).all()
    assert (info["visits"][fresh] == 0).all()
