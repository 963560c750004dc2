"""Sparse fields that propagators or `start` write are reset in every autoreset mode as in single envs."""

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from murk_env import Blueprint, Draws, Field, Line1D, MurkEnv, MurkVectorEnv, Observation, Observe, per_world
from murk_env.random import integers
from tests.env.worlds import Counter, Walker


class Sand(MurkEnv):
    """Grains that a propagator adds one by one, from a start of 0 to 5; an episode is over at 8."""

    grains = Field(mutability="sparse", dtype=np.int32)  # (num_worlds, num_cells), written by the propagator
    first = Field(mutability="sparse", dtype=np.int32)  # (num_worlds, num_cells), written by start alone

    @classmethod
    def build(cls, params: Any) -> Blueprint:
        return Blueprint(
            lattice=Line1D(2),
            propagators=[Counter(cls.grains)],
            observation=Observation(Observe(cls.grains), Observe(cls.first)),
            action_space=Discrete(2),
        )

    def start(self, tick, worlds):
        tick.grains = tick.rng.integers(0, 6, 2).astype(np.int32)
        tick.first = tick.grains

    def act(self, tick, actions):
        pass

    def reward(self, before, after):
        return after.grains.sum(axis=1) - after.first.sum(axis=1)

    def terminated(self, after):
        return (after.grains >= 8).any(axis=1)


class CompiledSand(Sand):
    """`Sand` with a start for one world."""

    @per_world
    def start(self, rng: Draws):
        for cell in range(len(self.grains)):
            self.grains[cell] = integers(rng, 0, 6)
            self.first[cell] = self.grains[cell]


@pytest.mark.few(2)
@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("env_class", [Sand, CompiledSand])
def test_a_batch_equals_single_envs(env_class, mode, checked):
    batch = MurkVectorEnv(env_class, 3, autoreset_mode=mode, checked=checked)
    single = SyncVectorEnv([env_class] * 3, autoreset_mode=mode)
    assert data_equivalence(batch.reset(seed=5), single.reset(seed=5), exact=True)
    ended = 0
    for _ in range(30):
        outputs = batch.step([0, 1, 0])
        ended += outputs[2].sum()
        assert data_equivalence(outputs, single.step([0, 1, 0]), exact=True)
    assert ended > 6


@pytest.mark.parametrize("changed", [[3.0, 0.0, 0.0], [3.0, 4.0, 5.0], [0.0, 0.0, 0.0]])
def test_a_sparse_field_that_has_changed_in_some_worlds_begins_anew_in_all(changed):
    envs = MurkVectorEnv(Walker, 3, longest_fuse=2)  # with that fuse, start leaves the bell as it is
    envs.reset(seed=0)
    with envs.world.edit() as tick:
        tick.bell = np.array(changed)
    envs.reset()
    assert envs.world["bell"].tolist() == [0.0, 0.0, 0.0]


class Loud(Walker):
    """Walks, and starts with a louder bell than there can be."""

    def start(self, tick, worlds):
        super().start(tick, worlds)
        tick.bell = 20.0


def test_what_start_sets_of_a_sparse_field_is_kept_within_its_bounds():
    env = Loud()
    env.reset(seed=1)
    assert env.world["bell"].tolist() == [9.0]


def test_a_negative_zero_is_reset_to_zero_whatever_the_other_worlds_hold():
    class Quiet(Walker):
        def start(self, tick, worlds):
            pass

    envs = MurkVectorEnv(Quiet, 2, autoreset_mode="Disabled")
    envs.reset(seed=1)
    for other in (-0.0, 5.0):
        with envs.world.edit() as tick:
            tick.bell = np.array([-0.0, other], np.float32)
        envs.reset(seed=1)
        assert not np.signbit(envs.world[Quiet.bell]).any()
