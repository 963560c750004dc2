"""Plays short rollouts with other Pythons and numpys and compares their bytes: `python -m tests.repeats`.

Each needs its interpreter, and the libraries of it, which are installed into a folder that is removed again.
What cannot be had is skipped, with the reason. Ends with 1 if any rollout differs.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.short_rollouts import NUMPYS, rollouts

__all__ = ["OTHERS"]

ROOT = Path(__file__).parents[1]
OTHERS = [("python3.11", "numpy==1.26.*"), ("python3.12", "numpy==2.0.*"), ("python3.13", "numpy")]
LIBRARIES = ["gymnasium", "numba", "pettingzoo>=1.25"]


def main() -> None:
    """Compare all, and print a line for each."""
    expected, wrong = rollouts(), False
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        played = pool.map(lambda other: play(*other), OTHERS)
        for (python, numpy), (found, reason) in zip(OTHERS, played, strict=True):
            compared = [name for name in found if name not in NUMPYS]
            differing = sorted(name for name in compared if found[name] != expected[name])
            wrong |= bool(differing)
            said = reason or (f"differ: {', '.join(differing)}" if differing else "the same bytes")
            print(f"{python} with {numpy}: {said}", flush=True)
    sys.exit(1 if wrong else 0)


def play(python: str, numpy: str) -> tuple[dict[str, str], str]:
    """Return the hashes of the rollouts, or why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        return _play(python, numpy, Path(folder))


def _play(python: str, numpy: str, folder: Path) -> tuple[dict[str, str], str]:
    if shutil.which(python) is None or run(python, "-c", "import venv").returncode:
        return {}, f"skipped, there is no {python}"
    own = str(folder / "bin" / "python")
    made = run(python, "-m", "venv", str(folder))
    if not made.returncode:
        made = run(own, "-m", "pip", "install", "--quiet", numpy, *LIBRARIES)
    if made.returncode:
        return {}, f"skipped, its libraries cannot be installed: {made.stderr.strip().splitlines()[-1]}"
    played = run(own, "-m", "tests.conformance.short_rollouts")
    if played.returncode:
        sys.exit(f"{python} with {numpy}: {played.stderr}")
    return json.loads(played.stdout), ""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the checkout."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "envs")])
    settings = os.environ | {"PYTHONPATH": paths}
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
