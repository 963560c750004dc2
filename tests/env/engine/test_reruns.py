"""Where a hook for one world failed: the author's line, the array, its size and the world are told."""

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from numba import njit

import murk_env
from murk_env import (
    Blueprint,
    Draws,
    Field,
    Line1D,
    MurkEnv,
    MurkParallelEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
    World,
    per_world,
)
from murk_env.errors import HookError, PropagatorError
from murk_env.propagators.writing import KernelCall, Propagator, kernel
from murk_env.random import MOST_DRAWS, integers, uniform
from tests.env.agent_worlds import CompiledRace
from tests.env.engine.states import state_of


def deepest(world: Any, cell: int) -> float:
    return world.food[cell]


@njit
def seen(food, cell):
    return food[cell]


class Stray(MurkEnv):
    """Reads and writes outside arrays in the worlds whose `home` is 2, where `Params` says so."""

    class Params(murk_env.Params):
        """1: start, 2: act, 3: reward, in a function; 4: terminated, in a compiled one; 5: raises."""

        where: int = 0

    food = Field(initial=0.5)  # (num_worlds, num_cells)
    crumbs = Field(components=2)  # (num_worlds, 2, num_cells)
    home = Field(over="world", dtype="int32")  # (num_worlds,)

    @classmethod
    def build(cls, params: Params) -> Blueprint:
        return Blueprint(
            lattice=Square4(2, 3), observation=Observation(Observe(cls.food)), action_space=Discrete(3)
        )

    @per_world
    def start(self, rng: Draws):
        self.home[0] = integers(rng, 0, 3)
        self.food[0] += 1.0
        if self.params.where == 1:
            self.food[self.home[0] * 4] = self.food[0]

    @per_world
    def act(self, action: int):
        self.crumbs[0, action] += 1.0
        if self.params.where == 2 and self.home[0] == 2:
            self.crumbs[1, 5 + int(self.crumbs[0, action])] = 1.0
        if self.params.where == 5 and self.home[0] == 2:
            raise ArithmeticError("no home")

    @per_world
    def reward(self, before: "Stray"):
        cell = -7 if self.params.where == 3 and self.home[0] == 2 else -6
        return deepest(before, cell)

    @per_world
    def terminated(self):
        return seen(self.food, 60 if self.params.where == 4 and self.home[0] == 2 else 0) < 0.0


OUTSIDE = {
    1: r"start raised IndexError: index 8 is out of bounds for self.food, whose size is 6; .*{world}, "
    r"at .*\.py:\d+: self.food\[self.home",
    2: r"act raised IndexError: index 6 is out of bounds for axis 1 of self.crumbs, whose size is 6; .*"
    r"{world}, at .*\.py:\d+: self.crumbs\[1, 5 ",
    3: r"reward raised IndexError: index -7 is out of bounds for before.food, whose size is 6; .*{world}, "
    r"at .*\.py:\d+: return world.food\[cell\]",
    4: r"terminated raised IndexError: index 60 is out of bounds for self.food, whose size is 6; .*{world}, "
    r"at .*\.py:\d+: return food\[cell\]",
    5: r"act raised ArithmeticError: no home; .*{world}, at .*\.py:\d+: raise ArithmeticError",
}


def strays(where: int, checked: bool = True) -> tuple[Any, int]:
    """Return six worlds that fail at a place, and the first that does."""
    homes = MurkVectorEnv(Stray, 6, checked=True)
    homes.reset(seed=2)
    world = int(np.flatnonzero(homes.world[Stray.home] == 2)[0])
    assert world > 0
    return MurkVectorEnv(Stray, 6, where=where, checked=checked), world


class Tripping(CompiledRace):
    """The last hare looks beyond the line."""

    @per_world
    def reward(self, before: "Tripping", agent: int):
        return self.litter[99] if agent == self.params.hares - 1 else 0.0


def begin_and_step(envs: Any) -> None:
    envs.reset(seed=2)
    envs.step([0, 1, 2, 0, 1, 2])


@pytest.mark.few(1)
@pytest.mark.parametrize("where", OUTSIDE)
def test_checked_mode_tells_the_line_the_array_and_the_world_of_a_hook_that_fails(where):
    envs, world = strays(where)
    with pytest.raises(HookError, match=rf"^Stray.{OUTSIDE[where].format(world=f'In world {world}')}"):
        begin_and_step(envs)


@pytest.mark.slow
def test_it_is_told_of_the_last_of_many_agents_too():
    env = MurkParallelEnv(Tripping, checked=True)
    env.reset(seed=1)
    with pytest.raises(HookError, match=r"reward raised IndexError: index 99 is out of bounds for self.lit"):
        env.step(dict.fromkeys(env.agents, 0))


def test_running_a_failed_hook_again_changes_nothing():
    envs, _ = strays(2)
    envs.reset(seed=2)
    before = state_of(envs)
    for _ in range(2):
        with pytest.raises(HookError, match="index 6 is out of bounds"):
            envs.step([0, 1, 2, 0, 1, 2])
        assert state_of(envs) == before


@pytest.mark.slow
def test_what_a_hook_raises_itself_is_told_with_its_line_and_world_in_any_mode():
    envs, world = strays(5, checked=False)
    envs.reset(seed=2)
    with pytest.raises(HookError, match=rf"^Stray.{OUTSIDE[5].format(world=f'In world {world}')}"):
        envs.step([0, 1, 2, 0, 1, 2])


@kernel
def heated(start, stop, heat):
    for world in range(start, stop):
        heat[world, 0] += 1.0
        if heat[world, 0] > 2.0:
            raise ValueError("too hot")


class Heater(Propagator):
    """Adds one, and refuses to go beyond two."""

    def __init__(self, field: Field) -> None:
        self.updates = (field,)

    def bind(self, frame: Any) -> KernelCall:
        return KernelCall(heated, (frame.update(self.updates[0]),))


@pytest.mark.parametrize("checked", [True, False])
def test_a_kernel_that_raises_is_told_with_its_world(checked):
    heat = Field()
    world = World(Square4(1, 1), {"heat": heat}, [Heater(heat)], num_worlds=3, checked=checked)
    with world.edit() as tick:
        tick.heat = np.array([[0.5], [0.9], [1.5]], np.float32)  # twice one would be too hot anywhere
    with pytest.raises(PropagatorError, match=r"Heater\(heat\) raised ValueError: too hot; .* In world 2"):
        world.tick()


class Gambler(MurkEnv):
    """Tosses a coin 2 to the power of 24 times, and once more if it is told to."""

    purse = Field(over="world")

    @classmethod
    def build(cls, params: murk_env.Params) -> Blueprint:
        return Blueprint(
            lattice=Line1D(2), observation=Observation(Observe(cls.purse)), action_space=Discrete(2)
        )

    @per_world
    def start(self) -> None:
        self.purse[0] = 0.0

    @per_world
    def act(self, action: int, rng: Draws) -> None:
        rng[4] += MOST_DRAWS - 1  # as so many calls do, in seconds
        self.purse[0] += uniform(rng)
        if action:
            self.purse[0] += uniform(rng)

    @per_world
    def reward(self) -> float:
        return 0.0

    @per_world
    def terminated(self) -> bool:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("checked", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_more_draws_than_a_hook_has_are_refused_instead_of_being_another_hooks(checked):
    env = Gambler(checked=checked)
    env.reset(seed=0)
    env.step(0)
    before = env.save()
    with pytest.raises(
        HookError, match=r"Gambler.act raised ValueError: it drew more than 16,777,216 random"
    ):
        env.step(1)
    assert env.save() == before
