"""Row 6: the cost of a step in which nothing happens."""

from benchmarks import subjects
from benchmarks.report import at_most
from benchmarks.run import Found, Run, beside, murk

NUM_IDLE = 16


def measure(run: Run) -> Found:
    """Time NullEnv against murk's single step, and with idle fields against without."""
    ours = subjects.single("ours", subjects.NullEnv)
    found = run.compare(6, "NullEnv().step", ours, [murk(at_most(0.25), "single", size=16)])
    idle = subjects.single("ours", subjects.with_idle_fields(NUM_IDLE))
    without = beside(at_most(1.15), subjects.single("NullEnv", subjects.NullEnv))
    return found + run.compare(6, f"NullEnv with {NUM_IDLE} idle fields", idle, [without])
