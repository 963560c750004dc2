"""Row 7: memory allocated by a step, and retained."""

import subprocess
import sys
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks import memory_probe, subjects
from benchmarks.report import Figure, Skipped, at_most
from benchmarks.run import Found, Run, limit
from benchmarks.timing import Sample
from murk_env import Field, MurkVectorEnv
from murk_envs import HeatSeeker

TRACED_WORLDS, GROWN_WORLDS = 4_096, (1_024, 4_096)
NUM_ENVS = 100
NUM_STEPS = 20  # the one that allocates most counts
NUM_CELLS = 16 * 16
OBSERVATION = 4 * 2 * NUM_CELLS  # bytes of one world
OUTPUTS = OBSERVATION + 8 + 1 + 1  # with reward and flags
NO_ARRAY = 0.001  # share of a set of outputs, for a few small objects that are not arrays
ALLOWANCE = 64 * 1024  # bytes that are ignored: a few pages
SHORT, LONG = 20_000, 1_000_000  # steps of a single env
_ROOT = Path(__file__).resolve().parent.parent.parent


def measure(run: Run) -> Found:
    """Trace the allocations of a step, then measure the growth of fresh processes."""
    (traced,) = run.worlds(TRACED_WORLDS)
    found: Found = [_allocated(run, traced, copy=copy) for copy in (False, True)]
    if not memory_probe.STATUS.exists():
        return [*found, Skipped(7, "growth of the process", f"there is no {memory_probe.STATUS} here.")]
    return [*found, *_growth(run)]


def _allocated(run: Run, number: int, *, copy: bool) -> Figure:
    """Return a step's peak allocation per world, against one set of outputs."""
    envs = subjects.vector_env(number, copy=copy)
    standing_still = np.zeros(number, np.int64)
    tracemalloc.start()
    try:
        ours = run.repeated(lambda: _peak(envs, standing_still) / number)
    finally:
        tracemalloc.stop()
    name = f"allocated in a step, per world, copy={copy}"
    bound = 1.0 + NO_ARRAY if copy else NO_ARRAY
    return limit(7, name, "B", ours, OUTPUTS, "one set of outputs", at_most(bound))


def _peak(envs: MurkVectorEnv, actions: np.ndarray) -> int:
    peaks: list[int] = []
    for _ in range(NUM_STEPS):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        envs.step(actions)
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    return max(peaks)


def _growth(run: Run) -> list[Figure]:
    """Return the growth of fresh processes: per world, for one more env, and over many steps."""
    fields = bytes_of(HeatSeeker.fields.values(), NUM_CELLS)
    copied, reused = fields + OUTPUTS, fields + OUTPUTS + OBSERVATION
    steps, repeats = (LONG, 1) if run.soak else (SHORT, run.repeats)
    what = "fields and outputs"
    found: list[Figure] = []
    for number in run.worlds(*GROWN_WORLDS):
        kept = f"{number:,} worlds: resident, per world, copy"
        found.append(_probed("copied", number, run.repeats, f"{kept}=True", copied, what, 1.5))
        found.append(_probed("reused", number, run.repeats, f"{kept}=False", reused, what, 1.5))
    return [
        *found,
        _probed("another", NUM_ENVS, run.repeats, "reserved for one more env", 64 << 20, "the limit", 1),
        _probed("soak", steps, repeats, f"growth in {steps:,} single steps", ALLOWANCE, "a few pages", 1),
    ]


def bytes_of(fields: Iterable[Field], num_cells: int) -> int:
    """Return the size of fields in a world in bytes: doubled if they are ping-ponged, 0 if static."""
    copies = {"per_tick": 2, "sparse": 1, "static": 0}
    spans = {"cells": num_cells, "world": 1}
    return sum(copies[field.mutability] * 4 * spans[field.over] * (field.components or 1) for field in fields)


def _probed(probe: str, number: int, repeats: int, name: str, most: float, what: str, bound: float) -> Figure:
    command = [sys.executable, "-m", "benchmarks.memory_probe", probe, str(number)]
    figures: list[float] = []
    for _ in range(repeats):
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
        figures.append(float(done.stdout))
    return limit(7, name, "B", Sample(tuple(figures)), most, what, at_most(bound))
