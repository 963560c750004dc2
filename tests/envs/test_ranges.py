"""The limits of the environments' parameters: at both ends of its range a number can still be played with."""

import importlib
import math

import numpy as np
import pytest

import murk_envs
from murk_env import MurkAgentVectorEnv, MurkParallelEnv, MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs._ranges import check_ranges

NAMES = [name for name in murk_envs.__all__ if not name.endswith("Vector")]
ENDS = [(name, end) for name in NAMES for end in (0, 1)]


def ranges_of(env_class):
    return importlib.import_module(env_class.__module__).RANGES


def extremes(env_class, end):
    """Every number that is no count at one end of its range, where the others let it be there."""
    for name, limits in ranges_of(env_class).items():
        if isinstance(getattr(env_class.Params, name), float):
            keywords = {**env_class.small, name: limits[end]}
            keywords.pop("max_episode_steps", None)
            try:
                env_class.Params(**keywords)
            except ParameterError:
                continue
            yield keywords


def batch(env_class, keywords):
    """Two worlds of a class, in checked mode; all agents of the other groups take action 0."""
    if hasattr(murk_envs, f"{env_class.__name__}Vector"):
        return MurkVectorEnv(env_class, 2, checked=True, **keywords)
    names = MurkParallelEnv(env_class, **keywords).possible_agents
    group, *others = dict.fromkeys(name.rpartition("_")[0] for name in names)
    idle = dict.fromkeys(others, lambda seen: np.zeros(seen.shape[:2], int))
    return MurkAgentVectorEnv(env_class, 2, group=group, others=idle, checked=True, **keywords)


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_numbers_at_the_end_of_their_range_give_finite_rewards_and_observations_within_the_space(name, end):
    env_class = getattr(murk_envs, name)
    tried = 0
    for keywords in extremes(env_class, end):
        envs = batch(env_class, keywords)
        envs.action_space.seed(1)
        envs.reset(seed=1)
        for _ in range(3):
            observations, rewards, *_ = envs.step(envs.action_space.sample())
            assert np.isfinite(rewards).all(), keywords
            assert observations in envs.observation_space, keywords
        tried += 1
    assert tried > 0


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_range(name):
    env_class = getattr(murk_envs, name)
    numbers = {
        key for key, value in vars(env_class.Params()).items() if isinstance(value, int | float)
    } - set(ranges_of(env_class))
    assert numbers <= {"gap", "heaters", "scarcity", "plenty"}  # whose limits are other parameters


@pytest.mark.parametrize("value", [-0.1, 1.1, math.inf, math.nan])
def test_beyond_its_range_a_parameter_is_refused_by_its_name(value):
    params = type("Params", (), {"share": value})
    with pytest.raises(ParameterError, match=rf"Pond's share is from 0 to 1, not {value}"):
        check_ranges("Pond", params, {"share": (0.0, 1.0)})
    check_ranges("Pond", type("Params", (), {"share": 1}), {"share": (0.0, 1.0)})
