"""One thread at a time uses an env: a second one is refused with its reason and touches nothing."""

import copy
import os
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from murk_env import Field, MurkAgentVectorEnv, MurkParallelEnv, MurkVectorEnv, Square4, World
from murk_env.errors import ConcurrentUseError, HookError, ReentrantStepError
from murk_env.world.record import Recorder
from tests.env.agent_worlds import Race
from tests.env.engine.states import batch_of, state_of
from tests.env.worlds import Walker

GRID = Square4(1, 2)


class Waiting:
    """A moment within a step, at which it waits for another thread to be done."""

    def __init__(self):
        self.reached, self.go_on, self.waits = threading.Event(), threading.Event(), False

    def wait(self):
        if self.waits:
            self.waits = False
            self.reached.set()
            assert self.go_on.wait(timeout=60)

    def during(self, call, then):
        """Run a call in a thread of its own, and `then` in its middle; return what the call returned."""
        self.waits = True
        with ThreadPoolExecutor(1, thread_name_prefix="first") as pool:
            running = pool.submit(call)
            try:
                assert self.reached.wait(timeout=60)
                then()
            finally:
                self.go_on.set()
            return running.result(timeout=60)


MOMENT = Waiting()


@pytest.fixture(autouse=True)
def moment():
    MOMENT.__init__()
    return MOMENT


class Slow(Walker):
    """Walks, and waits at the moment."""

    def act(self, tick, actions):
        MOMENT.wait()
        super().act(tick, actions)


class SlowRace(Race):
    """Runs, and waits at the moment."""

    def act(self, tick, actions):
        MOMENT.wait()
        super().act(tick, actions)


def stay(seen):
    return np.ones(seen.shape[:2], np.int64)


FACES: dict[str, Any] = {
    "env": lambda: Slow(render_mode="ansi"),
    "vector env": lambda: MurkVectorEnv(Slow, 2, render_mode="ansi"),
    "rows": lambda: MurkAgentVectorEnv(
        SlowRace, 2, group="hare", others={"tortoise": stay}, render_mode="ansi"
    ),
    "parallel env": lambda: MurkParallelEnv(SlowRace, render_mode="ansi"),
}


def doors(env):
    """Return every call that touches an env's worlds; the last one closes it."""
    state, field = env.save(), next(iter(batch_of(env).world.fields.values()))

    def edit():
        with env.world.edit():
            pass

    return [
        lambda: env.step(ones(env)),
        lambda: env.reset(seed=4),
        env.render,
        env.observe,
        lambda: env.world[field],
        lambda: env.world.view(field),
        edit,
        env.save,
        lambda: env.restore(state),
        lambda: env.branch(0, 0),
        lambda: pickle.dumps(env),
        lambda: copy.deepcopy(env),
        env.close,
    ]


def ones(env):
    if isinstance(env, MurkParallelEnv):
        return dict.fromkeys(env.agents, 1)
    return 1 if isinstance(env, Walker) else np.ones(env.num_envs, np.int64)


@pytest.mark.parametrize("face", FACES)
def test_a_second_thread_is_refused_at_every_door_and_the_first_goes_on(face, moment):
    env = FACES[face]()
    env.reset(seed=3)
    env.step(ones(env))
    twin, known = copy.deepcopy(env), doors(env)

    def knock():
        for door in known:
            with pytest.raises(ConcurrentUseError, match=MESSAGE):
                door()

    made = moment.during(lambda: env.step(ones(env)), knock)
    assert data_equivalence(made, twin.step(ones(twin)), exact=True)
    assert state_of(env) == state_of(twin)
    for door in known:  # whose turn it is now
        door()


MESSAGE = (
    r"(Slow|SlowRace) is in the middle of a step in thread 'first_0', and this is thread 'MainThread'\. One "
    r"thread at a time .*: give each thread an env of its own, or hold a threading.Lock around its calls\."
)


def test_worlds_without_an_env_refuse_a_second_thread_too(moment):
    heat = Field()
    world = World(GRID, {"heat": heat}, seed=1)
    saved = world.save()

    def act(tick):
        tick.edit(heat)[...] = 5.0
        moment.wait()

    def edit():
        with world.edit():
            pass

    def knock():
        for door in (
            world.tick,
            edit,
            world.reset,
            world.save,
            lambda: world.restore(saved),
            lambda: world[heat],
        ):
            with pytest.raises(
                ConcurrentUseError, match="batch of worlds is in the middle of a tick in thread"
            ):
                door()

    moment.during(lambda: world.tick(act), knock)
    assert (world[heat] == 5.0).all()
    edit()


def test_a_second_thread_is_refused_between_the_ticks_of_a_run_too(moment, monkeypatch):
    world = World(GRID, {"heat": Field()}, seed=1)
    note = Recorder.note
    monkeypatch.setattr(Recorder, "note", lambda *given: (moment.wait(), note(*given)))

    def knock():
        with pytest.raises(ConcurrentUseError, match="batch of worlds is in the middle of a run in thread"):
            world.tick()

    moment.during(lambda: world.run(1, record=["heat"]), knock)
    world.tick()


def test_an_edit_of_worlds_has_them_to_itself(moment):
    heat = Field()
    world = World(GRID, {"heat": heat}, seed=1)
    with world.edit() as tick, ThreadPoolExecutor(1) as other:
        tick[heat] = 3.0
        assert isinstance(other.submit(world.tick).exception(timeout=60), ConcurrentUseError)
        with pytest.raises(ReentrantStepError, match=r"in the middle of an edit: .* the block"):
            world.tick()
    assert (world[heat] == 3.0).all()
    world.tick()


def test_threads_that_meet_in_an_env_get_whole_steps_or_none():
    envs, twin = MurkVectorEnv(Walker, 2), MurkVectorEnv(Walker, 2)
    envs.reset(seed=3)
    twin.reset(seed=3)
    generation, found = batch_of(envs).world.arena.generation, []

    def play():
        for _ in range(300):
            with suppress(ConcurrentUseError):
                found.append(envs.step(np.array([1, 3])))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as pool:
            for running in [pool.submit(play) for _ in range(2)]:
                running.result(timeout=60)
    finally:
        sys.setswitchinterval(interval)
    assert batch_of(envs).world.arena.generation - generation == len(found)
    expected = sorted(str(twin.step(np.array([1, 3]))) for _ in found)
    assert sorted(map(str, found)) == expected


def test_what_a_policy_calls_is_refused():
    def policy(seen):
        envs.step(np.ones(envs.num_envs, np.int64))
        return stay(seen)

    envs = MurkAgentVectorEnv(Race, 1, group="hare", others={"tortoise": policy})
    envs.reset(seed=3)
    with pytest.raises(ReentrantStepError, match=r"Race is in the middle of a step: .* a policy"):
        envs.step(np.ones(envs.num_envs, np.int64))


def test_a_hook_cannot_close_its_env():
    class Closes(Walker):
        def act(self, tick, actions):
            env.close()

    env = Closes()
    env.reset(seed=1)
    with pytest.raises(HookError, match=r"Closes.act raised ReentrantStepError: .* in the middle of a step"):
        env.step(0)
    assert not batch_of(env).closed


def test_a_forked_child_uses_what_another_thread_was_using(moment):
    env = FACES["env"]()
    env.reset(seed=3)
    expected = str(copy.deepcopy(env).step(1))

    def fork():
        child = os.fork()
        if child == 0:  # pragma: no cover
            os._exit(str(env.step(1)) != expected)
        assert os.waitpid(child, 0)[1] == 0

    assert str(moment.during(lambda: env.step(1), fork)) == expected
