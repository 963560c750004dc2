"""Advection: a scalar carried along by a flow."""

import math
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._borders import Borders
from murk_env.propagators._inputs import fits_float32
from murk_env.propagators._slopes import surroundings_of
from murk_env.propagators.boundaries import Boundaries, Flux, NoFlux, Periodic, Value, checked_boundaries
from murk_env.propagators.writing import (
    FLOATS,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    batched,
    chain,
    kernel,
)

__all__ = ["Advection"]

Floats = npt.NDArray[Any]  # float32 or float64, the same for all arrays

_SLACK = 1.0 + 1e-5  # tolerance for rounding of a Courant number of 1


@dataclass(frozen=True, eq=False)
class Advection(Propagator):
    """A flow carries a scalar from cell to cell and conserves its total.

    Equation: du/dt = -div(flow * u), with no flux through the lattice's borders.

    Scheme: first-order upwind in flux form, on the previous tick's values of both fields. Across the face
    between a cell and its neighbour at displacement r, with the mean of the two cells' flows, the Courant
    number is

        c = dt * mean flow . M**-1 r,    M = 1/2 * (sum over all directions of r r^T)

    and c times the upwind cell's value crosses the face: u' = (1 - sum of c > 0) * u + sum over c < 0 of
    |c| * u_neighbour. M**-1 r is the face's area over the cell's volume times its normal: 1 on Square4, 2/3
    on hexagons, 1/2 on Fcc12. Both cells use the same c, so the total is conserved up to rounding.

    Borders: a cell at a border has faces only towards its neighbours, so the part of a flow along the border
    that would cross the missing faces is lost to it. On lattices with oblique faces (Square8, Hex2D, Fcc12)
    the flow along an absorbing border is therefore slower in the border cells: by a third on Square8, by a
    sixth on Hex2D. On Line1D and Square4, on a clamped Square8 and on any lattice that wraps it has full
    speed.

    Boundaries: nothing crosses a border (`NoFlux`), unless its side has a given `Value` or `Flux`. Through a
    side with a value, outflow carries the border cell's own value and inflow the given one, so Value(0.0) is
    an open end. A flux enters whatever the flow.

    Stability: dt <= 1 / s, where s = max_speed / 2 * (sum over directions of |M**-1 r|); for a flow with
    bounds, max_speed is its largest component and |.| the sum of absolute components. Then no value changes
    sign, and where inflow equals outflow, new values stay within the range of the old ones. A Courant number
    of 1 on a ring shifts values by exactly one cell a tick; below 1, sharp steps are smeared out, as by any
    first-order upwind scheme.

    Shapes: u is (num_worlds, num_cells), float32 or float64, the flow of the same dtype (num_worlds, k,
    num_cells), or static (k, num_cells), with the k axes of `lattice.positions`, in the unit of positions
    per unit of time. Lattices: all on which every direction has an opposite and all cells have the same kind
    of neighbourhood, unlike upward and downward triangles: M would count the directions of both.

    Source: R. J. LeVeque, "Finite Volume Methods for Hyperbolic Problems", Cambridge (2002), chapter 4,
    https://doi.org/10.1017/CBO9780511791253.

    Attributes:
        field: the scalar that is carried.
        flow: the velocity that carries it.
        max_speed: largest magnitude of the flow, against which dt is checked; None takes the flow's bounds.
            If a flow carries more out of a cell than it holds, the tick is discarded.
        boundaries: `Periodic`, `NoFlux`, `Flux` or `Value`, by side or one for all; None for the default of
            the lattice's edge.

    Raises:
        PropagatorConfigError: max_speed is not positive and finite, or is None and the flow has no finite
            bounds.
    """

    field: Field
    flow: Field
    _: KW_ONLY
    max_speed: float | None = None
    boundaries: Boundaries | None = None

    def declare(self) -> Declaration:
        """Return the fields it uses; the flow's largest speed must be known."""
        if self.max_speed is None:
            if not math.isfinite(self._largest):
                raise PropagatorConfigError(
                    f"Advection has to know how fast the flow can be, but {self.flow!r} has the bounds "
                    f"{self.flow.bounds}; give it low and high, or give max_speed."
                )
        elif not (fits_float32(self.max_speed) and self.max_speed > 0.0):
            raise PropagatorConfigError(f"Advection needs a finite max_speed > 0, not {self.max_speed!r}.")
        return Declaration(
            reads=self._borders.fields,
            reads_previous=(self.field, self.flow),
            writes=(self.field,),
            coefficients=self._borders.numbers,
            same_units=((self.field, *self._borders.values),) if self._borders.values else (),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step in which the strongest flow can just empty a cell."""
        faces = _faces(lattice, lattice.displacements / lattice.scale) / lattice.scale
        rates = [self._largest * np.abs(faces).sum() / 2.0]
        if self.max_speed is not None:
            rates.append(self.max_speed * np.sqrt((faces**2).sum(axis=1)).sum() / 2.0)
        fastest = float(f"{min(rates):.14g}")  # so that dt = 1/2 is not above 0.4999999999999
        return 1.0 / fastest if fastest > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for an unsuitable field, or a lattice with a direction without its opposite."""
        hops = {tuple(hop) for hop in (np.round(lattice.displacements / lattice.scale, 9) + 0.0).tolist()}
        if hops != {tuple(0.0 - axis for axis in hop) for hop in hops}:
            raise PipelineError(
                f"{self.name} cannot run on {lattice!r}: what leaves a cell in one direction has to enter "
                f"the next from the opposite one, but not every direction has one; use another lattice."
            )
        cell = _first_misjudged(lattice)
        if cell >= 0:
            raise PipelineError(
                f"{self.name} cannot run on {lattice!r}: its faces come from all {len(hops)} directions, but "
                f"cell {cell} is surrounded by its {lattice.degree[cell]} neighbours, so its faces would "
                f"have the wrong area and the flow the wrong speed; use a lattice with one kind of cell."
            )
        self.require(self.field, dtype=FLOATS)
        self.require(self.flow, components=lattice.positions.shape[1], dtype=FLOATS, static=True)
        self.require_one_dtype(self.field, self.flow)
        self._borders.check(self.name, lattice)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return the half-line from 0 that contains all values: they keep their sign."""
        given_low, given_high = self._borders.bounds()
        low, high = min(self.field.bounds[0], given_low), max(self.field.bounds[1], given_high)
        return (0.0 if low >= 0.0 else -math.inf), (0.0 if high <= 0.0 else math.inf)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        around = surroundings_of(frame.lattice)
        faces = np.round(_faces(frame.lattice, around.ways), 12)  # the same from both sides, and everywhere
        faces /= frame.lattice.scale
        carry = KernelCall(
            _carry,
            (
                frame.previous(self.field),
                batched(self.flow, frame.previous(self.flow)),
                frame.write(self.field),
                around.neighbours,
                around.kinds,
                (frame.dt / 2.0 * faces).astype(self.field.dtype),
            ),
        )
        if not self._borders.active:
            return carry
        return self._bind_open(frame, carry)

    def _bind_open(self, frame: Frame, carry: KernelCall) -> KernelCall:
        """Return the kernels of a tick with open sides."""
        lattice, kind = frame.lattice, self.field.dtype
        borders = self._borders.faces(lattice)
        outward = np.round(_faces(lattice, lattice.displacements / lattice.scale), 12) / lattice.scale
        given, fetches = self._borders.gather(frame, 0)
        at_faces = (
            borders.cells,
            (frame.dt * outward[borders.directions]).astype(kind),
            (frame.dt * borders.fluxes).astype(kind),
            given,
        )
        return chain(*fetches, carry, KernelCall(_let_through, (*carry.arguments[:3], *at_faces)))

    @cached_property
    def _borders(self) -> Borders:
        """The boundaries, checked and copied once."""
        return Borders(checked_boundaries("Advection", self.boundaries, (Periodic, NoFlux, Flux, Value)))

    @property
    def _largest(self) -> float:
        """The largest component that the flow's bounds allow."""
        return max(map(abs, self.flow.bounds))


def _first_misjudged(lattice: Lattice) -> int:
    """Return the first interior cell whose neighbours do not have the moments M, or -1.

    A cell is interior if its neighbours' displacements sum to 0 and span all dimensions.
    """
    around = surroundings_of(lattice)
    moments = (around.ways[..., np.newaxis] * around.ways[:, :, np.newaxis]).sum(axis=1) / 2.0
    balanced = np.abs(around.ways.sum(axis=1)).max(axis=1) < 1e-9
    spanning = np.linalg.matrix_rank(moments, tol=1e-9, hermitian=True) == moments.shape[1]
    other = np.abs(moments - _moments(lattice)).max(axis=(1, 2)) > 1e-9
    cells = np.flatnonzero((balanced & spanning & other)[around.kinds])
    return int(cells[0]) if cells.size else -1


def _moments(lattice: Lattice) -> npt.NDArray[np.float64]:
    """Return M at a spacing of 1, (k, k)."""
    hops = lattice.displacements / lattice.scale
    return (hops[:, :, np.newaxis] * hops[:, np.newaxis, :]).sum(axis=0) / 2.0


def _faces(lattice: Lattice, ways: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the faces crossed by these displacements: area over volume times normal, (..., k)."""
    inverse = cast(
        Any, np.linalg.pinv(_moments(lattice), rcond=1e-9, hermitian=True)
    )  # numpy leaves its type open
    return (inverse * ways[..., np.newaxis, :]).sum(axis=-1)


@kernel
def _carry(start: int, stop: int, previous: Floats, *others: Any) -> None:
    """One tick of the worlds [start, stop), or a ValueError: raised in `_advect`, it would leak row views."""
    emptied = _advect(start, stop, previous, *others)
    if emptied >= 0:
        world, cell = emptied // previous.shape[1], emptied % previous.shape[1]
        raise ValueError(
            f"the flow carries more out of cell {cell} of world {world} in one tick than there is; lower dt "
            f"or the flow, and give max_speed, or the flow's bounds, as large as it gets"
        )


@kernel
def _advect(
    start: int,
    stop: int,
    previous: Floats,  # (num_worlds, num_cells)
    flow: Floats,  # (num_worlds, k, num_cells), or (1, k, num_cells)
    out: Floats,  # (num_worlds, num_cells)
    neighbours: npt.NDArray[np.uint32],  # (num_cells, num_directions), the cell itself where there is none
    kinds: npt.NDArray[np.uint32],  # (num_cells,)
    faces: Floats,  # (num_kinds, num_directions, k), times dt / 2
) -> int:
    """One tick of the worlds [start, stop); return the last cell that lost more than it held, or -1."""
    emptied, kind = -1, out.dtype.type
    zero, half, one = kind(0.0), kind(0.5), kind(1.0)
    for world in range(start, stop):
        u, new, velocity = previous[world], out[world], flow[min(world, flow.shape[0] - 1)]
        for cell in range(u.size):
            left, gained = zero, zero
            for direction in range(neighbours.shape[1]):
                neighbour = neighbours[cell, direction]
                courant = zero
                for axis in range(faces.shape[2]):
                    twice_mean = velocity[axis, cell] + velocity[axis, neighbour]
                    courant += twice_mean * faces[kinds[cell], direction, axis]
                # no branch: the direction of the flow is hard to predict
                left += half * (abs(courant) + courant)
                gained += half * (abs(courant) - courant) * u[neighbour]
            new[cell] = max(one - left, zero) * u[cell] + gained
            if left > _SLACK:
                emptied = world * u.size + cell
    return emptied


@kernel
def _let_through(
    start: int,
    stop: int,
    previous: Floats,  # (num_worlds, num_cells)
    flow: Floats,  # (num_worlds, k, num_cells), or (1, k, num_cells)
    out: Floats,  # (num_worlds, num_cells)
    cells: npt.NDArray[np.uint32],  # (num_faces,)
    outward: Floats,  # (num_faces, k): area over volume times normal, times dt
    fluxes: Floats,  # (num_faces,): dt / spacing where a flux is given, 0 where a value is
    given: npt.NDArray[np.float64],  # (num_worlds, num_faces)
) -> None:
    """Add the fluxes through the sides of the worlds [start, stop)."""
    kind = out.dtype.type
    for world in range(start, stop):
        velocity = flow[min(world, flow.shape[0] - 1)]
        for face in range(cells.size):
            cell, value = cells[face], kind(given[world, face])
            courant = kind(0.0)
            for axis in range(outward.shape[1]):
                courant += velocity[axis, cell] * outward[face, axis]
            leaving = previous[world, cell] if courant > 0.0 else value
            if courant > _SLACK:
                raise ValueError(
                    f"the flow carries more out of cell {cell} of world {world} in one tick than there is; "
                    f"lower dt or the flow, and give max_speed, or the flow's bounds, as large as it gets"
                )
            out[world, cell] += fluxes[face] * value if fluxes[face] else -courant * leaving
