"""Every rule lets a correct vector environment pass and catches one that is broken in just that way."""

import itertools
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit

from murk_env import Blueprint, Field, Line1D, MurkEnv, MurkVectorEnv, Observation, Observe
from murk_env.testing import VECTOR_RULES, VectorCase, VectorEnvError, check_vector_env
from tests.env.testing.broken_runs import Endless
from tests.env.testing.faults import FAULTS
from tests.env.testing.plain import DictWalk, Walk, make_dict_walk, make_walk
from tests.env.testing.tidy import TidySyncVectorEnv
from tests.tiers import representatives
from tests.versions import since

MODES = tuple(AutoresetMode)


class TidyDictVectorEnv(TidySyncVectorEnv):
    make_single = staticmethod(make_dict_walk)


def case_of(
    make_native, mode=AutoresetMode.NEXT_STEP, num_envs=3, steps=80, expect=("terminated", "truncated")
):
    return VectorCase(make_native, make_native.make_single, mode, num_envs, steps, 1, expect)


CORRECT = [(make_native, mode) for mode in MODES for make_native in (TidySyncVectorEnv, TidyDictVectorEnv)]


@pytest.mark.slow
@pytest.mark.parametrize(("make_native", "mode"), representatives(CORRECT, CORRECT[:: len(MODES)]), ids=str)
@since("gymnasium", "1.4")
def test_a_correct_environment_keeps_every_rule(make_native, mode):
    check_vector_env(make_native, make_native.make_single, modes=[mode], num_envs=(1, 3), steps=60, seed=1)


def keeps(rule, make_native):
    """Try one rule in every mode, on batches of one and of several."""
    for mode, num_envs in itertools.product(MODES, (1, 3)):
        VECTOR_RULES[rule](case_of(make_native, mode, num_envs))


every_fault = pytest.mark.parametrize(
    ("rule", "broken"), [pytest.param(rule, one, id=one.__name__) for rule in FAULTS for one in FAULTS[rule]]
)


@every_fault
@since("gymnasium", "1.4")
def test_a_fault_is_found_by_its_own_rule(rule, broken):
    with pytest.raises(VectorEnvError, match=f"breaks rule '{rule}'"):
        keeps(rule, broken)


@pytest.mark.slow
@every_fault
@since("gymnasium", "1.4")
def test_a_fault_is_found_by_its_own_rule_first(rule, broken):
    with pytest.raises(VectorEnvError, match=f"breaks rule '{rule}'") as caught:
        check_vector_env(broken, broken.make_single, num_envs=(1, 3), steps=80, seed=1)
    assert caught.value.rule == rule


def test_every_rule_has_a_fault_that_it_finds():
    assert FAULTS.keys() == VECTOR_RULES.keys()


def test_rules_are_named_as_their_functions():
    assert [rule.__name__ for rule in VECTOR_RULES.values()] == list(VECTOR_RULES)


def test_a_reset_that_forgets_one_pending_row_is_found_whatever_the_batch_size():
    broken = FAULTS["resets_equal_sync"][-1]
    with pytest.raises(VectorEnvError, match="num_envs=17"):
        VECTOR_RULES["resets_equal_sync"](case_of(broken, num_envs=17))


SYNC_BREAKS = (
    "options_stay_the_callers",
    "seeds_are_one_per_row",
    "bad_seeds_are_refused",
    "bad_actions_are_refused",
)


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("rule", SYNC_BREAKS)
def test_gymnasiums_own_sync_vector_env_breaks_the_rules_it_is_known_to_break(rule, mode):
    def native(num_envs, mode):
        return SyncVectorEnv([make_walk] * num_envs, autoreset_mode=mode)

    with pytest.raises(VectorEnvError, match=rule):
        VECTOR_RULES[rule](VectorCase(native, make_walk, mode, 3))


def cart_pole_case(num_envs=3):
    return VectorCase(
        lambda num_envs, _mode: CartPoleVectorEnv(num_envs, max_episode_steps=15),
        lambda: gymnasium.make("CartPole-v1", max_episode_steps=15),
        AutoresetMode.NEXT_STEP,
        num_envs,
    )


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("autoreset_mode_is_stated", "autoreset_mode: expected .*NEXT_STEP.*, got None"),
        ("outputs_have_their_types", "reward: expected float64 array .*, got float32"),
        ("seeds_are_one_per_row", "expected no error, got Error: Seed must be a python integer"),
        ("bad_masks_are_refused", "expected TypeError, got no error"),
        ("rows_do_not_depend_on_num_envs", "row 0.*against the same row of num_envs=4"),
        ("steps_equal_sync", "against SyncVectorEnv: reset"),
    ],
)
def test_gymnasiums_cart_pole_vector_env_breaks_rules_and_the_message_says_how(rule, what):
    with pytest.raises(VectorEnvError, match=what):
        VECTOR_RULES[rule](cart_pole_case())


class Crossed(MurkEnv):
    """Gives each cell the number of the world of that index, where there are as many."""

    heat = Field()
    fuse = Field(over="world", dtype=np.int32)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Line1D(3), observation=Observation(Observe(cls.heat)), action_space=Discrete(2)
        )

    def start(self, tick, worlds):
        tick.fuse = tick.rng.integers(1, 7)

    def act(self, tick, actions):
        heat, numbers = tick.edit(Crossed.heat), tick.rng.random()
        heat[...] = numbers if len(numbers) == heat.shape[1] else numbers[:, None]
        tick.edit(Crossed.fuse)[...] -= 1

    def reward(self, before, after):
        return after.heat[:, 0]

    def terminated(self, after):
        return after.fuse <= 0


