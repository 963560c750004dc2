"""Dilation and erosion by graph distance."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, get_args

import numpy as np

from murk_env.errors import PropagatorConfigError, did_you_mean
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._inputs import checked_radius
from murk_env.propagators.writing import (
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    in_range,
    kernel,
    parameters,
)

__all__ = ["Morphology"]

Operation = Literal["dilate", "erode"]

_UNREACHED = -1.0


@dataclass(frozen=True, eq=False)
class Morphology(Propagator):
    """The set of cells above a threshold grows or shrinks by a number of hops.

    Equation: a cell is in the set if its value is above the threshold. dilate: output = 1 if any cell within
    `radius` hops, itself included, is in the set, else 0; erode: output = 1 if all of them are, else 0. Cells
    beyond an absorbing border do not count.

    Scheme: exact, by breadth-first search from the cells in the set (dilate) or outside it (erode); the cost
    does not grow with the radius.

    Stability: any dt.

    Shapes: reads (num_worlds, num_cells) of either dtype, from the previous tick; writes (num_worlds,
    num_cells) float32. On every lattice.

    Reference: murk 0.2.0, MorphologicalOp, with equal numbers. Source: J. Serra, "Image Analysis and
    Mathematical Morphology", Academic Press (1982); on graphs: L. Vincent, Signal Processing 16 (1989),
    https://doi.org/10.1016/0165-1684(89)90031-9.

    Attributes:
        field: the field compared to the threshold.
        output: field that receives 0 and 1; it may be ``field`` itself.
        operation: "dilate" or "erode".
        radius: number of hops, >= 1.
        threshold: cells above it are in the set.

    Raises:
        PropagatorConfigError: an argument is invalid.
    """

    field: Field
    output: Field
    _: KW_ONLY
    operation: Operation
    radius: int = 1
    threshold: Coefficient = 0.5

    def declare(self) -> Declaration:
        """Return its fields and its threshold."""
        if self.operation not in get_args(Operation):
            raise PropagatorConfigError(
                f"Morphology has no operation {self.operation!r}; "
                f"{did_you_mean(self.operation, get_args(Operation))}"
            )
        checked_radius("Morphology", self.radius)
        threshold = in_range("Morphology", "threshold", self.threshold, -math.inf)
        return Declaration(
            reads_previous=(self.field,),
            writes=(self.output,),
            coefficients=(threshold,),
            same_units=((self.field, *parameters(threshold)),),
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields that are not scalars over cells."""
        self.require(self.field, dtype=self.field.dtype.type)
        self.require(self.output)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return 0 and 1."""
        return 0.0, 1.0

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        out = frame.write(self.output)
        return KernelCall(
            _spread,
            (
                frame.previous(self.field),
                out,
                frame.lattice.neighbours,
                frame.coefficients,
                int(self.radius),
                self.operation == "dilate",
                np.empty(out.shape, np.int32),
            ),
        )


@kernel
def _spread(
    start: int,
    stop: int,
    values: Any,  # (num_worlds, num_cells)
    out: Any,  # (num_worlds, num_cells)
    neighbours: Any,  # (num_cells, num_directions), -1 where there is none
    coefficients: Any,  # (num_worlds, 1): threshold
    radius: int,
    dilate: bool,
    queues: Any,  # (num_worlds, num_cells), scratch
) -> None:
    """One tick of the worlds [start, stop); dilation spreads 1, erosion 0."""
    reached = np.float32(1.0) if dilate else np.float32(0.0)
    for world in range(start, stop):
        row, queue = out[world], queues[world]
        threshold = np.float32(coefficients[world, 0])
        end = 0
        for cell in range(row.size):
            if (values[world, cell] > threshold) == dilate:
                row[cell] = reached
                queue[end] = cell
                end += 1
            else:
                row[cell] = np.float32(_UNREACHED)
        _search(row, queue, end, neighbours, radius, reached)
        for cell in range(row.size):
            if row[cell] == np.float32(_UNREACHED):
                row[cell] = np.float32(1.0) - reached


@kernel
def _search(row: Any, queue: Any, end: Any, neighbours: Any, radius: int, reached: Any) -> None:
    """Mark all cells within the radius of queue[:end], ring by ring."""
    begin = 0
    for _ in range(radius):
        ring_end = end
        for place in range(begin, ring_end):
            for direction in range(neighbours.shape[1]):
                cell = neighbours[queue[place], direction]
                if cell >= 0 and row[cell] == np.float32(_UNREACHED):
                    row[cell] = reached
                    queue[end] = cell
                    end += 1
        if end == ring_end:
            return
        begin = ring_end
