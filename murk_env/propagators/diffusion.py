"""Diffusion of a scalar over a lattice."""

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._borders import Borders
from murk_env.propagators._by_degree import FEW
from murk_env.propagators._diffuse import diffuse, diffuse_of_many, diffuse_with_slopes
from murk_env.propagators._inputs import whole_number
from murk_env.propagators._neighbours import even_weight, neighbourhood, whole_table
from murk_env.propagators._slopes import slopes_of
from murk_env.propagators._spread import spread
from murk_env.propagators.boundaries import Boundaries, Flux, NoFlux, Periodic, Value, checked_boundaries
from murk_env.propagators.coefficients import Varying, is_varying, varying
from murk_env.propagators.gradient import fill_gradients
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
    lowest,
    parameters,
)

__all__ = ["Diffusion"]


@dataclass(frozen=True, eq=False)
class Diffusion(Propagator):
    """Every cell moves towards the mean of its neighbours.

    Equation: du/dt = coefficient * (sum over neighbours of (u_neighbour - u)) - decay * u, with held sources;
    where cells are not 1 apart, each difference is weighted by 1 / spacing**2 (`lattice.laplacian`). So the
    coefficient is the diffusivity, a length squared per unit of time, on lines, rings, Square4 and products
    of them, 2 / 3 of it on Hex2D, 1 / 2 on Fcc12 and 1 / 3 on Square8. Where it is a field, du/dt =
    div(coefficient * grad u).

    Scheme: explicit Euler on the previous tick's values. For a cell with k neighbours

        alpha = min(coefficient * dt * k, 1)
        u' = ((1 - alpha) * u + alpha * (sum of the neighbours / k)) * exp(-decay * dt)

    in the field's dtype, the sum in the lattice's order of directions. alpha and the exponential are computed
    in float64 and then rounded: 0.1 as a plain number is the float64 0.1, a parameter has its dtype's value.
    A cell without neighbours has alpha = 0. Then sources are set to their values, and all cells are clamped.

    Where the coefficient varies, directions differ or a side has a given value or flux, the scheme is written
    in fluxes: u' = u + dt * (sum over faces of w * k * (u_neighbour - u)), where w is the direction's weight
    in `lattice.laplacian` and k the harmonic mean of the two cells' coefficients, which is right for layers
    of different materials too; the flux out of one cell enters the other. A given flux adds dt * flux /
    spacing. A given value on the side is half a spacing away: it adds dt * 2 * w * k * (value - u). The
    scheme is of second order in the spacing.

    Boundaries: nothing crosses the borders of a lattice that does not wrap (`NoFlux`), whatever its edge, so
    that the total is conserved; `Flux` and `Value` are given by side.

    Stability: dt <= 1 / (lattice.stiffness * coefficient); where cells are 1 apart, the stiffness is
    max_degree. A side with a given value adds 2 * w to the stiffness. Then, apart from decay, sources, fluxes
    and clamp, every new value is a weighted mean of old and given ones. Without those the total is conserved
    up to rounding if neighbourhood is mutual, as on all lattices of this package.

    Shapes: reads and writes (num_worlds, num_cells) float32 or float64; writes a gradient (num_worlds, k,
    num_cells) of the same dtype with the k axes of `lattice.positions`. Lattices: all.

    Reference: murk 0.2.0, ScalarDiffusion, with equal numbers to the last bit.

    Attributes:
        field: the quantity that diffuses.
        coefficient: share that flows to each neighbour in a unit of time, >= 0; or a field over cells, static
            or per tick, with a finite upper bound. A field is read at the previous tick's values.
        decay: rate of exponential decay, >= 0.
        sources: from a cell's rank to the value at which it is held; the same cells in all worlds.
        clamp: lowest and highest value, None for no limit.
        output: field that receives the result, None for ``field`` itself.
        gradient: field that receives the gradient of the previous values, as from `Gradient`; None for none.
        boundaries: `Periodic`, `NoFlux`, `Flux` or `Value`, by side or one for all; None for the default of
            the lattice's edge.

    Raises:
        PropagatorConfigError: one of these is not possible, or a parameter's bounds are not.
    """

    field: Field
    _: KW_ONLY
    coefficient: Varying
    decay: Coefficient = 0.0
    sources: Mapping[int, Coefficient] | None = None
    clamp: tuple[Coefficient | None, Coefficient | None] = (None, None)
    output: Field | None = None
    gradient: Field | None = None
    boundaries: Boundaries | None = None

    def declare(self) -> Declaration:
        """Return its fields; its coefficients are both rates, the sources' values and the clamp."""
        rate, fields = varying("Diffusion", "coefficient", self.coefficient)
        rates = (*rate, in_range("Diffusion", "decay", self.decay))
        held = (*self._sources.values(), *_checked_limits(self.clamp))  # in the field's own unit
        slopes = () if self.gradient is None else (self.gradient,)
        return Declaration(
            reads=self._borders.fields,
            reads_previous=(self.field, *fields),
            writes=(self._target, *slopes),
            coefficients=(*rates, *held, *self._borders.numbers),
            same_units=((self.field, self._target, *parameters(*held), *self._borders.values),),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step at which a cell of the largest degree becomes the mean of its neighbours."""
        stiffness = self._borders.stiffness(lattice) if self._borders.active else lattice.stiffness
        rate = stiffness * highest(self.coefficient)
        return 1.0 / rate if rate > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a source outside the lattice, or an unsuitable field."""
        slopes = () if self.gradient is None else (self.gradient,)
        for field in (self.field, self._target):
            self.require(field, dtype=FLOATS)
        for field in slopes:
            self.require(field, components=lattice.positions.shape[1], dtype=FLOATS)
        conductivity = (self.coefficient,) if isinstance(self.coefficient, Field) else ()
        self.require_one_dtype(self.field, self._target, *slopes, *conductivity)
        self._borders.check(self.name, lattice)
        outside = [cell for cell in self._sources if cell >= lattice.num_cells]
        if outside:
            raise PipelineError(
                f"{self.name} has sources at cells {outside}, but {lattice!r} has the cells 0 to "
                f"{lattice.num_cells - 1}; take the ranks from lattice.rank(coordinates)"
            )

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return the clamp, cut off at 0 if old values, given values and sources have one sign."""
        if field is self.gradient:
            return super().guarantees(field)
        limits = _checked_limits(self.clamp)
        low, high = lowest(limits[0]), highest(limits[1])
        kept_low, kept_high = self.field.bounds
        given_low, given_high = self._borders.bounds()
        kept_low, kept_high = min(kept_low, given_low), max(kept_high, given_high)
        values = self._sources.values()
        if kept_low >= 0.0 and all(lowest(value) >= 0.0 for value in values):
            low = max(low, min(0.0, high))
        if kept_high <= 0.0 and all(highest(value) <= 0.0 for value in values):
            high = min(high, max(0.0, low))
        return low, high

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        weight = even_weight(frame.lattice)
        if weight is None or self._borders.active or is_varying(self.coefficient):
            return self._bind_unevenly(frame)
        values = frame.previous(self.field)
        rates, held = self._rates_and_held(frame)
        rates[:, 0] *= weight
        diffusion = (values, frame.write(self._target), rates, *held)
        where = neighbourhood(frame.lattice)
        if self.gradient is None:
            num_directions = len(frame.lattice.directions)
            if num_directions <= FEW:
                return KernelCall(diffuse, (*diffusion, *where))
            where, listed = whole_table(frame.lattice)
            return KernelCall(diffuse_of_many(num_directions, listed=listed), (*diffusion, *where))
        slopes = slopes_of(frame.lattice)
        return KernelCall(diffuse_with_slopes, (frame.write(self.gradient), *slopes, *diffusion, *where))

    def _rates_and_held(self, frame: Frame) -> tuple[npt.NDArray[np.float64], tuple[Any, ...]]:
        """Return the rates times dt, (num_worlds, 2), and the sources' cells, their values and the clamp."""
        table, kind, last = frame.coefficients, self.field.dtype, 2 + len(self._sources)
        held = np.array(list(self._sources), np.uint32), table[:, 2:last].astype(kind)
        return table[:, :2] * frame.dt, (*held, table[:, last : last + 2].astype(kind))

    def _bind_unevenly(self, frame: Frame) -> KernelCall:
        """Return the kernels for uneven directions, a varying coefficient, or given values and fluxes."""
        lattice, kind = frame.lattice, self.field.dtype
        values, (rates, held) = frame.previous(self.field), self._rates_and_held(frame)
        faces = self._borders.faces(lattice)
        given, fetches = self._borders.gather(frame, 4 + len(self._sources))
        varies = isinstance(self.coefficient, Field) and is_varying(self.coefficient)
        conductivity = np.ones((1, lattice.num_cells), kind)
        if varies:
            field = cast(Field, self.coefficient)
            conductivity = batched(field, frame.previous(field))
        flux = (frame.dt * faces.fluxes).astype(kind)
        borders = (faces.cells, flux, faces.pulls.astype(kind), given)
        where = (lattice.neighbours, lattice.laplacian.astype(kind))
        tick = KernelCall(
            spread, (values, frame.write(self._target), rates, conductivity, varies, *where, *borders, *held)
        )
        slopes = [
            KernelCall(fill_gradients, (values, frame.write(field), *slopes_of(lattice)))
            for field in (() if self.gradient is None else (self.gradient,))
        ]
        return chain(*fetches, tick, *slopes)

    @property
    def _target(self) -> Field:
        return self.field if self.output is None else self.output

    @cached_property
    def _borders(self) -> Borders:
        """The boundaries, checked and copied once."""
        return Borders(checked_boundaries("Diffusion", self.boundaries, (Periodic, NoFlux, Flux, Value)))

    @cached_property
    def _sources(self) -> Mapping[int, Coefficient]:
        """The sources, checked and copied once."""
        return _checked_sources(self.sources)


def _checked_limits(clamp: object) -> tuple[Coefficient, Coefficient]:
    """Return a clamp's limits, infinite for None, or raise PropagatorConfigError."""
    pair = cast(Any, clamp if isinstance(clamp, tuple | list) else ())
    if len(pair) == 2:
        low, high = _limit("low", pair[0], -math.inf), _limit("high", pair[1], math.inf)
        if highest(low) <= lowest(high):
            return low, high
    raise PropagatorConfigError(
        f"Diffusion needs clamp=(low, high) with low <= high, each a float, a Parameter or None, not "
        f"{clamp!r}; of parameters, low's highest value must not be above high's lowest."
    )


def _limit(name: str, value: Any, none: float) -> Coefficient:
    if value is None:
        return none
    if isinstance(value, float) and math.isinf(value):
        return value
    return in_range("Diffusion", f"clamp's {name}", value, -math.inf)


def _checked_sources(sources: object) -> dict[int, Coefficient]:
    if sources is None:
        return {}
    if not isinstance(sources, Mapping):
        raise PropagatorConfigError(
            f"Diffusion needs sources as a mapping from cells' ranks to their values, not {sources!r}."
        )
    return {
        _cell(cell): in_range("Diffusion", f"source at cell {cell!r}", value, -math.inf)
        for cell, value in cast(Any, sources).items()
    }


def _cell(cell: object) -> int:
    rank = whole_number(cell)
    if rank < 0:
        raise PropagatorConfigError(
            f"Diffusion names sources by the cell's rank, an integer >= 0, not {cell!r}."
        )
    return rank
