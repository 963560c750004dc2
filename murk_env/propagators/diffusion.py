"""Diffusion of a scalar over a lattice."""

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._diffuse import diffuse, diffuse_with_slopes
from murk_env.propagators._inputs import whole_number
from murk_env.propagators._slopes import slopes_of
from murk_env.propagators.writing import (
    FLOATS,
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    highest,
    in_range,
    lowest,
    neighbourhood,
    parameters,
)

__all__ = ["Diffusion"]


@dataclass(frozen=True, eq=False)
class Diffusion(Propagator):
    """Every cell moves towards the mean of its neighbours.

    Equation: du/dt = coefficient * (sum over neighbours of (u_neighbour - u)) - decay * u, with held sources.

    Scheme: explicit Euler on the previous tick's values. For a cell with k neighbours

        alpha = min(coefficient * dt * k, 1)
        u' = ((1 - alpha) * u + alpha * (sum of the neighbours / k)) * exp(-decay * dt)

    in the field's dtype, the sum in the lattice's order of directions; alpha and the exponential are made in
    float64 and then rounded, so that 0.1 as a plain number is the float64 0.1, and as a parameter what that
    holds. A cell without neighbours has alpha = 0. Then sources are set to their values, and everything is
    clamped.

    Stability: dt <= 1 / (lattice.max_degree * coefficient). Then every new value is a mean of old ones, but
    for decay, sources and clamp. Without those the total is conserved but for rounding, wherever each of two
    neighbours is one of the other's, as on all lattices of this package.

    Shapes: reads and writes (num_worlds, num_cells) float32 or float64; writes a gradient (num_worlds, k,
    num_cells) of the same dtype with the k axes of `lattice.positions`. Lattices: all.

    Reference: murk 0.2.0, ScalarDiffusion, with equal numbers to the last bit.

    Attributes:
        field: what diffuses.
        coefficient: share that flows to each neighbour in a unit of time, >= 0.
        decay: rate of exponential decay, >= 0.
        sources: value at which a cell is held, by the cell's rank; the same cells in all worlds.
        clamp: lowest and highest value, None for no limit.
        output: field that receives the result, None for ``field`` itself.
        gradient: field that receives the slopes of the previous values, those of `Gradient`; None for none.

    Raises:
        PropagatorConfigError: one of these is not possible, or a parameter's bounds are not.
    """

    field: Field
    _: KW_ONLY
    coefficient: Coefficient
    decay: Coefficient = 0.0
    sources: Mapping[int, Coefficient] | None = None
    clamp: tuple[Coefficient | None, Coefficient | None] = (None, None)
    output: Field | None = None
    gradient: Field | None = None

    def declare(self) -> Declaration:
        """Return what it touches; the coefficients are both rates, the sources' values and the clamp."""
        rates = tuple(in_range("Diffusion", name, getattr(self, name)) for name in ("coefficient", "decay"))
        held = (*self._sources.values(), *_checked_limits(self.clamp))  # in the field's own unit
        slopes = () if self.gradient is None else (self.gradient,)
        return Declaration(
            reads_previous=(self.field,),
            writes=(self._target, *slopes),
            coefficients=(*rates, *held),
            same_units=((self.field, self._target, *parameters(*held)),),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step at which a cell of the largest degree becomes the mean of its neighbours."""
        rate = lattice.max_degree * highest(self.coefficient)
        return 1.0 / rate if rate > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a source outside the lattice, or a field that does not fit."""
        slopes = () if self.gradient is None else (self.gradient,)
        for field in (self.field, self._target):
            self.require(field, dtype=FLOATS)
        for field in slopes:
            self.require(field, components=lattice.positions.shape[1], dtype=FLOATS)
        self.require_one_dtype(self.field, self._target, *slopes)
        outside = [cell for cell in self._sources if cell >= lattice.num_cells]
        if outside:
            raise PipelineError(
                f"{self.name} has sources at cells {outside}, but {lattice!r} has the cells 0 to "
                f"{lattice.num_cells - 1}; take the ranks from lattice.rank(coordinates)"
            )

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return the clamp, narrowed at 0 where old values and sources all lie on one side of it."""
        if field is self.gradient:
            return super().guarantees(field)
        low, high = lowest(self.coefficients[-2]), highest(self.coefficients[-1])
        kept_low, kept_high = self.field.bounds
        values = self._sources.values()
        if kept_low >= 0.0 and all(lowest(value) >= 0.0 for value in values):
            low = max(low, min(0.0, high))
        if kept_high <= 0.0 and all(highest(value) <= 0.0 for value in values):
            high = min(high, max(0.0, low))
        return low, high

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        table, values = frame.coefficients, frame.previous(self.field)
        diffusion: tuple[Any, ...] = (
            values,
            frame.write(self._target),
            table[:, :2] * frame.dt,
            np.array(list(self._sources), np.uint32),
            table[:, 2:-2].astype(self.field.dtype),
            table[:, -2:].astype(self.field.dtype),
            *neighbourhood(frame.lattice),
        )
        if self.gradient is None:
            return KernelCall(diffuse, diffusion)
        slopes = slopes_of(frame.lattice)
        return KernelCall(diffuse_with_slopes, (frame.write(self.gradient), *slopes, *diffusion))

    @property
    def _target(self) -> Field:
        return self.field if self.output is None else self.output

    @cached_property
    def _sources(self) -> Mapping[int, Coefficient]:
        """The sources as they were when this was made."""
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
