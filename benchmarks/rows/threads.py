"""Row 5: two threads against one, and the speedup of two processes at the same time."""

from typing import Any

from benchmarks import subjects
from benchmarks.peer import side_by_side
from benchmarks.report import at_least
from benchmarks.run import Found, Run, beside

NUM_WORLDS = (16, 64, 256, 1_024, 4_096)
ENOUGH = 256  # worlds from which on two threads should pay off
AS_FAST = 0.95  # speedup that counts as not slower, since repeats differ by a few per cent


def measure(run: Run) -> Found:
    """Time two threads, and the default number of threads, against one.

    Two processes that share nothing are an upper bound for two threads: on a machine with shared processors
    their speedup is often less than 2.
    """
    found: Found = []
    for number in run.worlds(*NUM_WORLDS):
        options: dict[str, Any] = {"num_worlds": number, "autoreset_mode": "NextStep"}  # the default
        one = subjects.staggered("one thread", num_threads=1, **options)
        two = subjects.staggered("ours", num_threads=2, **options)
        pays = at_least(1.6 if number >= ENOUGH else None)
        found += run.compare(5, f"{number:,} worlds, num_threads=2", two, [beside(pays, one)])
        chosen = subjects.staggered("ours", num_threads=None, **options)
        name = f"{number:,} worlds, chosen by size"
        found += run.compare(5, name, chosen, [beside(at_least(AS_FAST), one)])
        with side_by_side(2, "staggered", number, num_threads=1, **options) as most:
            name = f"{number:,} worlds in each of two processes"
            found += run.compare(5, name, most, [beside(at_least(None), one)])
    return found
