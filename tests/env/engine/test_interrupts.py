"""An interrupt may come at any moment: a step has then happened whole or not at all, and the env goes on."""

import copy
import itertools
import pickle
import threading
from contextlib import suppress

import numpy as np
import pytest

from murk_env import Field, MurkVectorEnv, Square4, World
from tests.env.engine.injection import raised_within
from tests.env.engine.states import batch_of, state_of
from tests.env.engine.test_failures import Mine
from tests.env.world.test_rebinding import Moody
from tests.env.worlds import CompiledForager, Walker
from tests.tiers import representatives

PLAYED = [[1, 2], [0, 0], [2, 1], [0, 1]]


def after_call(envs, call):
    """Return the state after a call on a copy."""
    copied = copy.deepcopy(envs)
    call(copied)
    return state_of(copied)


STRIDE = pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.slow)])
CALLS = list(itertools.product(["NextStep", "SameStep", "Disabled"], ["step", "reset"]))


@STRIDE
@pytest.mark.parametrize(("mode", "call"), representatives(CALLS, [("SameStep", "step")]))
def test_an_env_goes_on_after_an_interrupt_at_any_moment(mode, call, stride):
    envs = MurkVectorEnv(Walker, 2, autoreset_mode=mode, max_episode_steps=3, longest_fuse=3)
    envs.reset(seed=3)
    envs.step([1, 2])
    calls = {"step": lambda one: one.step([1, 3]), "reset": lambda one: one.reset()}
    saved = batch_of(envs).snapshot()
    before, after = state_of(envs), after_call(envs, calls[call])
    moment = 1
    while True:
        batch_of(envs).reinstate(saved)
        if not raised_within(lambda: calls[call](envs), moment):
            break
        assert not batch_of(envs).world.arena.in_tick
        assert state_of(envs) in (before, after)
        envs.reset(options={"reset_mask": np.array([True, True])})
        envs.step([0, 0])
        moment += stride
    assert moment > 100  # every call and return of the step was one


@STRIDE
@pytest.mark.parametrize("env_class", representatives([Walker, Moody], [Moody]))
def test_what_an_env_tells_after_an_interrupt_at_any_moment_is_right(env_class, stride):
    envs = MurkVectorEnv(env_class, 2)
    envs.reset(seed=3)
    saved, told = batch_of(envs).snapshot(), {}
    for happened in (False, True):  # the step that is interrupted
        batch_of(envs).reinstate(saved)
        if happened:
            envs.step([2, 2])
        reached = str(state_of(envs))
        told[reached] = [pickle.dumps(envs.step(actions)) for actions in PLAYED]
    moment = 1
    while True:
        held = [envs.step([0, 0])[0] for _ in range(moment % 3)]  # so that the next is written elsewhere
        batch_of(envs).reinstate(saved)
        if not raised_within(lambda: envs.step([2, 2]), moment):
            break
        reached = str(state_of(envs))
        assert [pickle.dumps(envs.step(actions)) for actions in PLAYED] == told[reached]
        del held
        moment += stride
    assert moment > 30


@pytest.mark.slow
def test_worlds_go_on_after_an_interrupt_at_any_moment():
    heat = Field()
    moment = 1
    while True:
        world = World(Square4(1, 3), {"heat": heat}, [Mine(heat)], seed=1)
        if not raised_within(world.tick, moment):
            break
        reached = world[heat][0, 0]
        world.tick()
        assert world[heat][0, 0] == reached + 1.0
        moment += 1
    assert moment > 20


def test_threads_go_on_or_end_after_an_interrupt_at_any_moment():
    envs = MurkVectorEnv(CompiledForager, 8, num_threads=3)
    envs.reset(seed=3)
    for _ in range(3):  # all is compiled, and shared
        envs.step([0] * 8)
    batch = batch_of(envs)
    saved, others = batch.snapshot(), set(threading.enumerate())
    before, after = state_of(envs), after_call(envs, lambda one: one.step([1] * 8))
    moment = 1
    while True:
        batch.reinstate(saved)
        batch.runner.close()  # so that the threads start within the step
        if not raised_within(lambda: envs.step([1] * 8), moment):
            break
        assert state_of(envs) in (before, after)
        crew = batch.runner._crew
        for thread in set(threading.enumerate()) - others - set(crew.threads if crew else ()):
            with suppress(RuntimeError):  # it has not begun: start itself was interrupted
                thread.join(timeout=10)
            assert not thread.is_alive()
        moment += 1
    assert batch.runner.num_workers == 2
    assert moment > 100
    envs.close()
