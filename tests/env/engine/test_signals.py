"""Signals and forks come when they come: an env goes on whole, and never hangs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def met(kind: str, rounds: int) -> int:
    """Return how many rounds of `signalled` met an env in the middle of a call."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.env.engine.signalled", kind, str(rounds)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.slow
def test_an_env_goes_on_after_interrupts_that_come_at_any_time():
    assert met("interrupts", 300) > 100


@pytest.mark.slow
def test_children_play_on_that_are_forked_while_a_thread_steps():
    assert met("forks", 50) > 10
