"""Row 1: one world against one of murk."""

from benchmarks import subjects
from benchmarks.report import at_most
from benchmarks.run import Found, Run, murk

NUM_KEPT = 3


def measure(run: Run) -> Found:
    """Time one step, also with the last outputs kept; neither side resets, as a reset is not a step."""
    others = [murk(at_most(0.6), "single", size=16)]
    found = run.compare(1, "HeatSeeker().step", subjects.single("ours"), others)
    kept = subjects.single("ours", kept=NUM_KEPT)
    return found + run.compare(1, f"the last {NUM_KEPT} outputs kept", kept, others)
