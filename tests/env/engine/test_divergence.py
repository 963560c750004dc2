"""Worlds whose numbers diverge end where the blueprint asks for it, as they were before the step."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box

from murk_env import (
    Blueprint,
    Field,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Propagator,
    Ring1D,
    per_world,
)
from murk_env.errors import BlueprintError, HookError, PropagatorError
from murk_env.propagators.writing import Declaration, Frame, KernelCall, kernel

BIG = np.array([[1.0], [1e38], [2.0]], np.float32)


@kernel
def multiply(start: int, stop: int, u: Any, gain: Any, out: Any) -> None:
    for world in range(start, stop):
        for cell in range(u.shape[1]):
            out[world, cell] = u[world, cell] * gain[world]


class Multiply(Propagator):
    """Multiplies `u` by `gain` in every sub-step."""

    def __init__(self, u: Field, gain: Field) -> None:
        self.u, self.gain = u, gain

    def declare(self) -> Declaration:
        return Declaration(reads=(self.gain,), reads_previous=(self.u,), writes=(self.u,))

    def bind(self, frame: Frame) -> KernelCall:
        return KernelCall(multiply, (frame.previous(self.u), frame.read(self.gain), frame.write(self.u)))


class Growing(MurkEnv):
    """Multiply by the action, twice a step.

    Observation: float32 (2,): u.
    Action: Box(-1e38, 1e38, (1,), float32): what u is multiplied by.
    Reward: the change of the first cell.
    Ends: when u is no longer finite.
    Start: u = 1.
    Source: none.
    """

    u = Field(initial=1.0)
    gain = Field(over="world")
    twice = Field(derived=True)

    @classmethod
    def build(cls, params: Any, /) -> Blueprint:
        return Blueprint(
            lattice=Ring1D(2),
            propagators=[Multiply(cls.u, cls.gain)],
            observation=Observation(Observe(cls.u), Observe(cls.twice)),
            action_space=Box(-1e38, 1e38, (1,), np.float32),
            substeps=2,
            ends_diverged=True,
        )

    @per_world
    def start(self) -> None:
        self.u[:] = 1.0

    @per_world
    def act(self, action: Any) -> None:
        self.gain[0] = action[0]

    @per_world
    def derive(self) -> None:
        for cell in range(len(self.u)):
            self.twice[cell] = 2.0 * self.u[cell]

    @per_world
    def reward(self, before: "Growing") -> float:
        return self.u[0] - before.u[0]

    @per_world
    def terminated(self) -> bool:
        return False


@pytest.mark.few(1)
@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_a_world_that_diverges_ends_with_what_it_was_and_the_others_go_on(mode):
    envs = MurkVectorEnv(Growing, 3, autoreset_mode=mode)
    envs.reset(seed=0)
    envs.step(np.full((3, 1), 2.0, np.float32))
    seen, rewards, terminated, truncated, infos = envs.step(BIG)
    assert terminated.tolist() == [False, True, False]
    assert not truncated.any()
    assert rewards.tolist() == [0.0, 0.0, 12.0]
    last = infos["final_obs"][1] if mode == "SameStep" else seen[1]
    assert last.tolist() == [4.0, 4.0, 8.0, 8.0]
    if mode == "SameStep":
        assert infos["final_info"]["diverged"].tolist() == [False, True, False]
        assert not infos["diverged"].any()
        assert seen[1].tolist() == [1.0, 1.0, 2.0, 2.0]
    else:
        assert infos["diverged"].tolist() == [False, True, False]
    if mode == "Disabled":
        _, infos = envs.reset(options={"reset_mask": terminated})
        assert not infos["diverged"].any()
    seen, _, terminated, _, infos = envs.step(np.full((3, 1), 2.0, np.float32))
    assert seen[1].tolist() == ([1.0, 1.0, 2.0, 2.0] if mode == "NextStep" else [4.0, 4.0, 8.0, 8.0])
    assert not terminated.any()
    assert not infos["diverged"].any()


def test_a_single_env_says_so_too_and_every_info_has_the_key():
    env = Growing()
    assert env.reset(seed=0)[1] == {"diverged": False}
    seen, reward, terminated, truncated, info = env.step(BIG[1])
    assert (seen.tolist(), reward, terminated, truncated) == ([1.0, 1.0, 2.0, 2.0], 0.0, True, False)
    assert info == {"diverged": True}
    assert env.reset()[1] == {"diverged": False}


@pytest.mark.slow
def test_checked_mode_raises_instead():
    env = Growing(checked=True)
    env.reset(seed=0)
    with pytest.raises(PropagatorError, match=r"Multiply\(u\) wrote a number that is not finite to 'u'"):
        env.step(BIG[1])


@pytest.mark.slow
def test_where_nobody_asks_infinities_are_observed():
    class Heedless(Growing):
        @classmethod
        def build(cls, params: Any, /) -> Blueprint:
            return dataclasses.replace(super().build(params), ends_diverged=False)

    env = Heedless()
    assert env.reset(seed=0)[1] == {}
    seen, _, terminated, _, _ = env.step(BIG[1])
    assert np.isinf(seen).all()
    assert not terminated


def test_a_key_that_is_taken_and_what_is_no_bool_are_refused():
    class Says(Growing):
        def info(self, after):
            return {"diverged": after.gain > 0.0}

    with pytest.raises(HookError, match=r"Says\.info uses the key 'diverged', which Blueprint"):
        Says().reset(seed=0)
    with pytest.raises(BlueprintError, match="ends_diverged must be a bool, not 1"):
        dataclasses.replace(Growing.blueprint_for(Growing.Params()), ends_diverged=1)
