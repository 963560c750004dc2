"""Every environment's vector form keeps every rule of `murk_env.testing`."""

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from murk_env.testing import VECTOR_RULES, VectorCase

ORACLES = ("steps_equal_sync", "resets_equal_sync")
STEPS = 60


@pytest.mark.few(54)
@pytest.mark.parametrize("rule", VECTOR_RULES)
def test_a_vector_form_keeps_every_rule(subject, mode, rule):
    VECTOR_RULES[rule](VectorCase(subject.native, subject.single, mode, 3, STEPS))


@pytest.mark.few(4)
@pytest.mark.parametrize("rule", ORACLES)
def test_a_batch_of_one_equals_sync(subject, mode, rule):
    VECTOR_RULES[rule](VectorCase(subject.native, subject.single, mode, 1, STEPS, seed=1000))


@pytest.mark.slow
@pytest.mark.parametrize("rule", ORACLES)
def test_a_larger_batch_equals_sync(registered, mode, rule):
    VECTOR_RULES[rule](VectorCase(registered.native, registered.single, mode, 17, STEPS, seed=1000))


@pytest.mark.few(4)
@pytest.mark.parametrize("rule", VECTOR_RULES)
def test_a_checked_vector_form_keeps_every_rule_beside_unchecked_singles(checked_subject, rule):
    def checked(num_envs, mode):
        return checked_subject.native(num_envs, mode, checked=True)

    VECTOR_RULES[rule](VectorCase(checked, checked_subject.single, AutoresetMode.SAME_STEP, 2, STEPS))


def test_the_actions_of_ended_rows_are_not_looked_at(subject):
    env, twin = subject.native(3), subject.native(3)
    env.reset(seed=1)
    twin.reset(seed=1)
    env.action_space.seed(1)
    num_spoilt = 0
    ended = np.zeros(3, bool)
    for _ in range(40):
        actions = env.action_space.sample()
        spoilt = actions.copy()
        spoilt[ended] = 99
        num_spoilt += int(ended.sum())
        observation, *_ = env.step(spoilt)
        expected, _, terminated, truncated, _ = twin.step(actions)
        ended = terminated | truncated
        np.testing.assert_equal(observation, expected)
    assert num_spoilt >= 3
