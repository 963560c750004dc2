"""Ranges of parameters: at both ends one can still play, beyond them a value is refused."""

import math
import re

import numpy as np
import pytest

import murk_envs
from murk_env import MurkAgentVectorEnv, MurkParallelEnv, MurkVectorEnv
from murk_env.author.params import knobs_of
from murk_env.errors import ParameterError
from tests.small import small_keywords
from tests.tiers import representatives

CLASSES = [getattr(murk_envs, name) for name in murk_envs.__all__]
FEW = [murk_envs.HeatSeeker]
each_class = pytest.mark.parametrize("env_class", CLASSES, ids=lambda env_class: env_class.__name__)


def ranges_of(env_class):
    """The parameters that have a range, with it."""
    knobs = knobs_of(env_class.Params).values()
    return [(knob, knob.range) for knob in knobs if knob.range is not None]


def extremes(env_class, end):
    """Keywords with one parameter at an end of its range, where the others let it be there.

    Counts are taken at their low end alone: at the other one there are more cells than memory.
    """
    for knob, limits in ranges_of(env_class):
        if knob.kind is float or end == "low":
            keywords = {**small_keywords(env_class), knob.name: getattr(limits, end)}
            keywords.pop("max_episode_steps", None)
            try:
                env_class.Params(**keywords)
            except ParameterError:
                continue
            yield keywords


def batch(env_class, keywords):
    """Two worlds of a class; all agents of the other groups take action 0."""
    if env_class.registered_agents != "apart":
        return MurkVectorEnv(env_class, 2, **keywords)
    names = MurkParallelEnv(env_class, **keywords).possible_agents
    group, *others = dict.fromkeys(name.rpartition("_")[0] for name in names)
    idle = dict.fromkeys(others, lambda seen: np.zeros(seen.shape[:2], int))
    return MurkAgentVectorEnv(env_class, 2, group=group, others=idle, **keywords)


@pytest.mark.few(1)
@pytest.mark.parametrize("env_class", representatives(CLASSES, FEW), ids=lambda env_class: env_class.__name__)
@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("checked", representatives([False, True], [False]), ids=["normal", "checked"])
def test_at_the_end_of_a_range_rewards_are_finite_and_observations_within_the_space(env_class, end, checked):
    tried = False
    for keywords in extremes(env_class, end):
        envs = batch(env_class, keywords | {"checked": checked})
        envs.action_space.seed(1)
        envs.reset(seed=1)
        for _ in range(3):
            observations, rewards, *_ = envs.step(envs.action_space.sample())
            assert np.isfinite(rewards).all(), keywords
            assert observations in envs.observation_space, keywords
        tried = True
    assert tried


@each_class
def test_beyond_its_range_a_parameter_is_refused_by_its_name(env_class):
    for knob, limits in ranges_of(env_class):
        beyond = [limits.low - 1, limits.high + 1]
        if knob.kind is float:
            beyond = [math.nextafter(limits.low, -math.inf), math.nextafter(limits.high, math.inf)]
            beyond += [-math.inf, math.inf]
        for value in beyond:
            said = f"{env_class.__name__}'s {knob.name} must be {limits}, not {value}."
            with pytest.raises(ParameterError, match=f"^{re.escape(said)}$"):
                env_class.Params(**{knob.name: value})


@each_class
def test_a_range_holds_its_parameters_default(env_class):
    for knob, limits in ranges_of(env_class):
        assert limits.low <= knob.default <= limits.high


@each_class
def test_every_parameter_says_what_it_is(env_class):
    assert all(knob.doc for knob in knobs_of(env_class.Params).values())


def test_every_number_has_a_range_unless_other_parameters_limit_it():
    without = {
        (env_class.__name__, knob.name)
        for env_class in CLASSES
        for knob in knobs_of(env_class.Params).values()
        if knob.kind in (int, float) and knob.range is None
    }
    assert without == {
        ("Ecosystem", "plenty"),
        ("Ecosystem", "scarcity"),
        ("HeatControl", "heaters"),
        ("HexPursuit", "gap"),
    }
