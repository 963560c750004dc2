"""Row 8: the time of fresh processes to import, and to compile or load the kernels.

All find Python's bytecode on disk, as after an installation, regardless of PYTHONDONTWRITEBYTECODE.
"""

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
    """Time the imports, and the first make, reset and step with an empty and a full cache."""
    imported: dict[str, list[float]] = {importing: [] for importing in _IMPORTS}
    empty: list[float] = []
    warm: list[float] = []
    with tempfile.TemporaryDirectory() as bytecode:
        for repeat in range(-1, run.repeats):  # the first writes the bytecode and does not count
            with tempfile.TemporaryDirectory() as cache:
                cold, again = _seconds(_MAKING, cache, bytecode), _seconds(_MAKING, cache, bytecode)
                times = [_seconds(importing, cache, bytecode) for importing in _IMPORTS]
            if repeat >= 0:
                empty.append(cold)
                warm.append(again)
                for importing, seconds in zip(_IMPORTS, times, strict=True):
                    imported[importing].append(seconds)
    found = {
        **{f"{importing}, after gymnasium": (seconds, 0.4) for importing, seconds in imported.items()},
        "first make, reset and step, empty cache": (empty, 8.0),
        "first make, reset and step, warm cache": (warm, 1.0),
    }
    return [
        limit(8, name, "s", Sample(tuple(values)), most, "the limit", at_most(1.0))
        for name, (values, most) in found.items()
    ]


def _seconds(timed: str, cache: str, bytecode: str) -> float:
    """Return the time of some code in a fresh process, after importing gymnasium."""
    paths = [str(_ROOT), str(Path(murk_envs.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    settings |= {"MURK_ENV_CACHE_DIR": cache, "PYTHONPYCACHEPREFIX": bytecode}
    settings["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    command = [sys.executable, "-c", _PROGRAM.format(timed=timed)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    return float(done.stdout)
