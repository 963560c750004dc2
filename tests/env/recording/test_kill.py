"""A recording process that is killed leaves every step up to its last flush."""

import random
import signal
import subprocess
import sys
import time

import pytest

from murk_env import replay

PROGRAM = """
import numpy as np
from murk_env import MurkVectorEnv, Recording
from murk_envs import HeatSeeker

recording = Recording(MurkVectorEnv(HeatSeeker, 16, size=3, max_episode_steps=7), {path!r}, hash_every=5)
recording.reset(seed=1)
for step in range(1, 10**9):
    recording.step(np.full(16, step % 5))
    if step % 7 == 0:
        recording.flush()
        print(step, flush=True)
"""


def killed_after(path, seconds):
    """Let a process record and kill it; return the steps that it had flushed by its own word."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(path=str(path))], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    complete = (told + rest).rpartition("\n")[0].splitlines()
    return int(complete[-1])


@pytest.mark.slow
@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_a_killed_process_leaves_what_it_flushed(kills, tmp_path):
    rng = random.Random(kills)
    for number in range(kills):
        path = tmp_path / f"run{number}"
        flushed = killed_after(path, rng.uniform(0.0, 0.2))
        assert replay(path).num_steps in (flushed, flushed + 7)  # it may have died before it said so
