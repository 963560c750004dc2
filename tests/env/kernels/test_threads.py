"""Threads change nothing but the time: results, failures, forks and ends are those of one thread."""

import copy
import os
import pickle
import threading
from typing import Any, cast

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import Blueprint, Field, MurkEnv, MurkVectorEnv, Observation, Observe, Square4, per_world
from murk_env.errors import HookError, ParameterError
from murk_env.kernels import KernelCall, kernel, threads
from murk_env.kernels.fused import Fused
from murk_env.kernels.parts import ThreadFailedError
from murk_env.kernels.threads import ThreadedRunner
from murk_envs import HeatSeeker
from tests.conformance.subjects import REGISTERED, Subject
from tests.env.engine.states import batch_of, state_of
from tests.env.worlds import TEST_ENVIRONMENTS, Walker
from tests.tiers import representatives


class Trap(MurkEnv):
    """Adds the action to a level; a level of 3 raises in `act`, one of 5 in `reward`."""

    level = Field(over="world", dtype=np.int32)

    @classmethod
    def build(cls, params, /):
        return Blueprint(
            lattice=Square4(1, 1), observation=Observation(Observe(cls.level)), action_space=Discrete(6)
        )

    @per_world
    def start(self):
        self.level[0] = 0

    @per_world
    def act(self, action: int):
        self.level[0] += action
        if self.level[0] == 3:
            raise ValueError("three is too many")

    @per_world
    def reward(self):
        if self.level[0] == 5:
            raise ValueError("five is no reward")
        return 1.0

    @per_world
    def terminated(self):
        return False


def workers():
    return {thread for thread in threading.enumerate() if thread.name == "murk-env worker"}


def played(envs, num_steps, seed=0):
    """Return everything that some steps gave, as bytes."""
    observations, infos = envs.reset(seed=seed)
    envs.action_space.seed(seed)
    told = [pickle.dumps((observations, infos))]
    for _ in range(num_steps):
        told.append(pickle.dumps(envs.step(envs.action_space.sample())))
    return told


@pytest.mark.few(1)
@pytest.mark.parametrize("mode", representatives(["NextStep", "SameStep"], ["SameStep"]))
@pytest.mark.parametrize(
    ("env_class", "limit"),
    representatives(TEST_ENVIRONMENTS, TEST_ENVIRONMENTS[::2]),
    ids=lambda value: str(value),
)
def test_any_number_of_threads_gives_the_same_bytes(env_class, limit, mode):
    one, three = (
        MurkVectorEnv(
            env_class, 37, autoreset_mode=mode, max_episode_steps=limit, num_threads=number, **env_class.small
        )
        for number in (1, 3)
    )
    assert played(one, 20) == played(three, 20)
    three.close()


@pytest.mark.slow
@pytest.mark.parametrize("subject", representatives(REGISTERED, [Subject("murk/HeatSeeker-v0")]), ids=str)
def test_registered_environments_do_not_depend_on_the_threads(subject):
    one, two = (subject.native(19, num_threads=number) for number in (1, 2))
    assert played(one, 12) == played(two, 12)
    two.close()


def test_the_threads_asked_for_are_there_and_end_with_the_env():
    before = workers()
    envs = MurkVectorEnv(Trap, 8, num_threads=3)
    played_zeros(envs)
    assert len(workers() - before) == 2
    envs.close()
    assert not workers() - before


def played_zeros(envs, num_steps=3):
    envs.reset(seed=1)
    for _ in range(num_steps):
        envs.step([0] * envs.num_envs)


def test_one_thread_starts_none():
    before = workers()
    envs = MurkVectorEnv(Trap, 8, num_threads=1)
    played_zeros(envs, 20)
    assert not workers() - before


def test_threads_end_when_their_env_is_forgotten():
    before = workers()
    envs = MurkVectorEnv(Trap, 8, num_threads=2)
    played_zeros(envs)
    (thread,) = workers() - before
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
    before, _ = state_of(envs)
    actions = np.zeros(64, np.int64)
    actions[60] = action
    with pytest.raises(HookError, match=message):
        envs.step(actions)
    assert state_of(envs)[0] == before
    observations, *_ = envs.step(np.ones(64, np.int64))
    assert (observations == 1.0).all()


