"""Burgers' equation: a velocity that advects itself, with shocks and viscosity."""

from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Lattice, Line1D, Ring1D
from murk_env.propagators._borders import Borders, sides_of
from murk_env.propagators._godunov import advance
from murk_env.propagators._inputs import fits_float32
from murk_env.propagators.boundaries import Boundaries, Flux, NoFlux, Periodic, Value, checked_boundaries
from murk_env.propagators.writing import (
    FLOATS,
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    batched,
    chain,
    highest,
    in_range,
)

__all__ = ["Burgers"]


@dataclass(frozen=True, eq=False)
class Burgers(Propagator):
    """A velocity advects itself along a line and steepens to shocks, which travel at the right speed.

    Equation: du/dt + d/dx (u**2 / 2) = viscosity * d^2u/dx^2 + force, the entropy solution in the weak sense.

    Scheme: finite volumes on the previous tick's values, of order 2 in space and time where the solution is
    smooth: linear reconstruction with van Leer's limiter, Godunov's exact flux, central differences for the
    viscosity, and Heun's method in time. Up to rounding, only the force and the inflow at the ends change the
    sum over all cells. Without a force and given fluxes, no new extrema appear and the total variation does
    not grow, up to rounding. Shocks are spread over two or three cells.

    Boundaries: nothing crosses the ends of a line (`NoFlux`), unless they have a given `Value` or `Flux`; a
    flux is the sum of the advective and the viscous one. At an end without a value the reconstruction in the
    last cell is constant, and the scheme there of order 1.

    Stability: dt <= 1 / (2 * max_speed / h + viscosity * s), with spacing h and s = 2 / h**2, or 3 / h**2 on
    a line with a given value. A tick that begins with |u| > max_speed is discarded.

    Shapes: u is (num_worlds, num_cells), float32 or float64, the force of the same dtype and shape, or static
    (num_cells,). Lattices: Line1D and Ring1D of two cells or more, with cells of any size.

    Source: B. van Leer, "Towards the ultimate conservative difference scheme. V", J. Comput. Phys. 32,
    101-136 (1979), https://doi.org/10.1016/0021-9991(79)90145-1; R. J. LeVeque, "Finite Volume Methods for
    Hyperbolic Problems", Cambridge (2002), chapters 6 and 12, https://doi.org/10.1017/CBO9780511791253.

    Attributes:
        field: the velocity u, in the unit of positions per unit of time.
        force: added to du/dt, read at this tick's values; None for none.
        viscosity: kinematic viscosity, >= 0, in the square of the unit of positions per unit of time.
        max_speed: the largest |u|, against which dt is checked.
        boundaries: `Periodic`, `NoFlux`, `Flux` or `Value`, by side or one for all; None for the default of
            the lattice's edge.

    Raises:
        PropagatorConfigError: a coefficient is out of its range.
    """

    field: Field
    force: Field | None = None
    _: KW_ONLY
    viscosity: Coefficient = 0.0
    max_speed: float
    boundaries: Boundaries | None = None

    def declare(self) -> Declaration:
        """Return its fields, the viscosity and the numbers given at the ends."""
        if not (fits_float32(self.max_speed) and self.max_speed > 0.0):
            raise PropagatorConfigError(f"Burgers needs a finite max_speed > 0, not {self.max_speed!r}.")
        forces = () if self.force is None else (self.force,)
        return Declaration(
            reads=(*forces, *(field for field in self._borders.fields if field not in forces)),
            reads_previous=(self.field,),
            writes=(self.field,),
            coefficients=(in_range("Burgers", "viscosity", self.viscosity), *self._borders.numbers),
            same_units=((self.field, *self._borders.values),) if self._borders.values else (),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the largest time step at which no new extremum appears."""
        along = 2.0 * self.max_speed / float(lattice.scale[0])
        return 1.0 / (along + highest(self.viscosity) * self._borders.stiffness(lattice))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for an unsuitable field, or a lattice that is neither a line nor a ring."""
        if not isinstance(lattice, Line1D | Ring1D) or lattice.length < 2:
            raise PipelineError(
                f"{self.name} cannot run on {lattice!r}: it carries itself along one axis of two cells or "
                f"more; use Line1D or Ring1D."
            )
        self.require(self.field, dtype=FLOATS)
        if self.force is not None:
            self.require(self.force, dtype=FLOATS, static=True)
            self.require_one_dtype(self.field, self.force)
        self._borders.check(self.name, lattice)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        lattice, kind = frame.lattice, self.field.dtype
        spacing = float(lattice.scale[0])
        force = np.zeros((1, lattice.num_cells), kind)
        if self.force is not None:
            force = batched(self.force, frame.read(self.force))
        given, fetches = self._borders.gather(frame, 1)
        out = frame.write(self.field)
        solve = KernelCall(
            advance,
            (
                frame.previous(self.field),
                force,
                out,
                np.empty_like(out),
                (frame.coefficients[:, 0] / spacing).astype(kind),
                given,
                *self._ends(lattice),
                kind.type(frame.dt),
                kind.type(spacing),
                kind.type(self.max_speed * (1.0 + 1e-5)),
            ),
        )
        return chain(*fetches, solve) if fetches else solve

    @cached_property
    def _borders(self) -> Borders:
        """The boundaries, checked and copied once."""
        return Borders(checked_boundaries("Burgers", self.boundaries, (Periodic, NoFlux, Flux, Value)))

    def _ends(self, lattice: Lattice) -> tuple[bool, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return whether the lattice wraps, the columns of the given west and east, and which are fluxes.

        A column is -1 where nothing is given.
        """
        columns, fluxes = np.full(2, -1), np.zeros(2, np.bool_)
        faces: Any = self._borders.faces(lattice)
        for column, direction in enumerate(faces.directions):
            columns[direction], fluxes[direction] = column, faces.fluxes[column] > 0.0
        return not sides_of(lattice), columns, fluxes
