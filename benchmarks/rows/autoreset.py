"""Row 9: the cost of resets, with 1 % of the worlds ending at each step."""

from benchmarks import subjects
from benchmarks.report import at_most
from benchmarks.run import Found, Run, beside
from benchmarks.timing import Job

NUM_WORLDS = 1_024
MEAN = 100  # steps of an episode, so that 1 % of the worlds end at each step
NEVER = 100_000_000


def measure(run: Run) -> Found:
    """Time both autoreset modes against worlds whose episodes do not end."""
    (number,) = run.worlds(NUM_WORLDS)
    found: Found = []
    for mode in ("NextStep", "SameStep"):
        ending = _job("ours", number, mode, MEAN)
        going_on = _job("no ends", number, mode, NEVER)
        found += run.compare(9, f"{number:,} worlds, {mode}", ending, [beside(at_most(1.15), going_on)])
    return found


def _job(name: str, number: int, mode: str, mean: int) -> Job:
    """Return the steps of worlds with episodes of 1 to 2 * mean - 1 steps, out of phase."""
    job = subjects.batch(name, number, subjects.Lifespans, mean=mean, autoreset_mode=mode)
    job.nanoseconds(4 * MEAN)
    return job
