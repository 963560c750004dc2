"""Our worlds in a separate process, to be stepped in parallel with another one."""

from typing import Any

from benchmarks import subjects
from benchmarks.timing import Nanoseconds


def staggered(**options: Any) -> Nanoseconds:
    """Return the steps of a batch of HeatSeeker with episodes at different steps."""
    return subjects.staggered("ours", **options).nanoseconds
