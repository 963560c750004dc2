"""Row 11: the cost of recording a run, in time and on disk."""

import math
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import subjects
from benchmarks.report import at_most
from benchmarks.run import Found, Run, beside, limit
from benchmarks.timing import Sample
from murk_env import MurkVectorEnv, Recording
from murk_envs import HeatSeeker

NUM_WORLDS = 1_024
MODE = "NextStep"  # as by default
NUM_STEPS = 1_280  # of the recording whose size is measured: 20 intervals
BOUNDS = {
    64: 1.15,
    1: None,
}  # by the interval of hashes: bound on the time, over that without recording


def measure(run: Run) -> Found:
    """Time a recorded batch against one that is not, and measure the size of a step on disk."""
    (number,) = run.worlds(NUM_WORLDS)
    found: Found = []
    for interval, bound in BOUNDS.items():
        plain = subjects.staggered("not recorded", number, autoreset_mode=MODE)
        with _recording(interval) as around:
            ours = subjects.staggered("ours", number, around=around, autoreset_mode=MODE)
            name = f"{number:,} worlds, hashes every {interval} step(s)"
            found += run.compare(11, name, ours, [beside(at_most(bound), plain)])
    size = Sample((_bytes_a_step(number),))
    what = "a byte for each action"
    return [*found, limit(11, "on disk, a step of all worlds", "B", size, number, what, at_most(1.25))]


@contextmanager
def _recording(interval: int) -> Generator[Callable[[Any], Any]]:
    """Yield a function that records a batch into a temporary file."""
    recordings: list[Any] = []

    def around(envs: Any) -> Any:
        recordings.append(Recording(envs, Path(folder) / "run", hash_every=interval))
        return recordings[0]

    with tempfile.TemporaryDirectory() as folder:
        try:
            yield around
        finally:
            for recording in recordings:
                recording.close()


def _bytes_a_step(number: int) -> float:
    """Return the size of a recording's file per step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        envs = MurkVectorEnv(HeatSeeker, number)
        recording = Recording(envs, path, flush_seconds=math.inf)  # or a slow machine writes more hashes
        recording.reset(seed=0)
        actions = recording.action_space.sample()
        for _ in range(NUM_STEPS):
            recording.step(actions)
        recording.close()
        return path.stat().st_size / NUM_STEPS
