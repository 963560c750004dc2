"""Rewards for learning: each action charged in its step."""

from typing import Any

import numpy as np
import pytest

from benchmarks.returns.play import make
from examples.shaping import Charged


def play(envs, actions):
    """The rewards of some steps and where episodes end, both (num_steps, num_rows)."""
    envs.reset(seed=0)
    steps = [envs.step(np.full(envs.action_space.shape, action, np.float32)) for action in actions]
    return np.stack([step[1] for step in steps]), np.stack([step[2] | step[3] for step in steps])


@pytest.mark.slow
def test_every_action_is_charged_in_its_step_but_where_a_row_is_reset():
    actions = [0.1, -0.2, 0.3, 0.4, 0.5]  # the fourth only resets
    options: Any = {"horizon": 3, "substeps": 500, "max_episode_steps": 3}
    rewards, ended = play(make("Transport", 2, None, **options), actions)
    less, _ = play(Charged(make("Transport", 2, None, **options), 20.0), actions)
    assert ended.tolist() == [[False] * 2, [False] * 2, [True] * 2, [False] * 2, [False] * 2]
    charged = np.array([2.0, 4.0, 6.0, 0.0, 10.0])
    np.testing.assert_allclose(rewards - less, np.repeat(charged[:, None], 2, axis=1), rtol=1e-6)


def test_an_env_that_resets_in_the_same_step_is_refused():
    envs = make("Transport", 2, None, autoreset_mode="SameStep")
    with pytest.raises(ValueError, match="must reset rows in the next step"):
        Charged(envs, 20.0)
