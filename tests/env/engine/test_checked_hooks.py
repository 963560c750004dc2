"""Checked mode finds what is not finite in hooks, and leaves worlds that are reset in the step alone."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from murk_env import Field, MurkVectorEnv
from murk_env.errors import HookError, PropagatorError
from tests.env.engine.states import state_of
from tests.env.engine.test_failures import Mine, faulty, play
from tests.env.worlds import Walker


class Nan(Walker):
    """Writes or returns a NaN in world 1 where `where` says so."""

    level = Field(over="world")
    where = ""

    def start(self, tick, worlds):
        super().start(tick, worlds)
        tick.level = np.where((worlds == 1) & (self.where == "start"), np.nan, 0.0).astype(np.float32)

    def act(self, tick, actions):
        super().act(tick, actions)
        if self.where == "act":
            tick.edit(type(self).level)[1] = np.nan

    def reward(self, before, after) -> Any:
        reward = super().reward(before, after).astype(np.float64)
        if self.where == "reward":
            reward[1] = np.nan
        return reward


@pytest.mark.parametrize(("where", "what"), [("act", r"'level' in world\(s\) \[1\]"), ("reward", r"\[1\]")])
def test_checked_mode_refuses_what_is_not_finite_from_a_hook(where, what):
    envs = MurkVectorEnv(type("Bad", (Nan,), {"where": where}), 3, checked=True)
    envs.reset(seed=1)
    before = state_of(envs)
    with pytest.raises(HookError, match=rf"Bad.{where} .*not finite.*{what}; the .* was undone"):
        envs.step([1, 1, 1])
    assert state_of(envs) == before


def test_a_reward_that_is_not_finite_is_handed_on_where_nothing_is_checked():
    envs = MurkVectorEnv(type("Bad", (Nan,), {"where": "reward"}), 3)
    envs.reset(seed=1)
    assert np.isnan(envs.step([1, 1, 1])[1]).tolist() == [False, True, False]


def test_checked_mode_refuses_what_is_not_finite_from_start():
    envs = MurkVectorEnv(type("Bad", (Nan,), {"where": "start"}), 3, checked=True)
    with pytest.raises(HookError, match=r"Bad.start .*not finite.*'level' in world\(s\) \[1\]"):
        envs.reset(seed=1)


class DivideByFuse(Walker):
    """Its reward is no number in the tick that begins an episode, which nobody is paid for."""

    def reward(self, before, after) -> Any:
        burnt = before.fuse - after.fuse
        return np.where(burnt == 1, 1.0, np.nan)


def test_checked_mode_skips_the_reward_of_a_world_that_is_reset():
    checked, plain = (
        MurkVectorEnv(DivideByFuse, 3, max_episode_steps=3, checked=flag) for flag in (True, False)
    )
    for envs in (checked, plain):
        envs.reset(seed=1)
    assert play(checked, 12) == play(plain, 12)


class Overrun(Mine):
    """Writes a NaN where the field has reached 3, as may happen beyond the end of an episode."""

    limit = 3.0

    def step(self, frame: Any):
        super().step(frame)
        values = frame.update(self.updates[0])
        values[values > self.limit] = np.nan


class EndsAtThree(Walker):
    """Ends in time, before its propagator writes a NaN."""

    level = Field()

    @classmethod
    def build(cls, params):
        return dataclasses.replace(super().build(params), propagators=[Overrun(cls.level)])

    def terminated(self, after):
        return after.level[:, 0] >= 3.0


def test_checked_mode_skips_what_a_propagator_does_to_a_world_that_is_reset():
    envs = MurkVectorEnv(EndsAtThree, 3, checked=True)
    envs.reset(seed=1)
    play(envs, 9)
    assert np.isfinite(envs.world[EndsAtThree.level]).all()


@pytest.mark.parametrize("fails", [False, True])
def test_checked_mode_looks_again_at_worlds_that_were_skipped(fails, monkeypatch):
    env_class, broken = faulty(EndsAtThree, "act")
    envs = MurkVectorEnv(env_class, 3, checked=True)
    envs.reset(seed=1)
    play(envs, 3)  # all have ended
    if fails:
        broken.append(True)
        with pytest.raises(HookError, match="BoomError"):
            play(envs, 1)
        broken.clear()
        envs.reset(seed=2)
    else:
        play(envs, 1)  # resets them
    monkeypatch.setattr(Overrun, "limit", -1.0)
    with pytest.raises(PropagatorError, match="not finite"):
        play(envs, 1)


class Loud(Walker):
    """Its bell begins above what the field may hold."""

    def start(self, tick, worlds):
        super().start(tick, worlds)
        tick.bell = 50.0


def test_what_start_writes_to_a_sparse_field_is_brought_within_its_bounds():
    env = Loud()
    env.reset(seed=1)
    assert env.world[Loud.bell] == 9.0
