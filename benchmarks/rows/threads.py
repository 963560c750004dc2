"""Row 5: two threads beside one, and what the machine gives to two processes at that moment."""

from typing import Any

from benchmarks import subjects
from benchmarks.peer import side_by_side
from benchmarks.report import at_least
from benchmarks.run import Found, Run, beside

NUM_WORLDS = (16, 64, 256, 1_024, 4_096)
ENOUGH = 256  # worlds, from which two threads should pay
AS_FAST = 0.95  # what counts as no slower, where repeats differ by some per cent


def measure(run: Run) -> Found:
    """Time two threads, and the number that is chosen when none is said, beside one.

    Two processes that share nothing are the most that two threads could reach: on a machine whose processors
    are shared with others that is often less than twice as much.
    """
    found: Found = []
    for number in run.worlds(*NUM_WORLDS):
        options: dict[str, Any] = {"num_worlds": number, "autoreset_mode": "NextStep"}  # as by default
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
