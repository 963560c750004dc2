"""Compares the cost of a step and of kernels with stored numbers: `python -m benchmarks.guard`.

It counts instructions under valgrind's callgrind, independently of other load. If valgrind is not installed,
it measures times as multiples of a numpy call's, which is much coarser.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.guard_work import NUM_STEPS, NUM_WORLDS, WORKS, Work
from benchmarks.timing import Job, calls, measure

STORED = Path(__file__).with_name("guard.json")
INSTRUCTIONS, TIMES = "instructions", "times of a numpy call"
TOLERANCES = {INSTRUCTIONS: 0.03, TIMES: 0.5}
_ROOT = Path(__file__).resolve().parent.parent
_MARKS = 3  # per work

Costs = dict[str, float]  # by the name of the work


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, or with --update store; exits with 1 if a cost has increased."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--update", action="store_true", help="store the numbers instead of comparing")
    update = parser.parse_args(arguments).update
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    own = stored.setdefault(setting(), {})
    methods = [INSTRUCTIONS] if shutil.which("valgrind") else [TIMES]
    dearer: list[str] = []
    for method in [*METHODS] if update and methods == [INSTRUCTIONS] else methods:
        found = METHODS[method]()
        dearer += report(method, found, own.get(method, {}))
        own[method] = {name: float(f"{cost:.4g}") for name, cost in found.items()}
    if update:
        STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    elif dearer:
        sys.exit(f"dearer than stored: {', '.join(dearer)}. Mend it, or keep it with --update.")


def setting() -> str:
    """Return the setting for which stored numbers are valid: the kind of machine and the versions."""
    packages = [f"{name} {'.'.join(version(name).split('.')[:2])}" for name in ("numpy", "numba")]
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return ", ".join([platform.machine(), python, *packages])


def report(method: str, found: Mapping[str, float], stored: Mapping[str, float]) -> list[str]:
    """Print all costs with the stored ones; return the names of works whose cost has increased."""
    tolerance, dearer = TOLERANCES[method], list[str]()
    if not stored:
        print(f"no {method} are stored for {setting()}; store these with --update")
    for name, cost in found.items():
        change = cost / stored[name] - 1.0 if name in stored else None
        said = "new" if change is None else f"{change:+.1%}"
        if change is not None and abs(change) > tolerance:
            said += " DEARER" if change > 0 else " cheaper; keep it with --update"
            dearer += [name] * (change > 0)
        print(f"{name:<26} {cost:>12,.6g} {method} per {WORKS[name].unit:<5} {said}")
    return dearer


def count() -> Costs:
    """Return the instructions of every work, per operation."""
    with tempfile.TemporaryDirectory() as folder:
        settings = os.environ | _portable() | {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
        work = [sys.executable, "-m", "benchmarks.guard_work"]
        subprocess.run(work, cwd=_ROOT, env=settings, check=True)  # compiles, much faster than under valgrind
        out = Path(folder) / "out"
        tool = ["valgrind", "--tool=callgrind", "--dump-before=getloadavg", f"--callgrind-out-file={out}"]
        subprocess.run([*tool, *work], cwd=_ROOT, env=settings, check=True, capture_output=True)
        dumps = [out.with_name(f"out.{mark + 1}") for mark in range(_MARKS * len(WORKS))]
        totals = [total(dump.read_text(encoding="utf-8")) for dump in dumps]
    return {
        name: (totals[_MARKS * index + 2] - totals[_MARKS * index + 1]) / (NUM_STEPS * operations)
        for index, (name, operations) in enumerate(_operations().items())
    }


def _portable() -> dict[str, str]:
    """Return settings by which numba compiles the same code on every x86 processor, including valgrind's."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return {}
    return {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2,+popcnt"}


def total(dump: str) -> int:
    """Return the number of instructions up to a mark, from callgrind's dump."""
    (found,) = re.findall(r"^totals: (\d+)$", dump, flags=re.MULTILINE)
    return int(found)


def _operations() -> dict[str, int]:
    return {name: work.make().operations for name, work in WORKS.items()}


def relate(works: Mapping[str, Work] = WORKS, repeats: int = 7, seconds: float = 0.05) -> Costs:
    """Return the time of every work, per operation, as a multiple of a numpy call's."""
    found: Costs = {}
    for name, work in works.items():
        ours, numpy = measure([work.make(), _numpy_call(work.unit)], repeats, seconds)
        found[name] = ours.over(numpy).median
    return found


def _numpy_call(unit: str) -> Job:
    """Return a numpy call to compare with: on one number for a step, on every cell for a kernel."""
    number = 1 if unit == "step" else NUM_WORLDS * 256
    values = np.zeros(number, np.float32)
    return Job("numpy", number, calls(lambda: np.add(values, values, out=values)))


METHODS: dict[str, Callable[[], Costs]] = {INSTRUCTIONS: count, TIMES: relate}

if __name__ == "__main__":
    main()
