"""The gradient of a scalar over a lattice."""

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._slopes import fill_slopes, slopes_of
from murk_env.propagators.writing import FLOATS, Declaration, Frame, KernelCall, Propagator, batched, kernel

__all__ = ["Gradient"]

Floats = npt.NDArray[Any]  # float32 or float64


@dataclass(frozen=True, eq=False)
class Gradient(Propagator):
    """The slope of a field at every cell, along the Cartesian axes of the lattice's positions.

    Equation: output = grad u.

    Scheme: the least-squares fit of a plane through a cell's value to the differences to its neighbours, each
    at its true displacement (`lattice.neighbour_displacements`), on the previous tick's values. It is of
    second order where neighbours lie opposite each other: on Square4 (u_east - u_west) / 2. At an absorbing
    or clamped border it is one-sided; across a wrapped border a neighbour is one hop away. A cell whose
    neighbours span fewer dimensions than a neighbour's do, such as the corner of a single layer of Fcc12,
    takes that neighbour's slope; if no neighbour's span more, the slope is 0 in the missing dimensions. So it
    is exact on affine fields at every cell of the lattices of this package, along all axes in which they
    extend. On your own lattice, a cell in a corridor, more than a hop from its ends, only has the slope along
    the corridor. The sum is in float64, in the lattice's order of directions, and rounded once.

    Stability: any dt; it has no state.

    Shapes: reads (num_worlds, num_cells), float32 or float64, or static (num_cells,); writes (num_worlds, k,
    num_cells), of either dtype, with the k axes of `lattice.positions`: x to the east, y to the south, and so
    on. Lattices: all.

    Source: least-squares gradients as in T. J. Barth, D. C. Jespersen, "The design and application of upwind
    schemes on unstructured meshes", AIAA 89-0366 (1989), https://doi.org/10.2514/6.1989-366.

    Attributes:
        field: the field u.
        output: the slope, with one component per axis.
    """

    field: Field
    output: Field

    def declare(self) -> Declaration:
        """Return the field and its slope."""
        return Declaration(reads_previous=(self.field,), writes=(self.output,))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError unless the input is a scalar and the output a vector of the lattice's axes."""
        self.require(self.field, dtype=FLOATS, static=True)
        self.require(self.output, components=lattice.positions.shape[1], dtype=FLOATS)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        values = batched(self.field, frame.previous(self.field))
        return KernelCall(fill_gradients, (values, frame.write(self.output), *slopes_of(frame.lattice)))


@kernel
def fill_gradients(
    start: int,
    stop: int,
    previous: Floats,  # (num_worlds, num_cells), or (1, num_cells)
    out: Floats,  # (num_worlds, k, num_cells)
    *slopes: Any,
) -> None:
    """Set the slopes of the worlds [start, stop)."""
    for world in range(start, stop):
        fill_slopes(previous[min(world, previous.shape[0] - 1)], out[world], slopes)