def test_workers_do_not_keep_a_process_from_ending():
    envs = MurkVectorEnv(Trap, 64, num_threads=2)
    played_zeros(envs)
    workers = [thread for thread in threading.enumerate() if thread.name == "murk-env worker"]
    assert workers
    assert all(thread.daemon for thread in workers)


def in_child(answer):
    """Return the bytes that a function returns in a forked child; none if it fails there."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            os.write(writing, bytes(answer()))
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        answered = pipe.read()
    os.waitpid(child, 0)
    return answered


def test_a_child_has_threads_that_was_forked_while_what_failed_ran_again_on_one():
    envs = MurkVectorEnv(Trap, 64, num_threads=2)
    played_zeros(envs)
    runner = batch_of(envs).runner
    runner.alone = True
    assert in_child(lambda: [runner.alone]) == bytes([False])


def test_a_child_process_starts_threads_of_its_own():
    envs = MurkVectorEnv(Trap, 64, num_threads=2)
    played_zeros(envs)

    def step():
        observations, *_ = envs.step(np.ones(64, np.int64))
        return bool((observations == 1.0).all()), batch_of(envs).runner.num_workers

    assert in_child(step) == bytes([1, 1])
    played_zeros(envs)  # the parent's go on as well


class Pausing(Walker):
    """Waits in its reward, as long as it is told to."""

    entered, go_on = threading.Event(), threading.Event()
    pauses = True

    def reward(self, before, after) -> Any:
        if Pausing.pauses:
            self.entered.set()
            self.go_on.wait(timeout=60)
        return super().reward(before, after)


def test_a_child_goes_on_where_another_thread_was_in_the_middle_of_a_step():
    envs, twin = MurkVectorEnv(Pausing, 3), MurkVectorEnv(Walker, 3)
    for one in (envs, twin):
        one.reset(seed=5)
    expected = pickle.dumps(twin.step([1, 2, 3]))

    def step():
        Pausing.pauses = False
        return [pickle.dumps(envs.step([1, 2, 3])) == expected]

    other = threading.Thread(target=envs.step, args=([1, 2, 3],))
    other.start()
    assert Pausing.entered.wait(timeout=60)
    answered = in_child(step)
    Pausing.go_on.set()
    other.join()
    assert answered == bytes([1])


def test_a_child_reads_anew_what_a_step_had_not_yet_noted():
    envs = MurkVectorEnv(Trap, 8, num_threads=2)
    played_zeros(envs)
    batch = batch_of(envs)
    batch.ready, batch.pending, batch.runner.alone = (
        False,
        np.array([0]),
        True,
    )  # as another thread may leave them
    assert in_child(
        lambda: [batch.check_open() is None and batch.ready, batch.pending is None, not batch.runner.alone]
    ) == bytes([1, 1, 1])


def test_a_copy_has_the_same_number_of_threads():
    envs = MurkVectorEnv(Trap, 8, num_threads=2)
    played_zeros(envs)
    twin = copy.deepcopy(envs)
    played_zeros(twin)
    assert batch_of(twin).runner.num_workers == 1


@pytest.mark.parametrize("number", [0, -1, 1.5, "two"])
def test_a_number_of_threads_is_at_least_one(number):
    with pytest.raises(ParameterError, match="num_threads must be a number of threads, at least 1, or None"):
        MurkVectorEnv(Trap, 2, num_threads=number)


def test_a_worker_never_enters_numba(monkeypatch):
    entered = set()
    monkeypatch.setattr(threads, "_serve", kernel(cast(Any, threads)._serve.py_func))  # not yet compiled
    threading.setprofile(lambda frame, *_: entered.add(frame.f_globals.get("__name__", "").partition(".")[0]))
    try:
        envs = MurkVectorEnv(Trap, 64, num_threads=3)
        played_zeros(envs)
        envs.close()
    finally:
        threading.setprofile(None)
    assert "murk_env" in entered
    assert not entered & {"numba", "llvmlite"}


@pytest.mark.parametrize("had", [0, 1])
def test_threads_that_cannot_be_had_are_done_without(had, monkeypatch):
    start, left = threading.Thread.start, [had]

    def limited(thread):
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    envs = MurkVectorEnv(Trap, 64, num_threads=3)
    monkeypatch.setattr(threading.Thread, "start", limited)
    try:
        [].pop()
    except IndexError:  # whatever else is being handled
        played_zeros(envs)
    observations, *_ = envs.step([1] * 64)
    assert (observations == 1.0).all()
    assert batch_of(envs).runner.num_workers == had
    envs.close()


def test_an_interrupt_while_a_thread_starts_is_that_interrupt(monkeypatch):
    envs = MurkVectorEnv(Trap, 64, num_threads=3)
    start = threading.Thread.start

    def interrupted(thread):
        start(thread)
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("release unlocked lock")  # as Python's own condition does then

    envs.reset(seed=0)
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        envs.step([0] * 64)
    monkeypatch.undo()
    assert (envs.step([1] * 64)[0] == 1.0).all()
    envs.close()


def test_more_threads_than_any_machine_has_are_refused():
    with pytest.raises(
        ParameterError, match=r"num_threads=1000000000 is more than \d+, 16 for each proc.*lea"
    ):
        MurkVectorEnv(Trap, 2, num_threads=10**9)


@kernel
def mark(start, stop, times):
    for world in range(start, stop):
        times[world] += 1


@pytest.mark.parametrize("num_worlds", [2, 3, 17, 64, 1000])
def test_every_world_is_run_exactly_once(num_worlds):
    runner, times = ThreadedRunner(3, 0), np.zeros(num_worlds, np.int64)
    fused = Fused([KernelCall(mark, (times,))], 16)
    for run in range(1, 200):
        runner.run(fused, num_worlds)
        assert (times == run).all()
    runner.close()


@kernel
def fail_at(start, stop, wrong):
    for world in range(start, stop):
        if world == wrong[0]:
            raise ValueError("on purpose")


def test_a_run_after_one_that_failed_has_not_failed_itself():
    runner, wrong = ThreadedRunner(2, 0), np.array([5])
    fused = Fused([KernelCall(fail_at, (wrong,))], 16)
    with pytest.raises(ThreadFailedError):
        runner.run(fused, 64)
    wrong[0] = -1
    runner.run(fused, 64)
    runner.close()


def test_an_interrupt_of_a_shared_run_ends_the_threads(monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    before, runner, times = workers(), ThreadedRunner(3, 0), np.zeros(64, np.int64)
    fused = Fused([KernelCall(mark, (times,))], 16)
    runner.run(fused, 64)
    assert len(workers() - before) == 2
    with monkeypatch.context() as patch:
        patch.setattr(cast(Any, threads)._Crew, "share", interrupted)
        with pytest.raises(KeyboardInterrupt):
            runner.run(fused, 64)
    assert runner.num_workers == 0
    assert not workers() - before
    runner.run(fused, 64)
    assert (times == 2).all()
    runner.close()


@pytest.mark.parametrize(("batch_bytes", "num_threads"), [(0, 1), (2**20 - 1, 1), (2**20, 2), (2**30, 4)])
def test_a_thread_is_chosen_for_every_512_kb_up_to_one_for_each_processor(
    batch_bytes, num_threads, monkeypatch
):
    monkeypatch.setattr(threads, "num_processors", lambda: 4)
    assert ThreadedRunner(None, batch_bytes).num_threads == num_threads
    assert ThreadedRunner(3, batch_bytes).num_threads == 3


@pytest.mark.slow
def test_a_large_batch_is_shared_when_nothing_is_said(monkeypatch):
    monkeypatch.setattr(threads, "num_processors", lambda: 2)
    small, large = (MurkVectorEnv(HeatSeeker, number) for number in (16, 512))
    for envs in (small, large):
        played_zeros(envs)
    assert (batch_of(small).runner.num_workers, batch_of(large).runner.num_workers) == (0, 1)
    large.close()
