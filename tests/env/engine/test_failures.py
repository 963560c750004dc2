"""A failing tick changes nothing: not the values, the generation, the random numbers or the sparse pool."""

from typing import Any

import numpy as np
import pytest

from murk_env import Field, MurkVectorEnv, Propagator, Square4, World, per_world
from murk_env.errors import HookError, PropagatorError, ReentrantStepError, ResetNeededError
from tests.env.engine.states import batch_of, state_of
from tests.env.worlds import CompiledForager, Walker

GRID = Square4(1, 4)


class BoomError(Exception):
    """What a broken propagator or hook raises."""


class Mine(Propagator):
    """Adds one, and goes off while `armed` holds an exception."""

    def __init__(self, field):
        self.updates = (field,)
        self.armed = None

    def step(self, frame: Any):
        frame.update(self.updates[0])[...] += 1.0
        if self.armed is not None:
            raise self.armed


class Ground:
    """A world with a propagator, two sparse fields and random numbers in act."""

    def __init__(self):
        self.heat, self.first, self.second = Field(), Field(mutability="sparse"), Field(mutability="sparse")
        self.mine = Mine(self.heat)
        fields = {"heat": self.heat, "first": self.first, "second": self.second}
        self.world = World(GRID, fields, [self.mine], num_worlds=2, seed=9)

    def tick(self, field=None, value=0.0, error=None):
        def act(tick):
            if field is not None:
                tick.edit(field)[:, 0] = value + tick.rng.random()

        self.mine.armed = error
        self.world.tick(act)

    def fail(self, field=None, value=0.0):
        with pytest.raises(PropagatorError, match=r"Mine\(heat\) raised BoomError"):
            self.tick(field, value, BoomError())


def test_a_propagator_that_raises_is_named_and_its_error_kept():
    ground = Ground()
    boom = BoomError("no fuel")
    with pytest.raises(
        PropagatorError, match=r"Mine\(heat\) raised BoomError: no fuel; .* undone for all"
    ) as caught:
        ground.tick(error=boom)
    assert caught.value.__cause__ is boom


def test_an_act_that_raises_is_named_and_its_error_kept():
    def act(tick):
        raise BoomError("no fuel.")

    ground = Ground()
    with pytest.raises(HookError, match=r"act raised BoomError: no fuel; .* undone") as caught:
        ground.world.tick(act)
    assert isinstance(caught.value.__cause__, BoomError)


def test_a_failing_tick_changes_nothing():
    ground = Ground()
    ground.tick(ground.first, 3.0)
    before = state_of(ground.world)
    for _ in range(4):
        ground.fail(ground.first, 9.0)
        assert state_of(ground.world) == before


def test_a_sparse_write_of_a_failed_tick_does_not_leak_into_the_next_good_one():
    ground, untouched = Ground(), Ground()
    for one in (ground, untouched):
        one.tick(one.first, 3.0)
    ground.fail(ground.first, 9.0)
    ground.tick()
    untouched.tick()
    assert state_of(ground.world) == state_of(untouched.world)


def test_two_failed_ticks_do_not_corrupt_what_is_published():
    ground = Ground()
    ground.tick(ground.first, 5.0)
    published = ground.world[ground.first]
    before = published.tobytes()
    ground.fail(ground.first, 9.0)
    ground.fail(ground.second, 77.0)
    assert published.tobytes() == ground.world[ground.first].tobytes() == before


def test_the_tick_after_a_failed_one_draws_the_numbers_that_it_would_have_drawn():
    ground, untouched = Ground(), Ground()
    ground.fail(ground.second)
    for one in (ground, untouched):
        one.tick(one.second)
    assert state_of(ground.world) == state_of(untouched.world)


def test_an_interrupt_passes_through_after_the_rollback():
    ground = Ground()
    before = state_of(ground.world)
    with pytest.raises(KeyboardInterrupt):
        ground.tick(ground.first, 9.0, KeyboardInterrupt())
    assert state_of(ground.world) == before
    ground.tick()
    assert (ground.world[ground.heat] == 1.0).all()


# --- environments ---------------------------------------------------------------------------------


def faulty(base, hook, error: type[BaseException] = BoomError):
    """Return a class whose hook runs as it should, and then raises while `broken` is true."""
    broken = []

    def fail(self, *arguments):
        result = getattr(base, hook)(self, *arguments)
        if broken:
            raise error("on purpose")
        return result

    return type("Faulty", (base,), {hook: fail}), broken


def play(envs, num_steps):
    """Step with actions that depend on the step only; return all outputs as bytes."""
    outputs = []
    for step in range(num_steps):
        observation, reward, terminated, truncated, _ = envs.step((np.arange(envs.num_envs) + step) % 5)
        outputs.append(tuple(part.tobytes() for part in (observation, reward, terminated, truncated)))
    return outputs


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("mode", "num_steps"), [("NextStep", 3), ("SameStep", 5)]
)  # the next step calls start
@pytest.mark.parametrize("hook", ["act", "reward", "terminated", "info", "start"])
def test_a_hook_that_raises_leaves_every_world_as_it_was(hook, mode, num_steps):
    env_class, broken = faulty(Walker, hook)
    twin, envs = (
        MurkVectorEnv(cls, 3, autoreset_mode=mode, max_episode_steps=3) for cls in (Walker, env_class)
    )
    for one in (twin, envs):
        one.reset(seed=5)
        play(one, num_steps)
    broken.append(True)
    before = state_of(envs)
    with pytest.raises(
        HookError, match=f"Faulty.{hook} raised BoomError: on purpose; .* undone for all"
    ) as caught:
        play(envs, 1)
    assert isinstance(caught.value.__cause__, BoomError)
    assert state_of(envs) == before
    broken.clear()
    assert play(envs, 9) == play(twin, 9)


