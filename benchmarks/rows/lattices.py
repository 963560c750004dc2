"""Row 4: diffusion on every lattice against that on Square4, and against murk's on the same lattice."""

from dataclasses import dataclass

from benchmarks import kernels
from benchmarks.report import at_least, at_most
from benchmarks.run import Found, Run, beside, murk
from benchmarks.timing import Job
from murk_env import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8

NUM_WORLDS = 1_024


@dataclass(frozen=True)
class Case:
    """A lattice, its name in the table, and its equivalent in murk."""

    name: str
    lattice: Lattice
    space: list[float | str]


CASES = (
    Case("Square8", Square8(16, 16), ["Square8", 16, 16, 0]),
    Case("Hex2D", Hex2D(16, 16), ["Hex2D", 16, 16]),
    Case("Fcc12", Fcc12(8, 8, 8), ["Fcc12", 8, 8, 8, 0]),
    Case(
        "Hex2D x Line1D",
        Product(Hex2D(6, 6), Line1D(3)),
        ["ProductSpace", 2, "Hex2D", 2, 6, 6, "Line1D", 2, 3, 0],
    ),
    Case(
        "Square4 x Ring1D",
        Product(Square4(8, 8), Ring1D(4)),
        ["ProductSpace", 2, "Square4", 3, 8, 8, 0, "Ring1D", 1, 4],
    ),
)


def measure(run: Run) -> Found:
    """Time the kernel alone and whole ticks, with many worlds and with one."""
    (number,) = run.worlds(NUM_WORLDS)
    found: Found = []
    for case in CASES:
        square = kernels.diffusion("Square4", Square4(16, 16), number)
        ours = kernels.diffusion("ours", case.lattice, number)
        found += run.compare(4, f"{case.name}, kernel, per read", ours, [beside(at_most(4), square)])
        found += _many(run, case, number)
        found += _one(run, case)
    return found


def _many(run: Run, case: Case, number: int) -> Found:
    """Time ticks of many worlds, each followed by a copy of its field, as murk's interface requires."""
    ours = kernels.ticks_read_out("ours", case.lattice, number)
    batch = murk(at_least(30), "diffusion_batch", space=case.space, num_worlds=number)
    return run.compare(4, f"{case.name}, {number:,} worlds, tick", ours, [batch])


def _one(run: Run, case: Case) -> Found:
    """Time one world: the propagator alone, as murk times its own, then the whole tick."""
    kernel = Job("ours", 1, kernels.diffusion("", case.lattice, 1).nanoseconds)
    alone = murk(at_least(30), "diffusion_alone", "its propagator", space=case.space)
    whole = murk(at_least(None), "diffusion", space=case.space)
    return [
        *run.compare(4, f"{case.name}, one world, kernel", kernel, [alone]),
        *run.compare(4, f"{case.name}, one world, tick", kernels.ticks("ours", case.lattice), [whole]),
    ]
