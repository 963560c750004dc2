"""Worlds that are reset within a step's own kernels are as those that Python resets."""

import dataclasses
import pickle
from functools import cached_property

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from gymnasium.vector import SyncVectorEnv

import murk_env
from murk_env import (
    Blueprint,
    Draws,
    Field,
    MurkAgentVectorEnv,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
    per_world,
)
from murk_env.engine.final_obs import FinalObs
from murk_env.engine.hooks import HookStages
from murk_env.errors import HookError, PipelineError
from murk_env.kernels import kernel
from murk_env.kernels.call import KernelCall
from murk_env.kernels.program import Program
from murk_env.kernels.stage import Stage, unchanged
from murk_env.observation.output import each_array
from murk_env.random import integers
from murk_envs import CrystalNav, HeatControl, HeatSeeker, HexPursuit, LayeredHex
from tests.env.engine.states import reset_fuses, state_of
from tests.env.worlds import CompiledForager, Mixed, Walker
from tests.tiers import representatives

MODES = ("NextStep", "SameStep")


class Doomed(Walker):
    """Ends with every step."""

    def terminated(self, after):
        return np.ones(len(after.agent), bool)


class Fuse(MurkEnv):
    """Burns down by one a step from a drawn length; a spark of -1 fails at the start of an episode."""

    class Params(murk_env.Params):
        """`most`, the longest fuse; `spare`, a number that only `start` sees."""

        most: int = 6
        spare: int = 0

    left = Field(over="world", dtype=np.int32)
    lit = Field(over="cells", components=2, low=0.0, high=1.0, initial=0.25, at_bounds="reflect")

    @classmethod
    def build(cls, params):
        seen = Observation(Observe(cls.lit), Observe(cls.left), layout="dict")
        return Blueprint(lattice=Square4(2, 3), observation=seen, action_space=Discrete(3))

    @per_world
    def start(self, rng: Draws):
        most, spare = self.params.most, self.params.spare
        self.left[0] = integers(rng, 0, most)
        if spare == most and self.left[0] == 0:
            raise ValueError("a fuse of no length")
        self.lit[1, 2] = 1.0 + 0.125 * self.left[0] + (spare > 5)

    @per_world
    def act(self, action: int):
        self.left[0] -= 1
        self.lit[0, 0] += 0.375 * action

    @per_world
    def reward(self):
        return self.left[0]

    @per_world
    def terminated(self):
        return self.left[0] < 0


def begun(env_class, num_envs, mode, **keywords):
    envs = MurkVectorEnv(env_class, num_envs, autoreset_mode=mode, **keywords)
    envs.reset(seed=5)
    envs.action_space.seed(5)
    return envs


def played(envs, num_steps=25):
    """Return all that some steps gave, as bytes, and the state behind it."""
    told = [pickle.dumps(envs.step(envs.action_space.sample())) for _ in range(num_steps)]
    return told, state_of(envs)


ENDING = [(Fuse, 4), (Fuse, None), (CompiledForager, 3), (Mixed, 4)] + [
    (env_class, 7) for env_class in (CrystalNav, HeatControl, HeatSeeker, LayeredHex)
]


@pytest.mark.few(1)
@pytest.mark.parametrize("num_threads", [1, 3])
@pytest.mark.parametrize("num_envs", [1, 40])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("env_class", "limit"), representatives(ENDING, [(Fuse, 4), (CompiledForager, 3)]))
def test_they_are_as_python_resets_them(env_class, limit, mode, num_envs, num_threads, monkeypatch):
    keywords = {"max_episode_steps": limit, "num_threads": num_threads}
    within = begun(env_class, num_envs, mode, **keywords)
    monkeypatch.setattr(HookStages, "start_fuses", False)
    outside = begun(env_class, num_envs, mode, **keywords)
    assert not reset_fuses(outside)
    assert played(within) == played(outside)
    within.close()
    outside.close()


@pytest.mark.parametrize("mode", MODES)
def test_a_start_for_one_world_is_part_of_the_step(mode):
    assert reset_fuses(begun(Fuse, 2, mode))


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
            states.append(state_of(envs))
            envs.step(np.zeros(8, np.int64))

    with pytest.raises(HookError, match=r"Fuse.start raised ValueError: a fuse of no length; .* undone"):
        step_on()
    assert len(states) > 3
    assert state_of(envs) == states[-1]
    envs.close()


def test_the_step_in_which_a_world_is_reset_ends_no_episode():
    envs = MurkVectorEnv(Doomed, 2)
    envs.reset(seed=0)
    assert envs.step([0, 0])[2].tolist() == [True, True]
    assert envs.step([0, 0])[2].tolist() == [False, False]