@pytest.mark.parametrize("error", [None, BoomError, KeyboardInterrupt])
def test_a_failure_outside_the_hooks_is_not_blamed_on_one_that_ran_or_failed_before(error, monkeypatch):
    env_class, broken = faulty(Walker, "info", error or BoomError)
    env = env_class()
    env.reset(seed=1)
    if error:
        broken.append(True)
        with pytest.raises((HookError, KeyboardInterrupt)):
            env.step(0)

    def fail(guard):
        raise BoomError("no arrays")

    monkeypatch.setattr(batch_of(env)._bindings, "open", fail)
    with pytest.raises(HookError, match=r"Faulty, outside its hooks, raised BoomError: no arrays"):
        env.step(0)


@pytest.mark.parametrize("hook", ["act", "reward", "start"])
def test_an_interrupt_in_a_hook_passes_through_after_the_rollback(hook):
    env_class, broken = faulty(Walker, hook, KeyboardInterrupt)
    twin, envs = (MurkVectorEnv(cls, 3, max_episode_steps=3) for cls in (Walker, env_class))
    for one in (twin, envs):
        one.reset(seed=5)
        play(one, 3)
    broken.append(True)
    with pytest.raises(KeyboardInterrupt):
        play(envs, 1)
    broken.clear()
    assert play(envs, 9) == play(twin, 9)


def test_a_reset_whose_start_raises_changes_nothing():
    env_class, broken = faulty(Walker, "start")
    twin, envs = (MurkVectorEnv(cls, 3) for cls in (Walker, env_class))
    for one in (twin, envs):
        one.reset(seed=5)
        play(one, 2)
    broken.append(True)
    arguments: Any
    for arguments in ({"seed": 1}, {"options": {"reset_mask": np.array([True, False, True])}}, {}):
        with pytest.raises(HookError, match=r"Faulty.start raised BoomError"):
            envs.reset(**arguments)
    broken.clear()
    assert play(envs, 9) == play(twin, 9)


def test_a_first_reset_that_fails_leaves_the_generator_as_it_was():
    env_class, broken = faulty(Walker, "start")
    env, twin = env_class(), Walker()
    for one in (env, twin):
        one.np_random = np.random.default_rng(3)
    broken.append(True)
    with pytest.raises(HookError, match="start raised BoomError"):
        env.reset()
    broken.clear()
    assert env.reset()[0].tobytes() == twin.reset()[0].tobytes()


def test_a_hook_for_one_world_that_raises_leaves_every_world_as_it_was():
    class Short(CompiledForager):
        @per_world
        def act(self, action: int):
            self.agent[0] = 8
            if action == 4:
                raise ValueError("no fourth")

    envs = MurkVectorEnv(Short, 3)
    envs.reset(seed=1)
    before = state_of(envs)
    with pytest.raises(HookError, match=r"Short.act raised ValueError: no fourth; .* undone") as caught:
        envs.step([0, 1, 4])
    assert isinstance(caught.value.__cause__, ValueError)
    assert state_of(envs) == before


@pytest.mark.parametrize(
    "call", [lambda env: env.step(0), lambda env: env.reset(seed=1)], ids=["step", "reset"]
)
def test_a_hook_that_calls_back_into_its_env_is_refused(call):
    class Again(Walker):
        def reward(self, before, after) -> Any:
            return call(env)

    env = Again()
    env.reset(seed=1)
    before = state_of(env)
    with pytest.raises(
        HookError, match=r"Again.reward raised ReentrantStepError: .* in the middle of a step"
    ) as caught:
        env.step(1)
    assert isinstance(caught.value.__cause__, ReentrantStepError)
    assert state_of(env) == before


@pytest.mark.parametrize(
    "call", [lambda env: env.step(0), lambda env: env.reset(seed=1)], ids=["step", "reset"]
)
def test_a_hook_that_takes_self_for_the_running_env_is_refused(call):
    class Again(Walker):
        def reward(self, before, after) -> Any:
            return call(self)

    env = Again()
    env.reset(seed=1)
    with pytest.raises(
        HookError, match=r"Again.reward raised ReentrantStepError: self in an array hook of Again is no"
    ):
        env.step(1)


class Elsewhere(Walker):
    """Runs a world of its own in its reward, which fails."""

    ground = Ground()

    def reward(self, before, after) -> Any:
        self.ground.tick(error=BoomError("no fuel"))


def test_a_failed_tick_of_other_worlds_is_a_failure_of_the_hook_that_ran_them():
    env = Elsewhere()
    env.reset(seed=1)
    with pytest.raises(HookError, match=r"Elsewhere.reward raised PropagatorError: Mine\(heat\)") as caught:
        env.step(1)
    assert isinstance(caught.value.__cause__, PropagatorError)


# --- checked mode ---------------------------------------------------------------------------------


class Stumbling(Walker):
    """Cannot begin."""

    def start(self, tick, worlds):
        raise ArithmeticError("no ground")


def test_after_a_first_reset_that_failed_there_is_nothing_to_step():
    envs = MurkVectorEnv(Stumbling, 2)
    with pytest.raises(HookError, match="no ground"):
        envs.reset(seed=0)
    with pytest.raises(ResetNeededError, match=r"call reset\(\) before step\(\)"):
        envs.step([0, 0])
