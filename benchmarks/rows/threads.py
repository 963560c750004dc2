"""Row 5: two threads beside one."""

from benchmarks import subjects
from benchmarks.report import at_least
from benchmarks.run import Found, Run, beside

NUM_WORLDS = (16, 64, 256, 1_024, 4_096)
ENOUGH = 256  # worlds, from which two threads should pay
AS_FAST = 0.95  # what counts as no slower, where repeats differ by some per cent


def measure(run: Run) -> Found:
    """Time two threads, and the number that is chosen when none is said, beside one."""
    found: Found = []
    for number in run.worlds(*NUM_WORLDS):
        one = subjects.staggered("one thread", number, num_threads=1)
        two = subjects.staggered("ours", number, num_threads=2)
        pays = at_least(1.6 if number >= ENOUGH else None)
        found += run.compare(5, f"{number:,} worlds, num_threads=2", two, [beside(pays, one)])
        chosen = subjects.staggered("ours", number, num_threads=None)
        name = f"{number:,} worlds, chosen by work"
        found += run.compare(5, name, chosen, [beside(at_least(AS_FAST), one)])
    return found
