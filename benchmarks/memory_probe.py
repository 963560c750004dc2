"""Measures memory growth in a fresh process: `python -m benchmarks.memory_probe WHAT NUMBER`."""

import gc
import sys
from pathlib import Path

import numpy as np

from benchmarks import subjects
from murk_envs import HeatSeeker

STATUS = Path("/proc/self/status")
NUM_STEPS = 1_000
WARM_UP = 20_000  # steps of a single env, after which memory should not grow


def kept(key: str) -> int:
    """Return this process's memory in bytes: for VmRSS resident, for VmSize including reserved memory."""
    gc.collect()
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(f"{key}:"))
    return 1024 * int(line.split()[1])


def batch(num_worlds: int, *, copy: bool) -> float:
    """Return the resident bytes per world that a batch has added after its first steps."""
    subjects.batch("before, so that all kernels are there", 2, copy=copy).nanoseconds(NUM_STEPS)
    staying = np.zeros(num_worlds, np.int64)
    before = kept("VmRSS")
    envs = subjects.vector_env(num_worlds, copy=copy)
    for _ in range(NUM_STEPS):
        envs.step(staying)
    return (kept("VmRSS") - before) / num_worlds


def another_env(number: int) -> float:
    """Return the bytes of address space of one more single env."""
    envs = [HeatSeeker()]
    before = kept("VmSize")
    for _ in range(number):
        envs.append(HeatSeeker())
        envs[-1].reset(seed=0)
        envs[-1].step(0)
    return (kept("VmSize") - before) / number


def soak(number: int) -> float:
    """Return the growth of resident memory in bytes over so many steps of a single env."""
    job = subjects.single("soaked")
    job.nanoseconds(WARM_UP)
    before = kept("VmRSS")
    for _ in range(max(1, number // NUM_STEPS)):
        job.nanoseconds(NUM_STEPS)
    return float(kept("VmRSS") - before)


PROBES = {
    "copied": lambda number: batch(number, copy=True),
    "reused": lambda number: batch(number, copy=False),
    "another": another_env,
    "soak": soak,
}

if __name__ == "__main__":
    print(PROBES[sys.argv[1]](int(sys.argv[2])))
