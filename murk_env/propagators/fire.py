"""Fire that spreads from cell to cell, with the wind."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.mathematics import cos, exp, expm1_float32, sin
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
from murk_env.random.philox import float32_of, philox

__all__ = ["Fire"]

_UNBURNT, _BURNING, _BURNT = 0, 1, 2
_ALONG, _TURNED = 0.045, 0.131  # per (m/s), c1 and c2 of the reference
_STRONGEST_WIND = 100.0  # m/s
_CLOSE = 1e-9  # cell distances

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Fire(Propagator):
    """Burning cells use up their fuel and set their neighbours on fire, those downwind sooner.

    Equation: an unburnt cell with fuel catches fire at the rate

        ignition * flammability * (sum over burning neighbours of w),
        w = exp(wind_speed * (0.045 + 0.131 * (cos(a) - 1)))

    where a is the angle between the wind and the way from that neighbour; a burning cell loses `consumption`
    of fuel in a unit of time and is burnt when nothing is left. A cell that had no fuel never burns.

    Scheme: on the previous tick's values. Over a tick the rate, taken as constant, makes a probability of
    1 - exp(-rate * dt); the cell's own number of `frame.rng`, the same as in `frame.rng.random(num_cells,
    dtype=float32)`, decides. A cell that catches fire begins to burn in the tick after. In float32.

    Stability: every dt; the front moves at most one cell a tick. An `ignition` of a thousand times 1 / dt or
    more makes it do so always: a fire without chance.

    Shapes: state (num_worlds, num_cells) int32: 0 unburnt, 1 burning, 2 burnt; fuel the same in float32;
    flammability likewise, or static, (num_cells,). Lattices: all; the wind blows in the plane of the first
    two axes of `lattice.positions`, which are x and y but on a Product whose first part is a line: axes come
    in the order of its parts. At a clamped border a hop counts with the direction it has elsewhere. With
    wind, a direction has to be one and the same way at every cell.

    Reference: A. Alexandridis, D. Vakalis, C. I. Siettos, G. V. Bafas, "A cellular automata model for forest
    fire spread prediction", Applied Mathematics and Computation 204, 191-201 (2008),
    https://doi.org/10.1016/j.amc.2008.06.046, whose factors for wind and vegetation multiply a probability
    per neighbour; here they multiply a rate, so that dt may be chosen and neighbours add up exactly.

    Attributes:
        state: what becomes of each cell; Field(categories=3) as a rule.
        fuel: what is left to burn.
        ignition: rate at which a burning cell sets a neighbour on fire without wind, >= 0.
        consumption: fuel that a burning cell loses in a unit of time, >= 0.
        wind_speed: 0 to 100 m/s.
        wind_direction: where the wind blows to, in radians from the first axis, x (east), towards the
            second, y (south).
        flammability: factor of every cell's ignition, >= 0, of this tick; None for 1. What hooks change to
            wet a cell or to clear it.
        UNBURNT, BURNING, BURNT: the three states.

    Raises:
        PropagatorConfigError: a coefficient is outside its range, or a parameter that may be.
    """

    UNBURNT: ClassVar[int] = _UNBURNT
    BURNING: ClassVar[int] = _BURNING
    BURNT: ClassVar[int] = _BURNT

    state: Field
    fuel: Field
    _: KW_ONLY
    ignition: Coefficient
    consumption: Coefficient
    wind_speed: Coefficient = 0.0
    wind_direction: Coefficient = 0.0
    flammability: Field | None = None

    def declare(self) -> Declaration:
        """Return what it touches, its rates and the wind."""
        return Declaration(
            reads=() if self.flammability is None else (self.flammability,),
            reads_previous=(self.state, self.fuel),
            writes=(self.state, self.fuel),
            coefficients=(
                in_range("Fire", "ignition", self.ignition),
                in_range("Fire", "consumption", self.consumption),
                in_range("Fire", "wind_speed", self.wind_speed, 0.0, _STRONGEST_WIND),
                in_range("Fire", "wind_direction", self.wind_direction, -math.inf),
            ),
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field of another kind, or a state that cannot hold all three."""
        self.require(self.state, dtype=np.int32)
        self.require(self.fuel)
        if self.flammability is not None:
            self.require(self.flammability, static=True)
        low, high = self.state.bounds
        if low > _UNBURNT or high < _BURNT:
            raise PipelineError(
                f"{self.name} sets {self.state.name!r} to {_UNBURNT} (unburnt), {_BURNING} (burning) or "
                f"{_BURNT} (burnt), but it holds {low:g} to {high:g}; declare it with categories=3."
            )
        if highest(self.wind_speed) > 0.0:
            self._check_ways(lattice)

    def _check_ways(self, lattice: Lattice) -> None:
        """Raise PipelineError for a direction that is not one way everywhere, nor cut short by a clamp."""
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

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return the field's own bounds, with 0 among those of the fuel."""
        low, high = field.bounds
        return min(low, 0.0), max(high, 0.0)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        lattice, table = frame.lattice, frame.coefficients.astype(np.float32).astype(np.float64)
        rates = np.empty((frame.num_worlds, len(lattice.directions)), np.float32)
        _set_rates(rates, lattice.displacements, table, frame.dt)
        if self.flammability is None:
            flammability = np.ones((1, lattice.num_cells), np.float32)
        else:
            flammability = batched(self.flammability, frame.read(self.flammability))
        return KernelCall(
            _burn,
            (
                frame.previous(self.state),
                frame.previous(self.fuel),
                frame.write(self.state),
                frame.write(self.fuel),
                flammability,
                rates,
                (frame.dt * table[:, 1]).astype(np.float32),
                lattice.neighbours,
                *frame.rng.counters,
            ),
        )


@kernel
def _set_rates(
    out: Floats, displacements: npt.NDArray[np.float64], table: npt.NDArray[np.float64], dt: float
) -> None:
    """Set the rates times dt at which fire comes from the neighbour in each direction.

    Compiled, so that a world's numbers depend neither on how many there are nor on the processor.
    """
    axes = min(displacements.shape[1], 2)
    for world in range(out.shape[0]):
        wind = cos(table[world, 3]), sin(table[world, 3])
        for direction in range(out.shape[1]):
            to_neighbour = displacements[direction]
            square, along = 0.0, 0.0
            for axis in range(to_neighbour.size):
                square += to_neighbour[axis] * to_neighbour[axis]
            length = math.sqrt(square)
            for axis in range(axes):
                along -= wind[axis] * to_neighbour[axis] / length
            factor = exp(table[world, 2] * (_ALONG + _TURNED * (along - 1.0)))
            out[world, direction] = dt * table[world, 0] * factor


@kernel
def _burn(
    start: int,
    stop: int,
    states: Integers,  # (num_worlds, num_cells)
    fuels: Floats,  # (num_worlds, num_cells)
    new_states: Integers,  # (num_worlds, num_cells)
    new_fuels: Floats,  # (num_worlds, num_cells)
    flammability: Floats,  # (num_worlds or 1, num_cells)
    rates: Floats,  # (num_worlds, num_directions), times dt
    consumption: Floats,  # (num_worlds,), times dt
    neighbours: Integers,  # (num_cells, num_directions)
    keys: Integers,
    episodes: Integers,
    steps: Integers,
    site: int,
) -> None:
    """One tick of the worlds [start, stop)."""
    for world in range(start, stop):
        state, factors = states[world], flammability[min(world, len(flammability) - 1)]
        counter, key = (episodes[world], steps[world], site), (keys[world, 0], keys[world, 1])
        for cell in range(state.size):
            now, fuel = state[cell], fuels[world, cell]
            if now == _BURNING:
                fuel = max(fuel - consumption[world], np.float32(0.0))
                now = _BURNING if fuel > np.float32(0.0) else _BURNT
            elif now == _UNBURNT and fuel > np.float32(0.0):
                rate = _rate(state, neighbours[cell], rates[world]) * factors[cell]
                if rate > np.float32(0.0) and _draw(counter, key, cell) < -expm1_float32(-rate):
                    now = _BURNING
            new_states[world, cell] = now
            new_fuels[world, cell] = fuel


@kernel
def _rate(state: Any, neighbours: Any, rates: Any) -> Any:
    """Add up what comes from the burning neighbours."""
    total = np.float32(0.0)
    for direction in range(neighbours.size):
        neighbour = neighbours[direction]
        if neighbour >= 0 and state[neighbour] == _BURNING:
            total += rates[direction]
    return total


@kernel
def _draw(counter: Any, key: Any, cell: int) -> Any:
    """Draw one cell's number as `fill_uniform_float32` does, without those of the others."""
    words = philox((counter[0], counter[1], counter[2], cell // 4), key)
    return float32_of(words[cell % 4])
