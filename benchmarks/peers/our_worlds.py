"""Our own worlds in a process of their own, to be stepped beside another such process."""

from typing import Any

from benchmarks import subjects
from benchmarks.timing import Nanoseconds


def staggered(**options: Any) -> Nanoseconds:
    """Return the steps of a batch of HeatSeeker whose episodes are at different steps."""
    return subjects.staggered("ours", **options).nanoseconds
