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
_IMPORTS = ("import murk_envs", "import murk_env")
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
    """Time the imports, and the first make, reset and step with an empty cache and with a full one."""
    imported: dict[str, list[float]] = {importing: [] for importing in _IMPORTS}
    empty: list[float] = []
    warm: list[float] = []
    for _ in range(run.repeats):
        with tempfile.TemporaryDirectory() as cache:
            empty.append(_seconds(_MAKING, cache))
            warm.append(_seconds(_MAKING, cache))
            for importing, seconds in imported.items():
                seconds.append(_seconds(importing, cache))
    found = {
        **{f"{importing}, after gymnasium": (seconds, 0.4) for importing, seconds in imported.items()},
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
