"""Threads change nothing but the time: results, failures, forks and ends are those of one thread."""

import copy
import os
import pickle
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import Blueprint, Field, MurkVectorEnv, Observation, Observe, Square4, per_world
from murk_env.errors import HookError, ParameterError
from murk_env.faces.env import MurkEnv
from murk_env.kernels import kernel
from murk_env.kernels.call import KernelCall
from murk_env.kernels.fused import Fused
from murk_env.kernels.threads import ThreadedRunner, _Worth
from tests.conformance.subjects import SUBJECTS
from tests.env.worlds import TEST_ENVIRONMENTS


class Trap(MurkEnv):
    """Adds the action to a level; a level of 3 raises in `act`, one of 5 in `reward`."""

    level = Field(over="world", dtype=np.int32)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 1), observation=Observation(Observe(cls.level)), action_space=Discrete(6)
        )

    @per_world(level)
    def start(level: Any):
        level[0] = 0

    @per_world(level)
    def act(level: Any, action: Any):
        level[0] += action
        if level[0] == 3:
            raise ValueError("three is too many")

    @per_world(level)
    def reward(level: Any):
        if level[0] == 5:
            raise ValueError("five is no reward")
        return 1.0

    @per_world(level)
    def terminated(level: Any):
        return False


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "murk-env worker"]


def played(envs, num_steps, seed=0):
    """Return everything that some steps gave, as bytes."""
    observations, infos = envs.reset(seed=seed)
    envs.action_space.seed(seed)
    told = [pickle.dumps((observations, infos))]
    for _ in range(num_steps):
        told.append(pickle.dumps(envs.step(envs.action_space.sample())))
    return told


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize(("env_class", "limit"), TEST_ENVIRONMENTS, ids=lambda value: str(value))
def test_any_number_of_threads_gives_the_same_bytes(env_class, limit, mode):
    one, three = (
        MurkVectorEnv(
            env_class, 37, autoreset_mode=mode, max_episode_steps=limit, num_threads=number, **env_class.small
        )
        for number in (1, 3)
    )
    assert played(one, 20) == played(three, 20)
    three.close()


@pytest.mark.parametrize("subject", [one for one in SUBJECTS if one.id.startswith("murk/")], ids=str)
def test_registered_environments_do_not_depend_on_the_threads(subject):
    one, two = (subject.native(19, num_threads=number) for number in (1, 2))
    assert played(one, 12) == played(two, 12)
    two.close()


def test_the_threads_asked_for_are_there_and_end_with_the_env():
    before = len(workers())
    envs = MurkVectorEnv(Trap, 8, num_threads=3)
    played_zeros(envs)
    assert len(workers()) == before + 2
    envs.close()
    assert len(workers()) == before


def played_zeros(envs, num_steps=3):
    envs.reset(seed=1)
    for _ in range(num_steps):
        envs.step([0] * envs.num_envs)


def test_one_thread_starts_none():
    before = len(workers())
    envs = MurkVectorEnv(Trap, 8, num_threads=1)
    played_zeros(envs, 20)
    assert len(workers()) == before


def test_little_work_is_not_shared():
    before = len(workers())
    envs = MurkVectorEnv(Trap, 8)
    played_zeros(envs, 30)
    assert len(workers()) == before


def test_threads_end_when_their_env_is_forgotten():
    before = len(workers())
    envs = MurkVectorEnv(Trap, 8, num_threads=2)
    played_zeros(envs)
    (thread,) = set(workers()) - set(workers()[:before])
    del envs
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (3, "Trap.act raised ValueError: three is too many"),
        (5, "Trap.reward raised ValueError: five is no reward"),
    ],
)
def test_a_failure_on_any_thread_is_named_and_undone(action, message):
    envs = MurkVectorEnv(Trap, 64, num_threads=2)
    played_zeros(envs)
    before = envs._core.save()
    actions = np.zeros(64, np.int64)
    actions[60] = action
    with pytest.raises(HookError, match=message):
        envs.step(actions)
    after = envs._core.save()
    assert all((after.read(field) == before.read(field)).all() for field in envs._core.world.ids.values())
    observations, *_ = envs.step(np.ones(64, np.int64))
    assert (observations == 1.0).all()


def test_a_child_process_starts_threads_of_its_own():
    envs = MurkVectorEnv(Trap, 64, num_threads=2)
    played_zeros(envs)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        observations, *_ = envs.step(np.ones(64, np.int64))
        os.write(writing, bytes([int((observations == 1.0).all()), envs._core.runner.num_workers]))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 2) == bytes([1, 1])
    os.close(reading)
    os.close(writing)
    played_zeros(envs)  # the parent's go on as well


def test_a_copy_has_the_same_number_of_threads():
    envs = MurkVectorEnv(Trap, 8, num_threads=2)
    played_zeros(envs)
    twin = copy.deepcopy(envs)
    played_zeros(twin)
    assert twin._core.runner.num_workers == 1


@pytest.mark.parametrize("number", [0, -1, 1.5, "two"])
def test_a_number_of_threads_is_at_least_one(number):
    with pytest.raises(ParameterError, match="num_threads is a number of threads, at least 1, or None"):
        MurkVectorEnv(Trap, 2, num_threads=number)


@kernel
def mark(start, stop, times):
    for world in range(start, stop):
        times[world] += 1


@pytest.mark.parametrize("num_worlds", [2, 3, 17, 64, 1000])
def test_every_world_is_run_exactly_once(num_worlds):
    runner, times = ThreadedRunner(3), np.zeros(num_worlds, np.int64)
    merged = Fused([KernelCall(mark, (times,))], 16)
    for run in range(1, 200):
        runner.run(merged, num_worlds)
        assert (times == run).all()
    runner.close()


def runs(worth: Any, taken, *, shared, number=1):
    for _ in range(number):
        worth.learn(SimpleNamespace(machine_code=1), taken, shared=shared, chosen=False)


def test_runs_are_shared_once_their_median_alone_is_long_enough():
    long, short = _Worth(), _Worth()
    for worth, usual in ((long, 90_000), (short, 9_000)):
        for taken in (usual, 1, usual, 10**9, usual, 2, usual):
            runs(worth, taken, shared=False)
    assert (long.pause, long.machine_code) == (0, 1)
    assert short.pause > 1000


def test_sharing_pauses_while_it_is_slower_and_ever_longer():
    worth, pauses = _Worth(), []
    for _ in range(4):
        runs(worth, 90_000, shared=False, number=worth.pause)
        assert worth.pause == 0
        runs(worth, 95_000, shared=True, number=16)
        pauses.append(worth.pause)
    assert pauses == [128, 256, 512, 1024]
    runs(worth, 90_000, shared=False, number=worth.pause)
    runs(worth, 60_000, shared=True, number=2000)  # it pays again, and for long
    assert worth.pause == 0
    runs(worth, 95_000, shared=True, number=16)
    assert worth.pause == 64


def test_what_cannot_be_shared_is_not_tried_at_every_run():
    worth: Any = _Worth()
    for _ in range(50):
        worth.learn(SimpleNamespace(machine_code=None), 90_000, shared=False, chosen=True)
    assert worth.pause > 900
