"""The work that the regression guard counts: one job for each part of a step.

Run as a program, it does each job between two marks that callgrind can see: calls of the C function
`getloadavg`, which nothing else calls. Every job runs twice, for n and for 2 n steps, so that the difference
contains neither the marks nor one-time work.
"""

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks import kernels, subjects
from benchmarks.timing import Job, calls
from murk_env import (
    Automaton,
    Fcc12,
    Field,
    GrayScott,
    Hex2D,
    Lattice,
    Noise,
    Product,
    Propagator,
    Ring1D,
    Square4,
    Square8,
    Wave,
    World,
)

NUM_STEPS = 20
NUM_WORLDS = 64
GRID = Square4(16, 16)


@dataclass(frozen=True)
class Work:
    """A job, and its unit: a step, or one cell of a step."""

    unit: str
    make: Callable[[], Job]


def _diffusion(lattice: Lattice) -> Work:
    """Return the diffusion kernel on a lattice."""

    def make() -> Job:
        job = kernels.diffusion("", lattice, NUM_WORLDS)
        return Job("", NUM_WORLDS * lattice.num_cells, job.nanoseconds)

    return Work("cell", make)


def _propagator(propagator: Propagator) -> Work:
    """Return a propagator's ticks in a world; the overhead is spread over many cells."""

    def make() -> Job:
        changed = (*propagator.writes, *propagator.updates)
        fields = {f"field{index}": field for index, field in enumerate(changed)}
        world = World(GRID, fields, [propagator], num_worlds=NUM_WORLDS, seed=0)
        return Job("", NUM_WORLDS * GRID.num_cells, calls(world.tick))

    return Work("cell", make)


def _ending(mode: str) -> Job:
    """Return the steps of a batch in which about one world ends per step."""
    return subjects.batch("", NUM_WORLDS, subjects.Lifespans, mean=NUM_WORLDS, autoreset_mode=mode)


WORKS = {
    "NullEnv": Work("step", lambda: subjects.single("", subjects.NullEnv)),
    "NullEnv, 16 idle fields": Work("step", lambda: subjects.single("", subjects.with_idle_fields(16))),
    "HeatSeeker": Work("step", lambda: subjects.single("")),
    "HeatSeeker, 3 kept": Work("step", lambda: subjects.single("", kept=3)),
    "HeatSeeker, batch": Work("step", lambda: subjects.batch("", NUM_WORLDS)),
    "batch, ends, next-step": Work("step", lambda: _ending("NextStep")),
    "batch, ends, same-step": Work("step", lambda: _ending("SameStep")),
    "diffusion on Square4": _diffusion(GRID),
    "diffusion on Square8": _diffusion(Square8(16, 16)),
    "diffusion on Hex2D": _diffusion(Hex2D(16, 16)),
    "diffusion on Fcc12": _diffusion(Fcc12(8, 8, 8)),
    "diffusion on a product": _diffusion(Product(Square4(8, 8), Ring1D(4))),
    "wave": _propagator(Wave(Field(initial=0.5), Field(), wave_speed=0.5)),
    "Gray-Scott": _propagator(GrayScott(Field(initial=1.0), Field(initial=0.25), feed=0.03, kill=0.06)),
    "noise": _propagator(Noise(Field())),
    "automaton": _propagator(Automaton(Field(dtype=np.int32, initial=1), birth=(3,), survival=(2, 3))),
}


def main() -> None:
    """Do every work, each between marks."""
    gc.disable()  # it would run at arbitrary moments
    for work in WORKS.values():
        job = work.make()
        job.nanoseconds(NUM_STEPS)
        os.getloadavg()
        job.nanoseconds(NUM_STEPS)
        os.getloadavg()
        job.nanoseconds(2 * NUM_STEPS)
        os.getloadavg()


if __name__ == "__main__":
    main()
