"""The flow down the slope of a potential."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._slopes import fill_slopes, slopes_of
from murk_env.propagators.writing import FLOATS, Declaration, Frame, KernelCall, Propagator, batched, kernel

__all__ = ["Flow"]

Floats = npt.NDArray[Any]  # float32 or float64


@dataclass(frozen=True, eq=False)
class Flow(Propagator):
    """The downhill direction of a potential, and its steepness.

    Equation: output = -grad u, or -grad u / |grad u| if normalised.

    Scheme: the slopes of `Gradient`, exact where those are, negated; if normalised, a slope whose magnitude
    is above 1e-12 is divided by it, and a smaller one is unchanged. A flat field has no flow.

    Stability: any dt; it has no state.

    Shapes: reads (num_worlds, num_cells), float32 or float64, or static (num_cells,); writes (num_worlds, k,
    num_cells), of either dtype, with the k axes of `lattice.positions`: x to the east, y to the south, and so
    on. Lattices: all.

    Reference: murk 0.2.0, FlowField; equal on Square4 away from borders, elsewhere its slope is wrong.

    Attributes:
        potential: the potential u.
        output: the flow, with one component per axis.
        normalise: whether the flow has length 1.
    """

    potential: Field
    output: Field
    _: KW_ONLY
    normalise: bool = False

    def declare(self) -> Declaration:
        """Return the potential and the flow."""
        return Declaration(reads_previous=(self.potential,), writes=(self.output,))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError unless the input is a scalar and the output a vector of the lattice's axes."""
        self.require(self.potential, dtype=FLOATS, static=True)
        self.require(self.output, components=lattice.positions.shape[1], dtype=FLOATS)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return [-1, 1] if normalised."""
        return (-1.0, 1.0) if self.normalise else super().guarantees(field)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        return KernelCall(
            _flow,
            (
                batched(self.potential, frame.previous(self.potential)),
                frame.write(self.output),
                self.normalise,
                *slopes_of(frame.lattice),
            ),
        )


@kernel
def _flow(
    start: int,
    stop: int,
    previous: Floats,  # (num_worlds, num_cells), or (1, num_cells)
    out: Floats,  # (num_worlds, k, num_cells)
    normalise: bool,
    *slopes: Any,
) -> None:
    """One tick of the worlds [start, stop)."""
    for world in range(start, stop):
        flow = out[world]
        fill_slopes(previous[min(world, previous.shape[0] - 1)], flow, slopes)
        for cell in range(flow.shape[1]):
            divisor = _magnitude(flow, cell) if normalise else 1.0
            for axis in range(flow.shape[0]):
                flow[axis, cell] = 0.0 - flow[axis, cell] / divisor  # negation would give -0.0


@kernel
def _magnitude(slopes: Any, cell: int) -> float:
    """Return the length of a cell's slope, or 1 where it is too short to have a direction."""
    square = 0.0
    for axis in range(slopes.shape[0]):
        slope = np.float64(slopes[axis, cell])
        square += slope * slope
    return np.sqrt(square) if square > 1e-24 else 1.0
