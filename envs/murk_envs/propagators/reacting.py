"""The propagator of ReactionDiffusion: a field on a rod that diffuses and grows, with both ends held."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from murk_env import Field, Lattice
from murk_env.errors import PipelineError
from murk_env.lattice import Line1D
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, kernel

__all__ = ["Reacting"]


@dataclass(frozen=True, eq=False)
class Reacting(Propagator):
    """A field on a rod diffuses and grows at a rate of each place; its first cell is 0, its last is given.

    Equation: du/dt = d2u/dx2 + rate(x) * u, u(first cell) = 0, u(last cell) = end.

    Scheme: central differences and explicit Euler, in float32, on the previous tick's values, in this order
    of operations, which decides the last bits:

        u'[j] = (u[j] + F * ((u[j - 1] - 2 * u[j]) + u[j + 1])) + (dt * rate[j]) * u[j],    F = dt / h**2

    with F computed in float64 and then rounded; h is the spacing of cells.

    Stability: dt <= h**2 / 2. The equation itself may be unstable.

    Shapes: u is (num_worlds, num_cells) float32, the end (num_worlds,), the rate (num_cells,), static.
    Lattices: Line1D.

    Source: R. J. LeVeque, "Finite Difference Methods for Ordinary and Partial Differential Equations", SIAM
    (2007), chapter 9, https://doi.org/10.1137/1.9780898717839.

    Attributes:
        field: u.
        end: value of the last cell.
        rate: growth rate of each cell, per unit of time, static.
    """

    field: Field
    end: Field
    rate: Field

    def declare(self) -> Declaration:
        """Return the field, its end and its rates."""
        return Declaration(
            reads=(self.end,),
            reads_previous=(self.field, self.rate),
            writes=(self.field,),
            same_units=((self.field, self.end),),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return half the square of the spacing, slightly enlarged to allow for rounding."""
        return _spacing(lattice) ** 2 / 2.0 * (1.0 + 1e-9)

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field or lattice that does not fit: Line1D of at least 3 cells."""
        if not isinstance(lattice, Line1D) or lattice.length < 3:
            raise PipelineError(
                f"{self.name} holds both ends of a rod: it runs on a Line1D of three cells or more, not on "
                f"{lattice!r}."
            )
        self.require(self.field)
        self.require(self.end, over="world")
        if self.rate.mutability != "static":
            raise PipelineError(f"{self.name} needs {self.rate.name!r} to be static.")
        self.require(self.rate, static=True)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        share = np.float32(frame.dt / _spacing(frame.lattice) ** 2)
        growth = np.float32(frame.dt) * frame.previous(self.rate)
        held = frame.read(self.end)
        return KernelCall(_react, (frame.previous(self.field), held, growth, share, frame.write(self.field)))


def _spacing(lattice: Lattice) -> float:
    """Return the distance between neighbouring cells."""
    return float(lattice.positions[1, 0] - lattice.positions[0, 0])


@kernel
def _react(
    start: int,
    stop: int,
    values: Any,  # (num_worlds, num_cells)
    end: Any,  # (num_worlds,)
    growth: Any,  # (num_cells,) dt * rate
    share: Any,
    out: Any,  # (num_worlds, num_cells)
) -> None:
    last, two = values.shape[1] - 1, np.float32(2.0)
    for world in range(start, stop):
        u, new = values[world], out[world]
        for cell in range(1, last):
            bend = (u[cell - 1] - two * u[cell]) + u[cell + 1]
            new[cell] = (u[cell] + share * bend) + growth[cell] * u[cell]
        new[0] = 0.0
        new[last] = end[world]
