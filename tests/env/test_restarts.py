"""Episodes that begin within a step's own kernels begin as those that Python begins."""

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import Blueprint, Field, MurkEnv, MurkVectorEnv, Observation, Observe, Square4, per_world
from murk_env._stages import Stages
from murk_env.errors import HookError
from murk_env.random import integers
from murk_envs import CrystalNav, HeatControl, HeatSeeker, LayeredHex
from tests.env.worlds import CompiledForager, Mixed

MODES = ("NextStep", "SameStep")


class Fuse(MurkEnv):
    """Burns down by one a step from a drawn length; a spark of -1 fails at the start of an episode."""

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs: `most`, the longest fuse; `spare`, a number that only `start` sees."""

        most: int = 6
        spare: int = 0

    left = Field(over="world", dtype=np.int32)
    lit = Field(over="cells", components=2, low=0.0, high=1.0, initial=0.25, at_bounds="reflect")

    def build(self, params):
        seen = Observation(Observe(self.lit), Observe(self.left), layout="dict")
        return Blueprint(lattice=Square4(2, 3), observation=seen, action_space=Discrete(3))

    @per_world(left, lit)
    def start(left: Any, lit: Any, most: Any, spare: Any, rng: Any):
        left[0] = integers(rng, 0, most)
        if spare == most and left[0] == 0:
            raise ValueError("a fuse of no length")
        lit[1, 2] = 1.0 + 0.125 * left[0] + (spare > 5)

    @per_world(left, lit)
    def act(left: Any, lit: Any, action: Any):
        left[0] -= 1
        lit[0, 0] += 0.375 * action

    @per_world(left)
    def reward(left: Any):
        return left[0]

    @per_world(left)
    def terminated(left: Any):
        return left[0] < 0


def begun(env_class, num_envs, mode, **keywords):
    envs = MurkVectorEnv(env_class, num_envs, autoreset_mode=mode, **keywords)
    envs.reset(seed=5)
    envs.action_space.seed(5)
    return envs


def played(envs, num_steps=25):
    """Return all that some steps gave, and the state behind it, as bytes."""
    told = [pickle.dumps(envs.step(envs.action_space.sample())) for _ in range(num_steps)]
    return told, pickle.dumps(envs._core.save())


@pytest.mark.parametrize("num_threads", [1, 3])
@pytest.mark.parametrize("num_envs", [1, 40])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("env_class", "limit"),
    [(Fuse, 4), (Fuse, None), (CompiledForager, 3), (Mixed, 4)]
    + [(env_class, 7) for env_class in (CrystalNav, HeatControl, HeatSeeker, LayeredHex)],
)
def test_they_begin_as_python_begins_them(env_class, limit, mode, num_envs, num_threads, monkeypatch):
    keywords = {"max_episode_steps": limit, "num_threads": num_threads}
    within = begun(env_class, num_envs, mode, **keywords)
    monkeypatch.setattr(Stages, "start_merges", False)
    outside = begun(env_class, num_envs, mode, **keywords)
    assert not outside._core._restart.merges
    assert played(within) == played(outside)
    within.close()
    outside.close()


@pytest.mark.parametrize("mode", MODES)
def test_a_compiled_start_is_part_of_the_step(mode):
    assert begun(Fuse, 2, mode)._core._restart.merges


@pytest.mark.parametrize("mode", MODES)
def test_when_all_episodes_end_at_once_all_their_last_observations_are_kept(mode):
    envs = begun(HeatSeeker, 50, mode, max_episode_steps=2)
    envs.step(np.ones(50, np.int64))
    last, _, _, truncated, infos = envs.step(np.ones(50, np.int64))
    assert truncated.all()
    if mode == "SameStep":
        assert all((final != fresh).any() for final, fresh in zip(infos["final_obs"], last, strict=True))
        kept = pickle.dumps(infos["final_obs"])
        for _ in range(2):
            envs.step(np.ones(50, np.int64))
        assert pickle.dumps(infos["final_obs"]) == kept


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("mode", MODES)
def test_a_start_that_fails_within_a_step_is_named_and_undone(mode, num_threads):
    envs = begun(Fuse, 8, mode, max_episode_steps=3, spare=60, num_threads=num_threads, most=60)
    states = []

    def step_on():
        while len(states) < 200:
            states.append(pickle.dumps(envs._core.save()))
            envs.step(np.zeros(8, np.int64))

    with pytest.raises(HookError, match=r"Fuse.start raised ValueError: a fuse of no length; .* undone"):
        step_on()
    assert len(states) > 3
    assert pickle.dumps(envs._core.save()) == states[-1]
    envs.close()


def test_a_start_with_a_number_that_no_table_holds_stays_outside():
    assert MurkVectorEnv(Fuse, 2, spare=2**63 - 1)._core._restart.merges
    assert not MurkVectorEnv(Fuse, 2, spare=2**63)._core._restart.merges
