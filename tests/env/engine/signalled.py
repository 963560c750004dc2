"""Envs that are interrupted, or forked, at moments that the clock chooses; a process of its own: it may hang.

`python -m tests.env.engine.signalled interrupts ROUNDS` and `... forks ROUNDS` print in how many rounds the
moment came within a step or a reset, and end with an error where an env does not go on as it must.
"""

import os
import pickle
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from murk_env import MurkVectorEnv
from tests.env.engine.states import batch_of, state_of
from tests.env.worlds import CompiledForager, Walker

LONGEST = 2e-3  # seconds until a signal
PATIENCE = 60  # seconds until a child that does not go on is killed


def made() -> list[MurkVectorEnv]:
    """Return an env of array hooks, and one whose compiled step three threads share."""
    return [
        MurkVectorEnv(Walker, 3, autoreset_mode="SameStep", max_episode_steps=4),
        MurkVectorEnv(CompiledForager, 64, max_episode_steps=6, num_threads=3),
    ]


def calls_of(envs: MurkVectorEnv) -> list[Callable[[], Any]]:
    """Return the calls of a run: what it gives depends on its first, a reset with a seed."""
    steps = [np.arange(envs.num_envs) * step % 5 for step in range(12)]
    return [lambda: envs.reset(seed=3), *(partial(envs.step, actions) for actions in steps), envs.reset]


def told_by(envs: MurkVectorEnv) -> list[tuple[bytes, list[bytes]]]:
    """Play a run; return what each call gives, and the state that it leaves."""
    return [(pickle.dumps(call()), state_of(envs)[0]) for call in calls_of(envs)]


def interrupts(rounds: int) -> int:
    """Interrupt runs; after each interrupt a call has happened whole or not at all, and the run goes on."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    rng, met = random.Random(5), 0
    for envs in made():
        calls, wanted = calls_of(envs), told_by(envs)
        place = 0
        for _ in range(rounds):
            delay = rng.uniform(1e-6, LONGEST)
            began, inside = time.monotonic(), False
            try:
                signal.setitimer(signal.ITIMER_REAL, delay)
                while time.monotonic() < began + 2 * LONGEST:
                    inside = True
                    told = calls[place]()
                    inside = False
                    assert pickle.dumps(told) == wanted[place][0]
                    place = (place + 1) % len(calls)
            except KeyboardInterrupt:
                met += inside
            held = state_of(envs)[0]
            assert held in (wanted[place][1], wanted[place - 1][1]), "a torn state"
            if held == wanted[place][1]:
                place = (place + 1) % len(calls)
        envs.close()
    return met


def step_until(over: threading.Event, envs: MurkVectorEnv, actions: Any) -> None:
    """Step until it is over."""
    while not over.is_set():
        envs.step(actions)


def forks(rounds: int) -> int:
    """Fork while another thread steps; each child plays a run as if it had been alone."""
    sys.setswitchinterval(1e-5)
    rng, met = random.Random(5), 0
    for envs in made():
        wanted, actions, over = told_by(envs), np.ones(envs.num_envs, np.int64), threading.Event()
        other = threading.Thread(target=step_until, args=(over, envs, actions))
        other.start()
        try:
            for _ in range(rounds):
                for _ in range(rng.randrange(2000)):
                    pass
                inside = batch_of(envs).claim.holder is not None
                child = os.fork()
                if child == 0:
                    signal.alarm(PATIENCE)
                    os._exit(told_by(envs) != wanted)
                assert os.waitpid(child, 0)[1] == 0, "a child that hangs, fails or has other numbers"
                met += inside
        finally:
            over.set()
            other.join()
        envs.close()
    return met


if __name__ == "__main__":
    print({"interrupts": interrupts, "forks": forks}[sys.argv[1]](int(sys.argv[2])))
