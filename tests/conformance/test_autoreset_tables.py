"""The three autoreset modes, step by step, on an environment that counts: tables worked out by hand.

Row 0 counts by one and row 1 by two, both up to three.
"""

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from murk_env import MurkVectorEnv
from tests.conformance.small_worlds import Count

ACTIONS = np.array([0, 1])


def counting(mode, max_episode_steps=None):
    envs = MurkVectorEnv(Count, 2, autoreset_mode=mode, limit=3, max_episode_steps=max_episode_steps)
    observation, info = envs.reset(seed=0)
    assert observation.tolist() == [[0.0], [0.0]]
    assert info["count"].tolist() == [0, 0]
    return envs


def table(envs, num_steps):
    """Observation, reward, terminated and info of each step, as lists."""
    rows = []
    for _ in range(num_steps):
        observation, reward, terminated, truncated, info = envs.step(ACTIONS)
        assert not truncated.any()
        rows.append(
            (observation[:, 0].tolist(), reward.tolist(), terminated.tolist(), info["count"].tolist())
        )
    return rows


def test_next_step_mode_resets_in_the_step_after_the_end():
    assert table(counting("NextStep"), 5) == [
        ([1, 2], [1, 2], [False, False], [1, 2]),
        ([2, 4], [2, 4], [False, True], [2, 4]),
        ([3, 0], [3, 0], [True, False], [3, 0]),
        ([0, 2], [0, 2], [False, False], [0, 2]),
        ([1, 4], [1, 4], [False, True], [1, 4]),
    ]


def test_same_step_mode_resets_in_the_step_of_the_end():
    assert table(counting("SameStep"), 5) == [
        ([1, 2], [1, 2], [False, False], [1, 2]),
        ([2, 0], [2, 4], [False, True], [2, 0]),
        ([0, 2], [3, 2], [True, False], [0, 2]),
        ([1, 0], [1, 4], [False, True], [1, 0]),
        ([2, 2], [2, 2], [False, False], [2, 2]),
    ]


def test_same_step_mode_hands_out_the_end_as_final_data():
    envs = counting("SameStep")
    envs.step(ACTIONS)
    info = envs.step(ACTIONS)[-1]
    assert info["final_obs"][0] is None
    assert info["final_obs"][1].tolist() == [4.0]
    assert info["_final_obs"].tolist() == info["_final_info"].tolist() == [False, True]
    assert info["final_info"]["count"].tolist() == [0, 4]
    assert info["final_info"]["_count"].tolist() == [False, True]


def test_disabled_mode_resets_what_the_mask_says():
    envs = counting("Disabled")
    assert table(envs, 2)[1] == ([2, 4], [2, 4], [False, True], [2, 4])
    observation, info = envs.reset(options={"reset_mask": np.array([False, True])})
    assert (observation[:, 0].tolist(), info["count"].tolist()) == ([2, 0], [0, 0])
    assert info["_count"].tolist() == [False, True]
    assert table(envs, 1) == [([3, 2], [3, 2], [True, False], [3, 2])]
    observation, _ = envs.reset(options={"reset_mask": np.array([True, False])})
    assert observation[:, 0].tolist() == [0, 2]


def test_disabled_mode_gives_no_final_data():
    envs = counting("Disabled")
    envs.step(ACTIONS)
    assert not {"final_obs", "final_info"} & envs.step(ACTIONS)[-1].keys()


def test_a_mask_takes_back_a_reset_that_was_due():
    envs = counting("NextStep")
    table(envs, 2)
    envs.reset(options={"reset_mask": np.array([False, True])})
    assert table(envs, 1) == [([3, 2], [3, 2], [True, False], [3, 2])]


def test_a_mask_leaves_a_reset_that_is_due_in_another_row():
    envs = counting("NextStep")
    table(envs, 2)
    envs.reset(options={"reset_mask": np.array([True, False])})
    assert table(envs, 1) == [([1, 0], [1, 0], [False, False], [1, 0])]


def test_a_full_reset_takes_back_every_reset_that_was_due():
    envs = counting("NextStep")
    table(envs, 2)
    envs.reset()
    assert table(envs, 1) == [([1, 2], [1, 2], [False, False], [1, 2])]


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.value)
def test_an_episode_may_terminate_and_be_truncated_at_once(mode):
    envs = counting(mode, max_episode_steps=2)
    envs.step(ACTIONS)
    _, reward, terminated, truncated, _ = envs.step(ACTIONS)
    assert (terminated.tolist(), truncated.tolist()) == ([False, True], [True, True])
    assert reward.tolist() == [2.0, 4.0]
