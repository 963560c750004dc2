"""Row 10: the cost of branching, saving and restoring, against a step of all worlds."""

import numpy as np

from benchmarks import subjects
from benchmarks.report import at_most
from benchmarks.run import Found, Run, beside
from benchmarks.timing import Job, calls
from murk_env import MurkVectorEnv
from murk_envs import HeatSeeker

NUM_WORLDS = 1_024
FEW = 8


def measure(run: Run) -> Found:
    """Time each operation against a step of as many worlds."""
    (number,) = run.worlds(NUM_WORLDS)
    envs = MurkVectorEnv(HeatSeeker, number)
    envs.reset(seed=0)
    all_worlds, one, few = np.arange(number), envs.save(0), np.arange(min(FEW, number))
    jobs = [
        ("branch one world into all", calls(lambda: envs.branch(0, all_worlds)), at_most(3.0)),
        ("the same, each with fresh chance", calls(lambda: _fresh(envs, all_worlds)), at_most(3.0)),
        ("save all", calls(envs.save), at_most(None)),
        (f"save {len(few)} of them", calls(lambda: envs.save(few)), at_most(None)),
        ("restore one world into all", calls(lambda: envs.restore(one)), at_most(3.0)),
    ]
    found: Found = []
    for name, nanoseconds, target in jobs:
        step = subjects.batch("a step", number)
        found += run.compare(
            10, f"{number:,} worlds: {name}", Job("ours", number, nanoseconds), [beside(target, step)]
        )
    envs.close()
    return found


def _fresh(envs: MurkVectorEnv, worlds: np.ndarray) -> None:
    envs.branch(0, worlds, randomness="fresh")
