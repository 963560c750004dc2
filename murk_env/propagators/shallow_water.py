"""Shallow water: waves and currents of a layer of water over a bed."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._borders import sides_of
from murk_env.propagators._inputs import fits_float32
from murk_env.propagators._saint_venant import flow_on
from murk_env.propagators.writing import (
    FLOATS,
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    batched,
    in_range,
)

__all__ = ["ShallowWater"]


@dataclass(frozen=True, eq=False)
class ShallowWater(Propagator):
    """Water flows over a bed, with waves on its surface: the Saint-Venant equations.

    Equation, with the depth h, the discharge q = h * velocity, the bed's height z and an acceleration a:

        dh/dt + div q = 0
        dq/dt + div(q q / h + gravity / 2 * h**2) = -gravity * h * grad z + h * a - drag * q

    Scheme: first-order finite volumes on the previous tick's values of both: Rusanov's flux between the
    hydrostatically reconstructed states at each face, and implicit drag. A lake at rest over any bed, dry
    islands included, stays at rest up to rounding; the depth never becomes negative; the volume is conserved
    up to rounding, and so is the discharge on a flat bed without drag, acceleration or walls. Where the
    lattice does not wrap there are reflecting walls.

    Stability: dt <= 1 / (max_speed * (sum over axes of 1 / spacing)), with max_speed the largest |velocity| +
    sqrt(gravity * h). A tick in which a cell's waves are too fast for dt is discarded.

    Shapes: depth (num_worlds, num_cells), float32 or float64, and of the same dtype: discharge (num_worlds,
    k, num_cells) with the k axes of `lattice.positions`; bed (num_worlds, num_cells) or static (num_cells,);
    push like the discharge or static (k, num_cells). Lattices: lines, rings and Square4, of any spacing.

    Source: E. Audusse, F. Bouchut, M.-O. Bristeau, R. Klein, B. Perthame, "A fast and stable well-balanced
    scheme with hydrostatic reconstruction for shallow water flows", SIAM J. Sci. Comput. 25, 2050-2065
    (2004), https://doi.org/10.1137/S1064827503431090.

    Attributes:
        depth: depth of the water, h, >= 0.
        discharge: flow per unit of width, q, with one component per axis.
        bed: height of the ground, z, in the unit of the depth, read at the previous tick's values; None for
            a flat bed at 0.
        push: acceleration of the water, a, read at this tick's values, with one component per axis; None for
            none.
        max_speed: largest speed of currents plus waves, against which dt is checked.
        gravity: gravitational acceleration, >= 0.
        drag: rate at which drag slows the water, >= 0.

    Raises:
        PropagatorConfigError: a coefficient is out of its range.
    """

    depth: Field
    discharge: Field
    bed: Field | None = None
    push: Field | None = None
    _: KW_ONLY
    max_speed: float
    gravity: Coefficient = 9.81
    drag: Coefficient = 0.0

    def declare(self) -> Declaration:
        """Return its fields, gravity and drag."""
        if not (fits_float32(self.max_speed) and self.max_speed > 0.0):
            raise PropagatorConfigError(f"ShallowWater needs a finite max_speed > 0, not {self.max_speed!r}.")
        moved = (self.depth, self.discharge)
        grounds = () if self.bed is None else (self.bed,)
        return Declaration(
            reads=() if self.push is None else (self.push,),
            reads_previous=(*moved, *grounds),
            writes=moved,
            coefficients=tuple(
                in_range("ShallowWater", name, getattr(self, name)) for name in ("gravity", "drag")
            ),
            same_units=((self.depth, *grounds),),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step in which the fastest wave can just empty a cell."""
        return 1.0 / (self.max_speed * float((1.0 / lattice.scale).sum()))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for an unsuitable field, or a lattice without straight faces."""
        axes = lattice.scale.size
        oblique = (np.abs(lattice.displacements) > 1e-9 * lattice.scale).sum(axis=1) != 1
        if axes > 2 or oblique.any():
            raise PipelineError(
                f"{self.name} cannot run on {lattice!r}: water flows through straight faces along one or two "
                f"axes; use Line1D, Ring1D or Square4."
            )
        grounds = [] if self.bed is None else [self.bed]
        pushes = [] if self.push is None else [self.push]
        self.require(self.depth, dtype=FLOATS)
        for field in grounds:
            self.require(field, dtype=FLOATS, static=True)
        for field in (self.discharge, *pushes):
            self.require(field, components=axes, dtype=FLOATS, static=field in pushes)
        self.require_one_dtype(self.depth, self.discharge, *grounds, *pushes)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return [0, inf) for the depth, which does not become negative."""
        return (0.0, np.inf) if field is self.depth else super().guarantees(field)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        lattice, kind = frame.lattice, self.depth.dtype
        depth, discharge = frame.previous(self.depth), frame.previous(self.discharge)
        bed, push = np.zeros((1, lattice.num_cells), kind), np.zeros((1, *discharge.shape[1:]), kind)
        if self.bed is not None:
            bed = batched(self.bed, frame.previous(self.bed))
        if self.push is not None:
            push = batched(self.push, frame.read(self.push))
        axes = np.abs(lattice.displacements).argmax(axis=1)
        ways = np.sign(lattice.displacements[np.arange(len(axes)), axes])
        return KernelCall(
            flow_on,
            (
                depth,
                discharge,
                frame.write(self.depth),
                frame.write(self.discharge),
                bed,
                push,
                _beyond(lattice),
                axes,
                ways.astype(kind),
                (frame.dt / lattice.scale[axes]).astype(kind),
                frame.coefficients.astype(kind),
                kind.type(frame.dt),
            ),
        )


def _beyond(lattice: Lattice) -> npt.NDArray[np.int32]:
    """Return the cell behind each face, (num_cells, num_directions), -1 at walls and clamped borders."""
    neighbours: Any = lattice.neighbours.copy()
    for name, cells in sides_of(lattice).items():
        neighbours[cells, lattice.directions.index(name)] = -1
    return neighbours
