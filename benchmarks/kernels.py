"""Propagators alone: their kernels on fixed arrays, without a world."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.timing import Job, calls
from murk_env import Diffusion, Field, Lattice, Propagator, World, WorldRng
from murk_env.kernels.fused import Fused


class StillFrame:
    """A frame for binding a propagator: one array of previous values and one to write.

    Args:
        propagator: the propagator.
        lattice: the topology of every world.
        num_worlds: number of worlds in the batch.
    """

    dt = 1.0

    def __init__(self, propagator: Propagator, lattice: Lattice, num_worlds: int) -> None:
        self.lattice = lattice
        self.num_worlds = num_worlds
        self.coefficients = np.tile(np.array(propagator.coefficients, np.float64), (num_worlds, 1))
        self.elapsed_steps, self.time = np.ones(num_worlds, np.int32), np.ones(num_worlds)
        self._previous, self._target = (aligned(num_worlds, lattice.num_cells) for _ in range(2))
        self._previous[:] = np.random.default_rng(0).random(self._previous.shape, np.float32)

    @property
    def rng(self) -> WorldRng:
        """Raise: no propagator here draws."""
        raise NotImplementedError("propagators that draw are timed in a World.")

    def read(self, field: Field) -> npt.NDArray[Any]:
        """Return the values."""
        return self._previous

    def previous(self, field: Field) -> npt.NDArray[Any]:
        """Return the values."""
        return self._previous

    def write(self, field: Field) -> npt.NDArray[Any]:
        """Return the array to fill."""
        return self._target

    def update(self, field: Field) -> npt.NDArray[Any]:
        """Return the array to change."""
        return self._target

    def table_of(
        self, field: Field, make: Callable[[Lattice, npt.NDArray[Any]], npt.NDArray[Any]]
    ) -> npt.NDArray[Any]:
        """Return the function's table for the values of the first world."""
        return make(self.lattice, self._previous[0])[np.newaxis]


def aligned(num_worlds: int, num_cells: int) -> npt.NDArray[np.float32]:
    """Return zeros on a 64-byte boundary, as in the arena."""
    memory = np.zeros(num_worlds * num_cells + 16, np.float32)
    first = -memory.ctypes.data % 64 // 4
    return memory[first : first + num_worlds * num_cells].reshape(num_worlds, num_cells)


def diffusion(name: str, lattice: Lattice, num_worlds: int, **options: Any) -> Job:
    """Return the diffusion kernel on a batch, called through its table; operations are neighbours read."""
    spreading = Diffusion(Field(unit="K", low=0.0), coefficient=0.05, **options)
    run = Fused([spreading.bind(StillFrame(spreading, lattice, num_worlds))], num_worlds)
    return Job(name, num_worlds * neighbour_reads(lattice), calls(lambda: run(0, num_worlds)))


def neighbour_reads(lattice: Lattice) -> int:
    """Return the total number of neighbours of all cells of a world."""
    return int(np.count_nonzero(lattice.neighbours >= 0))


def diffusing_world(lattice: Lattice, num_worlds: int) -> tuple[World, Field]:
    """Return worlds with only diffusion, like the peer's, and their field."""
    heat = Field(unit="K")
    spreading = Diffusion(heat, coefficient=0.05, decay=0.005, sources={0: 10.0})
    return World(lattice, {"heat": heat}, [spreading], num_worlds=num_worlds, seed=0), heat


def ticks(name: str, lattice: Lattice) -> Job:
    """Return the ticks of one world with diffusion."""
    world, _ = diffusing_world(lattice, 1)
    return Job(name, 1, calls(world.tick))


def ticks_read_out(name: str, lattice: Lattice, num_worlds: int) -> Job:
    """Return the ticks of many worlds with diffusion, each with its field copied out, like the peer's."""
    world, heat = diffusing_world(lattice, num_worlds)
    out = np.zeros((num_worlds, lattice.num_cells), np.float32)

    def run() -> None:
        world.tick()
        np.copyto(out, world[heat])

    return Job(name, num_worlds, calls(run))
