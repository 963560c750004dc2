"""Row 8: how long fresh processes take to import, and to compile or load the kernels."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import murk_envs
from benchmarks.report import at_most
from benchmarks.run import Found, Run, limit
from benchmarks.timing import Sample

_ROOT = Path(__file__).resolve().parent.parent.parent
_IMPORTING = "import murk_envs"
_MAKING = """
env = gymnasium.make("murk_envs:murk/HeatSeeker-v0")
env.reset(seed=0)
env.step(0)
"""
_PROGRAM = """
import time
import gymnasium
began = time.perf_counter()
{timed}
print(time.perf_counter() - began)
"""


def measure(run: Run) -> Found:
    """Time the import, and the first make, reset and step with an empty cache and with a full one."""
    imported: list[float] = []
    empty: list[float] = []
    warm: list[float] = []
    for _ in range(run.repeats):
        with tempfile.TemporaryDirectory() as cache:
            empty.append(_seconds(_MAKING, cache))
            warm.append(_seconds(_MAKING, cache))
            imported.append(_seconds(_IMPORTING, cache))
    found = {
        "import murk_envs, after gymnasium": (imported, 0.4),
        "first make, reset and step, empty cache": (empty, 8.0),
        "first make, reset and step, warm cache": (warm, 1.0),
    }
    return [
        limit(8, name, "s", Sample(tuple(values)), most, "the limit", at_most(1.0))
        for name, (values, most) in found.items()
    ]


def _seconds(timed: str, cache: str) -> float:
    """Return how long something takes in a fresh process, once gymnasium is there."""
    paths = [str(_ROOT), str(Path(murk_envs.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    settings = os.environ | {"MURK_ENV_CACHE_DIR": cache, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-c", _PROGRAM.format(timed=timed)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    return float(done.stdout)
