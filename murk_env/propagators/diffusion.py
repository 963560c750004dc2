"""Diffusion of a scalar over a lattice."""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.compile import kernel
from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.field import Field
from murk_env.lattice import Lattice
from murk_env.propagators._inputs import fits_float32
from murk_env.propagators._slopes import slopes_of
from murk_env.propagators.base import Coefficient, Frame, Propagator, highest, in_range
from murk_env.propagators.gradient import fill_gradients

__all__ = ["Diffusion"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Diffusion(Propagator):
    """Every cell moves towards the mean of its neighbours.

    Equation: du/dt = coefficient * (sum over neighbours of (u_neighbour - u)) - decay * u, with held sources.

    Scheme: explicit Euler on the previous tick's values. For a cell with k neighbours

        alpha = min(coefficient * dt * k, 1)
        u' = ((1 - alpha) * u + alpha * (sum of the neighbours / k)) * exp(-decay * dt)

    in float32, the sum in the lattice's order of directions; alpha and the exponential are made in float64
    and then rounded, so that 0.1 as a plain number is the float64 0.1, and as a parameter float32(0.1). A
    cell without neighbours has alpha = 0. Then sources are set to their values, and everything is clamped.

    Stability: dt <= 1 / (lattice.max_degree * coefficient). Then every new value is a mean of old ones, but
    for decay, sources and clamp. Without those the total is conserved but for rounding, wherever each of two
    neighbours is one of the other's, as on all lattices of this package.

    Shapes: reads and writes (num_worlds, num_cells) float32; writes a gradient (num_worlds, k, num_cells)
    float32 with the k axes of `lattice.positions`. Lattices: all.

    Reference: murk 0.2.0, ScalarDiffusion, with equal numbers to the last bit.

    Attributes:
        field: what diffuses.
        coefficient: share that flows to each neighbour in a unit of time, >= 0.
        decay: rate of exponential decay, >= 0.
        sources: value at which a cell is held, by the cell's rank; the same in all worlds.
        clamp: lowest and highest value, None for no limit; the same in all worlds.
        output: field that receives the result, None for ``field`` itself.
        gradient: field that receives the slopes of the previous values, those of `Gradient`; None for none.

    Raises:
        PropagatorConfigError: one of these is not possible, or a parameter's bounds are not.
    """

    field: Field
    _: KW_ONLY
    coefficient: Coefficient
    decay: Coefficient = 0.0
    sources: Mapping[int, float] | None = None
    clamp: tuple[float | None, float | None] = (None, None)
    output: Field | None = None
    gradient: Field | None = None

    def __post_init__(self) -> None:
        rates = tuple(in_range("Diffusion", name, getattr(self, name)) for name in ("coefficient", "decay"))
        _check_clamp(self.clamp)
        object.__setattr__(self, "sources", _checked_sources(self.sources))
        slopes = () if self.gradient is None else (self.gradient,)
        object.__setattr__(self, "coefficients", rates)
        object.__setattr__(self, "reads_previous", (self.field,))
        object.__setattr__(self, "writes", (self._target, *slopes))
        object.__setattr__(self, "alike", ((self.field, self._target),))

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step at which a cell of the largest degree becomes the mean of its neighbours."""
        rate = lattice.max_degree * highest(self.coefficient)
        return 1.0 / rate if rate > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a source outside the lattice, or a field that does not fit."""
        self.require(self.field)
        self.require(self._target)
        if self.gradient is not None:
            self.require(self.gradient, components=lattice.positions.shape[1])
        outside = [cell for cell in self.sources or () if cell >= lattice.num_cells]
        if outside:
            raise PipelineError(
                f"{self.name} has sources at cells {outside}, but {lattice!r} has the cells 0 to "
                f"{lattice.num_cells - 1}; take the ranks from lattice.rank(coordinates)"
            )

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return the clamp, narrowed at 0 where old values and sources all lie on one side of it."""
        if field is self.gradient:
            return super().guarantees(field)
        low, high = self._limits
        kept_low, kept_high = self.field.bounds
        values = (self.sources or {}).values()
        if kept_low >= 0.0 and all(value >= 0.0 for value in values):
            low = max(low, min(0.0, high))
        if kept_high <= 0.0 and all(value <= 0.0 for value in values):
            high = min(high, max(0.0, low))
        return low, high

    def bind(self, frame: Frame) -> Callable[[int, int], None]:
        """Return the compiled tick over worlds [start, stop) of this frame."""
        stencil = frame.lattice.stencil
        sources = self.sources or {}
        arguments: tuple[Any, ...] = (
            frame.previous(self.field),
            frame.write(self._target),
            stencil.start,
            stencil.stop,
            stencil.offsets,
            stencil.boundary,
            stencil.boundary_ends,
            stencil.boundary_neighbours,
            frame.coefficients * frame.dt,
            np.array(list(sources), np.uint32),
            np.array(list(sources.values()), np.float32),
            np.array(self._limits, np.float32),
        )

        def run(start: int, stop: int) -> None:
            _diffuse(start, stop, *arguments)

        if self.gradient is None:
            return run
        slopes = (frame.previous(self.field), frame.write(self.gradient), slopes_of(frame.lattice))

        def run_both(start: int, stop: int) -> None:
            _diffuse(start, stop, *arguments)
            fill_gradients(start, stop, *slopes)

        return run_both

    @property
    def _target(self) -> Field:
        return self.field if self.output is None else self.output

    @property
    def _limits(self) -> tuple[float, float]:
        low, high = self.clamp
        return -math.inf if low is None else low, math.inf if high is None else high


def _check_clamp(clamp: object) -> None:
    pair = cast(Any, clamp if isinstance(clamp, tuple | list) else ())
    limits = [value for value in pair if value is not None]
    usable = all(fits_float32(limit) or limit in (-math.inf, math.inf) for limit in limits)
    if len(pair) != 2 or not usable or limits != sorted(limits):
        raise PropagatorConfigError(
            f"Diffusion needs clamp=(low, high) with low <= high, each a float32 or None, not {clamp!r}."
        )


def _checked_sources(sources: object) -> dict[int, float]:
    if sources is None:
        return {}
    if not isinstance(sources, Mapping):
        raise PropagatorConfigError(
            f"Diffusion needs sources as a mapping from cells' ranks to their values, not {sources!r}."
        )
    return {_cell(cell): _source_value(cell, value) for cell, value in cast(Any, sources).items()}


def _cell(cell: object) -> int:
    try:
        rank = operator.index(cell)  # type: ignore[arg-type]
    except TypeError:
        rank = -1
    if rank < 0:
        raise PropagatorConfigError(
            f"Diffusion names sources by the cell's rank, an integer >= 0, not {cell!r}."
        )
    return rank


def _source_value(cell: object, value: Any) -> float:
    if not fits_float32(value):
        raise PropagatorConfigError(
            f"Diffusion needs a finite value for the source at cell {cell!r}, not {value!r}; it has to fit "
            f"into a float32."
        )
    return float(value)


@kernel
def _diffuse(
    start: int,
    stop: int,
    previous: Floats,  # (num_worlds, num_cells)
    out: Floats,  # (num_worlds, num_cells)
    first: int,
    last: int,
    offsets: tuple[np.uint64, ...],
    boundary: npt.NDArray[np.uint32],
    boundary_ends: npt.NDArray[np.int64],
    boundary_neighbours: npt.NDArray[np.uint32],
    rates: npt.NDArray[np.float64],  # (num_worlds, 2): coefficient and decay, times dt
    source_cells: npt.NDArray[np.uint32],
    source_values: Floats,
    limits: Floats,  # low, high
) -> None:
    """One tick of the worlds [start, stop)."""
    for world in range(start, stop):
        u, new, rate = previous[world], out[world], rates[world, 0]
        remaining = np.float32(math.exp(-rates[world, 1]))
        _run(u, new, first, last, offsets, _share(rate, len(offsets)), remaining)
        _mend(u, new, offsets, boundary, boundary_ends, boundary_neighbours, rate, remaining)
        for source in range(source_cells.size):
            new[source_cells[source]] = source_values[source]
        if limits[0] > -np.inf or limits[1] < np.inf:
            _clamp(new, limits[0], limits[1])


@kernel
def _share(rate: float, degree: int) -> np.float32:
    """How much of a cell's new value comes from its neighbours: alpha."""
    return np.float32(min(rate * degree, 1.0))


@kernel
def _run(u: Any, new: Any, first: int, last: int, offsets: Any, share: Any, remaining: Any) -> None:
    """The cells with neighbours at constant offsets, and the few among them that are not."""
    degree, keep = np.float32(len(offsets)), np.float32(1.0) - share
    for index in range(first, last):
        cell = np.uint64(index)
        total = u[cell + offsets[0]]
        for direction in range(1, len(offsets)):
            total += u[cell + offsets[direction]]
        new[cell] = (keep * u[cell] + share * (total / degree)) * remaining


@kernel
def _mend(
    u: Any, new: Any, offsets: Any, cells: Any, ends: Any, neighbours: Any, rate: Any, remaining: Any
) -> None:
    """The boundary cells, through their table, degree by degree.

    How many directions there are is asked of the tuple, because its length is known when this is compiled:
    the inner loop is then unrolled, which makes it nearly twice as fast.
    """
    for index in range(ends[0]):
        new[cells[index]] = u[cells[index]] * remaining
    for degree in range(1, len(offsets) + 1):
        divisor, share = np.float32(degree), _share(rate, degree)
        keep = np.float32(1.0) - share
        for index in range(ends[degree - 1], ends[degree]):
            total = u[neighbours[index, 0]]
            for direction in range(1, degree):
                total += u[neighbours[index, direction]]
            cell = cells[index]
            new[cell] = (keep * u[cell] + share * (total / divisor)) * remaining


@kernel
def _clamp(values: Any, low: Any, high: Any) -> None:
    """Bring values into [low, high]; a NaN stays one, to be found by the checks."""
    for index in range(values.size):
        value = values[index]
        if value < low:
            value = low
        elif value > high:
            value = high
        values[index] = value
