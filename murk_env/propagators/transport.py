"""Transport along a line, with an inflow at one end and feedback from the other."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env.errors import PipelineError
from murk_env.fields import Field
from murk_env.lattice import Lattice, Line1D
from murk_env.propagators.base import FLOATS
from murk_env.propagators.writing import (
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    batched,
    highest,
    in_range,
    kernel,
)

__all__ = ["Transport"]


@dataclass(frozen=True, eq=False)
class Transport(Propagator):
    """A quantity travels along a line, from the last cell to the first, which may feed back into all cells.

    Equation: du/dt = speed * du/dx + feedback(x) * u(first cell), with u(last cell) = inflow.

    Scheme: first-order upwind and explicit Euler, in the field's dtype, on the previous tick's values:

        u'[j] = u[j] + dt * (speed * ((u[j + 1] - u[j]) / h) + u[0] * feedback[j])

    for all cells but the last, which becomes the inflow of this tick; h is the spacing. So the inflow of one
    tick reaches the cell before the last in the next tick.

    Stability: dt <= h / speed. At dt = h / speed values move by exactly one cell a tick; below that, sharp
    steps are smeared out, as by any first-order upwind scheme. The feedback is non-local and may make the
    equation itself unstable.

    Shapes: u is (num_worlds, num_cells), float32 or float64; the inflow (num_worlds,) and the feedback
    (num_worlds, num_cells) or static (num_cells,), of the same dtype. Lattices: Line1D of two cells or more,
    with any edge.

    Source: R. J. LeVeque, "Finite Volume Methods for Hyperbolic Problems", Cambridge (2002), chapter 4,
    https://doi.org/10.1017/CBO9780511791253; the equation is that of M. Krstic and A. Smyshlyaev,
    "Backstepping boundary control for first-order hyperbolic PDEs", Systems & Control Letters 57 (2008),
    750-758, https://doi.org/10.1016/j.sysconle.2008.02.005.

    Attributes:
        field: the quantity u.
        inflow: value of the last cell, a field over the world.
        feedback: rate at which each cell gains, per unit of the first cell's value; None for no feedback.
        speed: velocity, >= 0, in the unit of positions per unit of time.

    Raises:
        PropagatorConfigError: the speed, or a bound of its parameter, is negative or not finite.
    """

    field: Field
    inflow: Field
    feedback: Field | None = None
    _: KW_ONLY
    speed: Coefficient = 1.0

    def declare(self) -> Declaration:
        """Return the quantity, the inflow, the feedback and the speed."""
        return Declaration(
            reads=(self.inflow,),
            reads_previous=(self.field,) if self.feedback is None else (self.field, self.feedback),
            writes=(self.field,),
            coefficients=(in_range("Transport", "speed", self.speed),),
            same_units=((self.field, self.inflow),),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time in which the quantity travels one cell at the largest speed."""
        fastest = highest(self.speed)
        return _spacing(lattice) / fastest if fastest > 0.0 else float("inf")

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for an unsuitable field, or a lattice that is not a line."""
        if not isinstance(lattice, Line1D) or lattice.length < 2:
            raise PipelineError(
                f"{self.name} has an inflow at one end and an outlet at the other: it runs on a Line1D of "
                f"two cells or more, not on {lattice!r}; round a ring, use Advection."
            )
        self.require(self.field, dtype=FLOATS)
        self.require(self.inflow, over="world", dtype=FLOATS)
        fields = [self.field, self.inflow]
        if self.feedback is not None:
            self.require(self.feedback, dtype=FLOATS, static=True)
            fields.append(self.feedback)
        self.require_one_dtype(*fields)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        kind = self.field.dtype
        if self.feedback is None:
            feedback = np.zeros((1, frame.lattice.num_cells), kind)
        else:
            feedback = batched(self.feedback, frame.previous(self.feedback))
        return KernelCall(
            _travel,
            (
                frame.previous(self.field),
                frame.read(self.inflow),
                feedback,
                frame.coefficients.astype(kind),
                kind.type(frame.dt),
                kind.type(_spacing(frame.lattice)),
                frame.write(self.field),
            ),
        )


def _spacing(lattice: Lattice) -> float:
    """Return the distance between adjacent cells."""
    return float(lattice.positions[1, 0] - lattice.positions[0, 0])


@kernel
def _travel(
    start: int,
    stop: int,
    values: Any,  # (num_worlds, num_cells)
    inflow: Any,  # (num_worlds,)
    feedback: Any,  # (num_worlds or 1, num_cells)
    speeds: Any,  # (num_worlds, 1)
    dt: Any,
    spacing: Any,
    out: Any,  # (num_worlds, num_cells)
) -> None:
    last = values.shape[1] - 1
    for world in range(start, stop):
        u, new, back = values[world], out[world], feedback[min(world, len(feedback) - 1)]
        speed, outlet = speeds[world, 0], u[0]
        for cell in range(last):
            new[cell] = u[cell] + dt * (speed * ((u[cell + 1] - u[cell]) / spacing) + outlet * back[cell])
        new[last] = inflow[world]
