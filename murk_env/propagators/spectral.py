"""Equations with a stiff linear part on periodic lattices, by Fourier modes and exponential time steps."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from itertools import product
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError, PropagatorConfigError, described
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.lattice.grid import Grid
from murk_env.propagators._etd import REACH, SHARE
from murk_env.propagators._inputs import batched, fits_float32, whole_number
from murk_env.propagators._modes import Modes, derivative
from murk_env.propagators._solver import Solver
from murk_env.propagators.coefficients import Coefficient, highest, in_range, lowest
from murk_env.propagators.writing import FLOATS, Declaration, Frame, Propagator

__all__ = ["Spectral"]

Reals = npt.NDArray[np.float64]

_HIGHEST_ORDER = 8


@dataclass(frozen=True, eq=False)
class Spectral(Propagator):
    """A PDE with a linear part, however stiff, and a nonlinear one, on a periodic lattice.

    Equation, with coefficients a[n] by order of derivative n, functions f[m] by order m, and a force that is
    constant within a tick:

        du/dt = (sum over n of a[n] * d^n u / dx^n) + (sum over m of d^m f[m](u) / dx^m) + force

    So linear={2: nu} with nonlinear={1: lambda u: -0.5 * u * u} is Burgers' equation, with linear={2: -1.0,
    4: -1.0} that of Kuramoto and Sivashinsky; linear={4: -gamma} with nonlinear={2: lambda u: u * u * u - u}
    is Cahn and Hilliard's. In two dimensions orders are even, and 2 is the Laplacian, 4 its square.

    Scheme: the linear part and the force exactly, in the lattice's Fourier modes; the functions by ETDRK4, of
    order 4 in time. Functions are evaluated at `padding` times as many points along each axis, against
    aliasing: 1.5 suffices for squares, 2 for cubes. A tick or sub-step makes `steps` time steps, which stay
    in Fourier space. The sum over all cells is conserved up to rounding if there is no order 0 and no force.
    All in float64, for any dtype of the field.

    Stability: dt / steps <= 2.6 / r, where r is the largest value of s = (sum over m of max_slope[m] * k**m)
    over the modes k whose damping is less than s / 0.7; the others are stable at any dt. For Burgers without
    viscosity that is dt / steps <= 0.83 * spacing / max_slope[1]. If only odd orders of `linear` oppose a
    function, the bound is a guide. A slope beyond `max_slope` is not detected. Shocks thinner than a cell
    ring: use `Burgers`.

    Shapes: u is (num_worlds, num_cells), float32 or float64, the force of the same dtype and shape, or static
    (num_cells,). Functions are elementwise: they get a read-only float64 array (rows, points) and return a
    new one. Lattices: periodic grids along perpendicular axes with an even number of cells along each:
    Ring1D, and Line1D, Square4 and Square8 with edge="wrap".

    Source: A.-K. Kassam and L. N. Trefethen, "Fourth-order time-stepping for stiff PDEs", SIAM J. Sci.
    Comput. 26, 1214-1233 (2005), https://doi.org/10.1137/S1064827502410633; S. M. Cox and P. C. Matthews, J.
    Comput. Phys. 176, 430-455 (2002), https://doi.org/10.1006/jcph.2002.6995.

    Attributes:
        field: the field u.
        force: added to du/dt, read at this tick's values; None for none.
        linear: coefficients a by order of derivative, 0 to 8.
        nonlinear: functions f by order of derivative, 0 to 8.
        max_slope: the largest |df/du| of each function, by the same orders, against which dt is checked.
        padding: points per cell along each axis at which functions are evaluated, 1 to 4.
        steps: time steps per tick, or per sub-step if a tick has several.

    Raises:
        PropagatorConfigError: a coefficient is out of its range, an order is invalid, a function does not
            return an array of the right shape and dtype, or has no `max_slope`.
    """

    field: Field
    force: Field | None = None
    _: KW_ONLY
    linear: Mapping[int, Coefficient]
    nonlinear: Mapping[int, Callable[[Reals], Reals]] = dataclasses.field(default_factory=dict[int, Any])
    max_slope: Mapping[int, float] = dataclasses.field(default_factory=dict[int, float])
    padding: float = 1.5
    steps: int = 1

    def declare(self) -> Declaration:
        """Return its fields and the linear coefficients."""
        for name in ("linear", "nonlinear", "max_slope"):
            _check_orders(name, getattr(self, name))
        if set(self.nonlinear) != set(self.max_slope):
            raise PropagatorConfigError(
                f"Spectral needs in max_slope the largest |df/du| of each function in nonlinear, of the "
                f"orders {sorted(self.nonlinear)}, not {sorted(self.max_slope)}."
            )
        for order, function in self.nonlinear.items():
            _check_function(order, function)
            slope = self.max_slope[order]
            if not (fits_float32(slope) and slope > 0.0):
                raise PropagatorConfigError(f"Spectral needs a finite max_slope[{order}] > 0, not {slope!r}.")
        if not (fits_float32(self.padding) and 1.0 <= self.padding <= 4.0):
            raise PropagatorConfigError(f"Spectral needs a padding from 1 to 4, not {self.padding!r}.")
        if whole_number(self.steps) < 1:
            raise PropagatorConfigError(
                f"Spectral makes a number of steps in a tick, at least 1, not {self.steps!r}."
            )
        return Declaration(
            reads=() if self.force is None else (self.force,),
            reads_previous=(self.field,),
            writes=(self.field,),
            coefficients=tuple(
                in_range("Spectral", f"linear[{order}]", self.linear[order], -math.inf)
                for order in self._orders
            ),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the largest stable tick: `steps` times the largest stable time step."""
        modes = self._modes(lattice)
        pushes = sum(
            (
                float(slope) * np.abs(derivative(modes.waves, order))
                for order, slope in self.max_slope.items()
            ),
            np.zeros(modes.places.size),
        )
        ranges = [(lowest(self.linear[order]), highest(self.linear[order])) for order in self._orders]
        fastest = 0.0
        for numbers in product(*map(sorted, map(set, ranges))):
            damping: Reals = -np.real(self._rates(modes, np.array([numbers])))[0]
            fastest = max(fastest, pushes[pushes > SHARE * damping].max(initial=0.0))
        return self.steps * REACH / fastest if fastest > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for an unsuitable field, or a lattice without Fourier modes."""
        if not _wraps_squarely(lattice):
            raise PipelineError(
                f"{self.name} cannot run on {lattice!r}: its modes are waves along perpendicular axes "
                f'without an end; use Ring1D, or Line1D, Square4 or Square8 with edge="wrap".'
            )
        box = cast(Grid, lattice).box
        if any(count % 2 for count in box):
            raise PipelineError(
                f"{self.name} cannot run on {lattice!r}: it needs an even number of cells along every axis, "
                f"not {' x '.join(map(str, box))}; use {' x '.join(str(count + count % 2) for count in box)}."
            )
        odd = [order for order in (*self.linear, *self.nonlinear) if order % 2]
        if odd and len(box) > 1:
            raise PipelineError(
                f"{self.name} has a derivative of the odd order {odd[0]}, which has a direction, on "
                f"{lattice!r} with {len(box)} axes; use even orders there, or Ring1D."
            )
        self.require(self.field, dtype=FLOATS)
        if self.force is not None:
            self.require(self.force, dtype=FLOATS, static=True)
            self.require_one_dtype(self.field, self.force)

    def bind(self, frame: Frame) -> Callable[[int, int], None]:
        """Return a function that runs a tick: transforms in numpy, the rest in kernels."""
        modes = self._modes(frame.lattice)
        distinct, rows = np.unique(frame.coefficients, axis=0, return_inverse=True)
        if len(distinct) == 1:
            rows = np.zeros(1, np.intp)
        pushes = [
            (function, (derivative(modes.waves, order) / modes.scale).astype(np.complex128))
            for order, function in self.nonlinear.items()
        ]
        rates = self._rates(modes, distinct)
        solver = Solver(modes, rates, rows.ravel(), pushes, frame.dt / self.steps, self.steps)
        force = None if self.force is None else batched(self.force, frame.read(self.force))
        before, after = frame.previous(self.field), frame.write(self.field)

        def run(start: int, stop: int) -> None:
            solver.run(start, stop, before, force, after)

        return run

    @cached_property
    def _orders(self) -> tuple[int, ...]:
        """The orders of the linear part, in the order of the coefficients."""
        return tuple(self.linear)

    def _modes(self, lattice: Lattice) -> Modes:
        grid = cast(Grid, lattice)
        return Modes(grid.box, grid.lengths, self.padding)

    def _rates(self, modes: Modes, numbers: Reals) -> npt.NDArray[Any]:
        """Return the linear rate of every mode for each set of coefficients, (rows, num_modes)."""
        kind = np.complex128 if any(order % 2 for order in self._orders) else np.float64
        rates = np.zeros((len(numbers), modes.places.size), kind)
        for order, column in zip(self._orders, numbers.T, strict=True):
            factors = derivative(modes.waves, order)
            if order % 2:
                factors[-1] = 0.0  # the Nyquist mode of a ring, which has no direction
            rates += column[:, np.newaxis] * factors
        return rates


def _check_orders(name: str, given: object) -> None:
    """Raise PropagatorConfigError unless an argument is a mapping from orders of derivatives."""
    if not isinstance(given, Mapping):
        raise PropagatorConfigError(
            f"Spectral takes {name} by order of derivative, such as {{2: ...}}, not {given!r}."
        )
    for order in cast("Mapping[object, object]", given):
        if not 0 <= whole_number(order) <= _HIGHEST_ORDER:
            raise PropagatorConfigError(
                f"Spectral takes {name} by order of derivative, an integer from 0 to {_HIGHEST_ORDER}, "
                f"not {order!r}."
            )


def _check_function(order: int, function: object) -> None:
    """Raise PropagatorConfigError unless a function returns an array like its argument."""
    if not callable(function):
        raise PropagatorConfigError(
            f"Spectral takes as nonlinear[{order}] a function of an array, not {function!r}."
        )
    given = np.zeros((2, 3))
    given.flags.writeable = False
    try:
        found: Any = function(given)
    except Exception as error:
        raise PropagatorConfigError(
            f"Spectral's nonlinear[{order}] takes a read-only float64 array, such as {given.shape}, and "
            f"returns another, but raised {described(error)}."
        ) from error
    form = getattr(found, "dtype", None), getattr(found, "shape", None)
    if not isinstance(found, np.ndarray) or form != (given.dtype, given.shape):
        shape = f"{form[0]} {form[1]}" if isinstance(found, np.ndarray) else repr(cast(object, found))
        raise PropagatorConfigError(
            f"Spectral's nonlinear[{order}] must return a float64 array of the shape that it is given, "
            f"{given.shape}, but returns {shape}."
        )


def _wraps_squarely(lattice: Lattice) -> bool:
    """Return whether the cells are evenly spaced along perpendicular axes, all of which wrap."""
    if not isinstance(lattice, Grid) or lattice.edge != "wrap":
        return False
    ways = np.array(lattice.basis) != 0.0
    return bool((ways.sum(axis=0) == 1).all() and (ways.sum(axis=1) == 1).all())