@pytest.mark.slow
@since("gymnasium", "1.4")
def test_a_hook_that_mixes_worlds_with_cells_is_found_where_there_are_as_many():
    def native(num_envs, mode):
        return MurkVectorEnv(Crossed, num_envs, autoreset_mode=mode, max_episode_steps=5)

    with pytest.raises(VectorEnvError, match=r"num_envs=3.*value expected"):
        check_vector_env(native, lambda: TimeLimit(Crossed(), 5), num_envs=(1, 3), steps=40)


def test_the_error_holds_the_facts_it_tells():
    class LateWrongReward(TidySyncVectorEnv):
        def step(self, actions: Any) -> Any:
            observation, reward, *rest = super().step(actions)
            self.num_steps = getattr(self, "num_steps", 0) + 1
            return observation, np.where((np.arange(3) == 2) & (self.num_steps == 6), 50.0, reward), *rest

    with pytest.raises(VectorEnvError, match=r"step 5, row 2\).*\['reward'\]\[2\].*got 50.0") as caught:
        VECTOR_RULES["steps_equal_sync"](case_of(LateWrongReward))
    error = caught.value
    assert (error.rule, error.num_envs, error.step, error.row) == ("steps_equal_sync", 3, 5, 2)
    assert (error.mode, error.key, error.actual) == (AutoresetMode.NEXT_STEP, "['reward'][2]", 50.0)
    assert error.expected < 0.0


def test_an_accident_in_the_environment_is_reported_under_the_rule_with_its_cause():
    class Crashing(TidySyncVectorEnv):
        def step(self, actions):
            return {}["missing"]

    with pytest.raises(VectorEnvError, match="expected no error, got KeyError: 'missing'") as caught:
        VECTOR_RULES["runs_repeat"](case_of(Crashing))
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_crash_does_not_count_as_a_refusal():
    class Crashing(TidySyncVectorEnv):
        def step(self, actions):
            return {}["missing"]

    with pytest.raises(VectorEnvError, match=r"one row of actions too many: expected a refusal .*, got Key"):
        VECTOR_RULES["bad_actions_are_refused"](case_of(Crashing))


@pytest.mark.parametrize(
    ("mask_error", "what"),
    [
        (TypeError("no"), "expected a message about reset_mask, got no"),
        (KeyError("no"), "expected TypeError, got KeyError"),
    ],
)
def test_a_mask_must_be_refused_by_the_right_error_and_by_name(mask_error, what):
    class Vague(TidySyncVectorEnv):
        def reset(self, *, seed=None, options=None):
            if options:
                raise mask_error
            return super().reset(seed=seed)

    with pytest.raises(VectorEnvError, match=what):
        VECTOR_RULES["bad_masks_are_refused"](case_of(Vague))


# What a run must contain before it proves anything


def endless(time_limit):
    class Native(TidySyncVectorEnv):
        @staticmethod
        def make_single():
            return TimeLimit(Endless(), time_limit)

    return Native


def test_a_run_without_finished_episodes_proves_nothing():
    with pytest.raises(VectorEnvError, match="expected 3 finished episodes in each row of 80 steps, got 0"):
        VECTOR_RULES["episodes_end_apart"](case_of(endless(1000)))


class OneClock(Endless):
    """Ends when all of three rows have made some multiple of five steps."""

    steps = 0

    def step(self, action):
        observation, reward, *_, info = super().step(action)
        type(self).steps += 1
        return observation, reward, False, (type(self).steps - 1) // 3 % 5 == 4, info


def test_a_run_whose_rows_end_together_proves_nothing():
    class Native(TidySyncVectorEnv):
        make_single = staticmethod(OneClock)

    with pytest.raises(VectorEnvError, match="all rows always end together, even when every other row was"):
        VECTOR_RULES["episodes_end_apart"](case_of(Native, AutoresetMode.SAME_STEP, expect=["truncated"]))


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("horizon", [1, 5])
def test_a_task_of_a_fixed_horizon_proves_what_it_can(horizon, mode):
    VECTOR_RULES["episodes_end_apart"](case_of(endless(horizon), mode, expect=["truncated"]))


def test_rows_that_end_together_are_compared_again_apart():
    class Together(endless(5)):
        def step(self, actions):
            output = super().step(actions)
            self._autoreset_envs[:] = self._autoreset_envs.any()
            return output

    with pytest.raises(VectorEnvError, match="steps_equal_sync"):
        VECTOR_RULES["steps_equal_sync"](case_of(Together, expect=["truncated"]))


def test_a_dict_observation_comes_in_the_order_of_its_space():
    class Backwards(TidySyncVectorEnv):
        make_single = staticmethod(DictWalk)

        def step(self, actions: Any) -> Any:
            observation, *rest = super().step(actions)
            return dict(reversed(observation.items())), *rest

    with pytest.raises(
        VectorEnvError, match=r"outputs_have_their_types.*the keys .* in the order of the space"
    ):
        VECTOR_RULES["outputs_have_their_types"](case_of(Backwards))


def test_a_run_without_a_truncation_proves_nothing_unless_none_is_expected():
    class Hasty(TidySyncVectorEnv):
        make_single = staticmethod(Walk)

    rule = VECTOR_RULES["episodes_end_apart"]
    with pytest.raises(VectorEnvError, match="no episode was truncated"):
        rule(case_of(Hasty, steps=400))
    rule(case_of(Hasty, steps=400, expect=["terminated"]))


@pytest.mark.slow
@since("gymnasium", "1.4")
def test_an_environment_that_never_ends_may_be_checked_when_that_is_expected():
    native = endless(1000)
    check_vector_env(native, native.make_single, num_envs=[2], steps=30, expect=())
