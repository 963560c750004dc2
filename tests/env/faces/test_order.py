"""Dicts come in the order in which Gymnasium's SyncVectorEnv gives them."""

from typing import Any, cast

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from murk_env import MurkVectorEnv
from tests.env.worlds import Mixed


def order(value):
    """Return the keys of nested dicts, in order."""
    if isinstance(value, dict):
        return [(key, order(part)) for key, part in value.items()]
    if isinstance(value, tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        return [order(part) for part in value]
    return None


@pytest.mark.few(1)
@pytest.mark.parametrize("mode", AutoresetMode, ids=str)
def test_observations_and_infos_are_in_the_order_of_sync_vector_env(mode):
    envs = MurkVectorEnv(Mixed, 3, autoreset_mode=mode)
    sync = SyncVectorEnv([Mixed] * 3, autoreset_mode=mode)
    assert order(envs.reset(seed=3)) == order(sync.reset(seed=3))
    firsts = set()
    for _ in range(25):
        given, expected = (one.step(np.tile([0, 1], (3, 1))) for one in (envs, sync))
        assert order(given) == order(expected)
        ended = np.logical_or(given[2], given[3])
        firsts |= {bool(ended[0])} if ended.any() else set()
        if mode is AutoresetMode.DISABLED and ended.any():
            masks = ({"reset_mask": ended.copy()} for _ in range(2))
            assert order(envs.reset(options=next(masks))) == order(sync.reset(options=next(masks)))
    assert firsts == {True, False}  # the order in same-step mode depends on whether row 0 has ended


def test_observations_of_one_env_are_in_the_order_of_the_space():
    env = Mixed()
    observation, _ = env.reset(seed=0)
    parts = cast("dict[str, Any]", cast("Any", env.observation_space).spaces)
    assert list(observation) == list(parts) == ["flow", "heat", "prizes", "spark"]
    assert all(observation[key].shape == space.shape for key, space in parts.items())