def test_a_start_with_a_number_that_no_table_holds_stays_outside():
    assert reset_fuses(MurkVectorEnv(Fuse, 2, spare=2**63 - 1))
    assert not reset_fuses(MurkVectorEnv(Fuse, 2, spare=2**63))


class Slanted(Square4):
    """A grid whose table of neighbours is no contiguous array."""

    @cached_property
    def neighbours(self):
        return np.asfortranarray(super().neighbours)


class Fenced(Fuse):
    """A Fuse that looks at the neighbours of its first cell."""

    @classmethod
    def build(cls, params):
        return dataclasses.replace(super().build(params), lattice=Slanted(2, 3))

    @per_world
    def start(self, rng: Draws):
        self.left[0] = integers(rng, 0, self.params.most)
        self.lit[1, 2] = 0.125 * (self.neighbours[0, 0] < 0)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_start_with_a_table_that_does_not_fuse_stays_outside(mode):
    envs = begun(Fenced, 30, mode)
    assert not reset_fuses(envs)
    singles = SyncVectorEnv([Fenced] * 30, autoreset_mode=mode)
    singles.reset(seed=5)
    singles.action_space.seed(5)
    for _ in range(12):
        ours, theirs = (one.step(one.action_space.sample()) for one in (envs, singles))
        assert ours[0]["left"].tobytes() == theirs[0]["left"].tobytes()
        assert ours[2].tolist() == theirs[2].tolist()


@kernel
def count(start, stop, values):
    for world in range(start, stop):
        values[world] += 1.0


def test_a_stage_for_some_worlds_that_does_not_fuse_is_refused():
    values = np.zeros((2, 4))[:, ::2]
    stage = Stage("half", lambda: KernelCall(count, (values,)), unchanged, choice=(np.zeros(2, np.int64), 0))
    with pytest.raises(PipelineError, match="'half' is for some worlds only, and cannot be fused"):
        Program([stage], 1, fuse=True, runner=None, moved=lambda: None)


def stay(observations):
    """Return action 0 for every agent."""
    return np.zeros(observations.shape[:2], np.int64)


@pytest.mark.slow
def test_last_observations_are_those_of_their_worlds_in_whatever_order_they_were_met(monkeypatch):
    one, other = (
        MurkAgentVectorEnv(
            HexPursuit,
            9,
            group="prey",
            others={"predator": stay},
            autoreset_mode="SameStep",
            max_episode_steps=7,
        )
        for _ in range(2)
    )
    copies = FinalObs.copies

    def reversed_copies(self):
        worlds, observations = copies(self)
        return worlds[::-1], [each_array(output, lambda array: array[::-1]) for output in observations]

    for envs in (one, other):
        envs.reset(seed=1)
    most = 0
    for step in range(60):
        actions = np.full(one.num_envs, step % 7)
        told = one.step(actions)
        with monkeypatch.context() as patch:
            patch.setattr(FinalObs, "copies", reversed_copies)
            assert pickle.dumps(other.step(actions)) == pickle.dumps(told)
        most = max(most, int(told[4].get("_final_obs", np.zeros(1)).sum()))
    assert most > 4


class Marked(Walker):
    """Walks, and changes a mark that `start` leaves alone."""

    mark = Field(over="world", initial=7.0)

    def act(self, tick, actions):
        super().act(tick, actions)
        tick.mark = 1.0


def test_a_field_that_start_leaves_alone_begins_every_episode_with_its_initial_value():
    env = Marked()
    for _ in range(2):
        env.reset(seed=1)
        assert env.world["mark"].tolist() == [7.0]
        env.step(2)
        assert env.world["mark"].tolist() == [1.0]


@pytest.mark.parametrize("env_class", [Walker, CompiledForager, Fuse])
def test_a_mask_resets_its_worlds_and_the_others_keep_their_values_and_go_on(env_class):
    envs, others, fresh = (MurkVectorEnv(env_class, 3) for _ in range(3))
    for one in (envs, others):
        one.reset(seed=1)
        for actions in ([1, 2, 2], [2, 1, 1]):  # what was before must not come back
            one.step(actions)
    fresh.reset(seed=5)
    before = {name: envs.world[field].copy() for name, field in envs.world.fields.items()}
    envs.reset(seed=5, options={"reset_mask": np.array([True, False, False])})
    for name, field in envs.world.fields.items():
        np.testing.assert_array_equal(envs.world[field][1:], before[name][1:])
        np.testing.assert_array_equal(envs.world[field][0], fresh.world[field][0])
    envs.step([0, 2, 1])
    others.step([0, 2, 1])
    for field in envs.world.fields.values():
        np.testing.assert_array_equal(envs.world[field][1:], others.world[field][1:])
