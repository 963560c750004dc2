"""Fire that spreads from cell to cell, with the wind."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, cast

import numpy as np

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.fields.declaring import Span
from murk_env.lattice import Lattice
from murk_env.propagators._burning import BURNING, BURNT, UNBURNT, burn
from murk_env.propagators._everywhere import everywhere
from murk_env.propagators._inputs import fits_float32
from murk_env.propagators._terrain import (
    burn_on_slopes,
    burn_on_terrain,
    climbing_by,
    climbs,
    follow_wind,
    set_rates,
)
from murk_env.propagators.coefficients import Varying, is_varying, varying
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

__all__ = ["Fire"]

_STRONGEST_WIND = 100.0  # m/s
_STEEPEST = 0.5  # per degree: beyond it, the factor of a cliff overflows float32
_CLOSE = 1e-9  # cell distances
_KIND = np.dtype(np.float32)


@dataclass(frozen=True, eq=False)
class Fire(Propagator):
    """Burning cells use up their fuel and set their neighbours on fire, those downwind sooner.

    Equation: an unburnt cell with fuel catches fire at the rate

        ignition * flammability * class factor * (sum over burning neighbours of w),
        w = exp(wind_speed * (0.045 + 0.131 * (cos(a) - 1))) * exp(slope * climb)

    where a is the angle between the wind and the way from that neighbour, and climb the angle at which that
    way rises, arctan(rise / length) in degrees. A burning cell loses `consumption` of fuel per unit of time
    and is burnt when nothing is left. A cell without fuel never burns.

    Scheme: on the previous tick's values, in float32. The rate is taken as constant over a tick, so a cell
    catches fire with probability 1 - exp(-rate * dt); its number of
    `frame.rng.random(num_cells, dtype=float32)` decides. A cell that catches fire uses up fuel and spreads
    fire from the next tick on.

    Stability: any dt; the front moves at most one cell a tick. Without wind or slope, an `ignition` of
    1000 / dt or more moves it one cell in every tick: a deterministic fire.

    Shapes: state (num_worlds, num_cells) int32: 0 unburnt, 1 burning, 2 burnt; fuel the same in float32;
    flammability likewise, or static, (num_cells,). Lattices: all; the wind blows in the plane of the first
    two axes of `lattice.positions`. These are x and y, except on a Product whose first part is a line: axes
    come in the order of its parts. At a clamped border a shortened hop counts with its direction's regular
    displacement. With wind, a direction must have the same displacement at every cell.

    Reference: A. Alexandridis, D. Vakalis, C. I. Siettos, G. V. Bafas, "A cellular automata model for forest
    fire spread prediction", Applied Mathematics and Computation 204, 191-201 (2008),
    https://doi.org/10.1016/j.amc.2008.06.046, whose factors for wind and vegetation multiply a probability
    per neighbour; here they multiply a rate, so that dt is free and neighbours add up exactly. There the
    factors (1 + p_veg) * (1 + p_den) of fuel classes range from 0.42 (sparse fields) over 1 (shrub) to 1.82
    (dense pine).

    Attributes:
        state: each cell's state; usually Field(categories=3).
        fuel: fuel that is left in each cell.
        ignition: rate at which a burning cell sets a neighbour on fire without wind, >= 0.
        consumption: fuel that a burning cell loses per unit of time, >= 0.
        wind_speed: 0 to 100 m/s.
        wind_direction: direction the wind blows towards, in radians from the first axis, x (east), to the
            second, y (south). Both may be fields over the world, read at the previous tick's values.
        flammability: factor of every cell's ignition, >= 0, read at this tick's values; None for 1. Hooks
            lower it to wet or clear a cell.
        elevation: height of every cell in the unit of positions, static or of a level; None for flat land.
        slope: exponent per degree of climb, 0 to 0.5; by default the rate doubles every 8.9 degrees.
        fuel_class: class of every cell's fuel, Field(categories=...), static, of a level or read at this
            tick's values; None for a single class.
        class_factors: factor of the ignition for each class, >= 0.
        UNBURNT, BURNING, BURNT: the three states.

    Raises:
        PropagatorConfigError: a coefficient, or a bound of a parameter or field, is outside its range.
    """

    UNBURNT: ClassVar[int] = UNBURNT
    BURNING: ClassVar[int] = BURNING
    BURNT: ClassVar[int] = BURNT

    state: Field
    fuel: Field
    _: KW_ONLY
    ignition: Coefficient
    consumption: Coefficient
    wind_speed: Varying = 0.0
    wind_direction: Varying = 0.0
    flammability: Field | None = None
    elevation: Field | None = None
    slope: Coefficient = 0.078
    fuel_class: Field | None = None
    class_factors: tuple[float, ...] = ()

    def declare(self) -> Declaration:
        """Return its fields, its rates and the wind."""
        self._check_classes()
        maps = (self.flammability, self.fuel_class)
        heights = () if self.elevation is None else (self.elevation,)
        slope = (in_range("Fire", "slope", self.slope, 0.0, _STEEPEST),)
        over: tuple[Span, ...] = ("world",)
        speed, speeds = varying("Fire", "wind_speed", self.wind_speed, 0.0, _STRONGEST_WIND, over)
        direction, directions = varying("Fire", "wind_direction", self.wind_direction, -math.inf, spans=over)
        return Declaration(
            reads=tuple(field for field in maps if field is not None),
            reads_previous=(self.state, self.fuel, *heights, *speeds, *directions),
            writes=(self.state, self.fuel),
            coefficients=(
                in_range("Fire", "ignition", self.ignition),
                in_range("Fire", "consumption", self.consumption),
                *speed,
                *direction,
                *(slope if heights else ()),
            ),
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for an unsuitable field, or a state field that cannot hold all three states."""
        self.require(self.state, dtype=np.int32)
        self.require(self.fuel)
        if self.flammability is not None:
            self.require(self.flammability, static=True)
        if self.fuel_class is not None:
            self.require(self.fuel_class, dtype=np.int32, static=True)
        self._check_elevation()
        for wind in (self.wind_speed, self.wind_direction):
            if isinstance(wind, Field) and is_varying(wind):
                self.require(wind, over="world")
        low, high = self.state.bounds
        if low > UNBURNT or high < BURNT:
            raise PipelineError(
                f"{self.name} sets {self.state.name!r} to {UNBURNT} (unburnt), {BURNING} (burning) or "
                f"{BURNT} (burnt), but it holds {low:g} to {high:g}; declare it with categories=3."
            )
        if highest(self.wind_speed) > 0.0:
            self._check_ways(lattice)

    def _check_ways(self, lattice: Lattice) -> None:
        """Raise PipelineError for a direction whose displacement varies, other than shortened by a clamp."""
        for direction, way in enumerate(lattice.displacements / lattice.scale):
            ways = lattice.neighbour_displacements[:, direction] / lattice.scale
            other = np.abs(ways - way).max(axis=1) > _CLOSE
            whole = np.sqrt((ways**2).sum(axis=1)) > math.sqrt((way**2).sum()) - _CLOSE
            cells = np.flatnonzero(other & whole)
            if cells.size:
                raise PipelineError(
                    f"{self.name} cannot run with wind on {lattice!r}: the wind's weight belongs to a "
                    f"direction, but {lattice.directions[direction]!r} is another way at cell {cells[0]}; "
                    f"give each way a direction of its own, or leave wind_speed at 0."
                )

    def _check_elevation(self) -> None:
        """Raise PipelineError for heights that change."""
        if self.elevation is None:
            return
        self.require(self.elevation, dtype=FLOATS, static=True)
        if not self.elevation.fixed:
            raise PipelineError(
                f"{self.name} needs {self.elevation.name!r} as a field that is static or of a level: how "
                f"steep the ways are is found once; it is {self.elevation.mutability}."
            )

    def _check_classes(self) -> None:
        """Raise PropagatorConfigError unless every class of fuel has a factor."""
        classes = 0 if self.fuel_class is None else self.fuel_class.categories
        factors = cast("tuple[Any, ...]", self.class_factors)
        listed = isinstance(factors, tuple | list)  # pyright: ignore[reportUnnecessaryIsInstance]
        fits = listed and all(fits_float32(one) and one >= 0.0 for one in factors)
        if classes is None or not fits or len(factors) != classes:
            raise PropagatorConfigError(
                f"Fire needs a fuel_class with categories and one finite factor >= 0 for each in "
                f"class_factors, or neither, not {self.fuel_class!r} with {factors!r}."
            )

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return the field's own bounds, widened to include 0."""
        low, high = field.bounds
        return min(low, 0.0), max(high, 0.0)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        lattice, table = frame.lattice, frame.coefficients.astype(np.float32).astype(np.float64)
        rates = np.empty((frame.num_worlds, len(lattice.directions)), np.float32)
        wind = (
            everywhere(frame, self.wind_speed, 2, _KIND),
            everywhere(frame, self.wind_direction, 3, _KIND),
        )
        ignition = np.ascontiguousarray(table[:, 0])
        blowing = KernelCall(set_rates, (rates, lattice.displacements, ignition, *wind, frame.dt))
        if self.flammability is None:
            flammability = np.ones((1, lattice.num_cells), np.float32)
        else:
            flammability = batched(self.flammability, frame.read(self.flammability))
        burning = (
            frame.previous(self.state),
            frame.previous(self.fuel),
            frame.write(self.state),
            frame.write(self.fuel),
            flammability,
            rates,
            (frame.dt * table[:, 1]).astype(np.float32),
            lattice.neighbours,
        )
        counters = frame.rng.counters
        flat = self.elevation is None and self.fuel_class is None
        land = () if flat else self._terrain(frame)
        kernel = burn if flat else burn_on_slopes if self._slopes_vary else burn_on_terrain
        fire = KernelCall(kernel, (*burning, *counters, *land))
        if is_varying(self.wind_speed) or is_varying(self.wind_direction):
            known = np.full((frame.num_worlds, 2), np.nan, np.float32)
            return chain(KernelCall(follow_wind, (known, *blowing.arguments)), fire)
        blowing(0, frame.num_worlds)  # once: numbers and parameters are constant until the next `bind`
        return fire

    @property
    def _slopes_vary(self) -> bool:
        """Whether worlds may differ in slope."""
        return self.elevation is not None and isinstance(self.slope, Parameter)

    def _terrain(self, frame: Frame) -> tuple[Any, ...]:
        """Return the kernel's arguments for the land: steepness, fuel classes and their factors."""
        lattice = frame.lattice
        steepness: tuple[Any, ...] = (np.ones((1, *lattice.neighbours.shape), np.float32),)
        if self.elevation is not None and self._slopes_vary:
            slopes = np.ascontiguousarray(frame.coefficients[:, 4])
            steepness = frame.table_of(self.elevation, climbs), slopes
        elif self.elevation is not None:
            steepness = (frame.table_of(self.elevation, climbing_by(float(cast(Any, self.slope)))),)
        classes, factors = np.zeros((1, lattice.num_cells), np.int32), np.ones(1, np.float32)
        if self.fuel_class is not None:
            classes = batched(self.fuel_class, frame.read(self.fuel_class))
            factors = np.array(self.class_factors, np.float32)
        return *steepness, classes, factors
