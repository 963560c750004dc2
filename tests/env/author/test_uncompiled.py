"""With compilation switched off, hooks for one world run as the Python that they are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.env.author import counting

ROOT = Path(__file__).parents[3]


def run(stray: int) -> "subprocess.CompletedProcess[str]":
    """Return what a process gives in which numba compiles nothing."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.env.author.counting", str(stray)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        check=False,
    )


@pytest.mark.slow
def test_a_rollout_is_what_it_is_when_compiled():
    expected = counting.rollout(0)
    assert any(1.0 in row[12::14] for row in expected[1:])  # episodes end
    finished = run(0)
    assert finished.stderr == ""
    assert finished.stdout == f"{expected}\n"


@pytest.mark.slow
def test_an_index_outside_an_array_names_the_hook_and_the_authors_line():
    finished = run(3)
    assert "Counting.act raised IndexError: index " in finished.stderr.splitlines()[-1]
    lines = Path(counting.__file__).read_text().splitlines()
    number = 1 + next(index for index, line in enumerate(lines) if "params.stray" in line)
    assert f'counting.py", line {number}, in act' in finished.stderr
