"""Row 1: one world beside murk's own."""

from benchmarks import subjects
from benchmarks.report import at_most
from benchmarks.run import Found, Run, murk


def measure(run: Run) -> Found:
    """Time one step; neither side restarts, as restarting a world is no step."""
    others = [murk(at_most(0.6), "single", size=16)]
    return run.compare(1, "HeatSeeker().step", subjects.single("ours"), others)
