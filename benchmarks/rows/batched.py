"""Rows 2 and 3: many worlds against murk's batch, JAX and a plain copy of the observations."""

from benchmarks import kernels, subjects
from benchmarks.report import Target, at_least, at_most
from benchmarks.run import Found, Other, Run, beside, jax, murk
from benchmarks.timing import Job
from murk_env import Square4

# For each number of worlds: the targets against murk, JAX and the floor.
SMALL: dict[int, tuple[Target, Target, Target]] = {
    1_024: (at_least(60), at_least(2), at_most(5)),
    64: (at_least(25), at_least(None), at_most(None)),
}
LARGE = ((64, 256), (256, 16))  # side of the grid, number of worlds
DIFFUSIONS = {
    "plain": {},
    "HeatSeeker's": {"decay": 0.005, "sources": {0: 10.0}, "clamp": (0.0, 10.0)},
}


def measure_small(run: Run) -> Found:
    """Time HeatSeeker at its default size; both sides reset in the step in which an episode ends."""
    found: Found = []
    for worlds, (beside_murk, beside_jax, beside_copy) in SMALL.items():
        (number,) = run.worlds(worlds)
        others: list[Other] = [
            murk(beside_murk, "batch", num_worlds=number, size=16),
            jax(beside_jax, "batch", num_worlds=number, size=16),
            beside(beside_copy, subjects.copying(number, 2 * 16 * 16)),
        ]
        found += run.compare(2, f"{number:,} worlds", subjects.staggered("ours", number), others)
        reused = subjects.staggered("ours", number, copy=False)
        found += run.compare(2, f"{number:,} worlds, copy=False", reused, others[2:])
    return found


def measure_large(run: Run) -> Found:
    """Time HeatSeeker on larger grids, and the diffusion kernel against a copy of its field."""
    found: Found = []
    for side, worlds in LARGE:
        (number,) = run.worlds(worlds)
        name = f"{side}x{side}, {number} worlds"
        others = [murk(at_least(40), "batch", num_worlds=number, size=side)]
        found += run.compare(3, name, subjects.staggered("ours", number, size=side), others)
        for diffusion, options in DIFFUSIONS.items():
            kernel = kernels.diffusion("ours", Square4(side, side), number, **options)
            found += run.compare(3, f"{name}, kernel, {diffusion}", *_beside_copy(kernel, side, number))
    return found


def _beside_copy(kernel: Job, side: int, number: int) -> tuple[Job, list[Other]]:
    """Return the kernel per world, and the copy of its field."""
    per_world = Job(kernel.name, number, kernel.nanoseconds)
    return per_world, [beside(at_most(3), subjects.copying(number, side * side))]
