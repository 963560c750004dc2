"""A resource that grows, and is consumed where something is present."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, get_args

import numpy as np

from murk_env.errors import PropagatorConfigError, did_you_mean
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._everywhere import at, everywhere
from murk_env.propagators.coefficients import Varying, is_varying, varying
from murk_env.propagators.writing import (
    FLOATS,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    batched,
    highest,
    kernel,
)

__all__ = ["Resource"]

Growth = Literal["linear", "logistic"]

_SMALLEST = float(np.finfo(np.float32).tiny)  # a capacity above 0


@dataclass(frozen=True, eq=False)
class Resource(Propagator):
    """A resource grows up to a capacity, and is consumed in cells where something is present.

    Equation: dv/dt = regrowth - consumption * [present], or, logistic, regrowth * v * (1 - v / capacity) -
    consumption * [present], clamped to [0, capacity].

    Scheme: explicit Euler on the previous tick's values, consumption first. In the field's dtype

        v = v - consumption * dt where presence is not 0
        v' = v + regrowth * dt, or v + regrowth * v * (1 - v / capacity) * dt
        clamped to [0, capacity]

    A logistic resource that was consumed to 0 stays 0.

    Stability: any dt, because of the clamp; for dt <= 1 / regrowth logistic growth approaches the capacity
    without overshooting it.

    Shapes: reads (num_worlds, num_cells), float32 or float64, and presence of any dtype, or static
    (num_cells,); writes (num_worlds, num_cells) of the field's dtype. On every lattice: cells are independent
    of each other.

    Reference: murk 0.2.0, ResourceField, with equal numbers to the last bit. Logistic growth: P.-F. Verhulst,
    "Notice sur la loi que la population suit dans son accroissement", Corr. Math. Phys. 10 (1838).

    Attributes:
        field: the resource.
        presence: the resource is consumed where it is not 0 in the previous tick.
        consumption: amount consumed per unit of time, >= 0.
        regrowth: amount that grows per unit of time (linear), or growth rate (logistic), >= 0.
        capacity: the most that a cell holds, > 0. Each of these three may be a field over cells, which is
            read at the previous tick's values.
        growth: "linear" or "logistic".

    Raises:
        PropagatorConfigError: an argument is invalid.
    """

    field: Field
    presence: Field
    _: KW_ONLY
    consumption: Varying = 1.0
    regrowth: Varying = 0.1
    capacity: Varying = 1.0
    growth: Growth = "linear"

    def declare(self) -> Declaration:
        """Return its fields, its rates and the capacity, which has the field's unit."""
        lows = {"consumption": 0.0, "regrowth": 0.0, "capacity": _SMALLEST}
        found = [varying("Resource", name, getattr(self, name), low) for name, low in lows.items()]
        numbers = tuple(number for one, _ in found for number in one)
        places = tuple(field for _, those in found for field in those)
        if self.growth not in get_args(Growth):
            raise PropagatorConfigError(
                f"Resource has no growth {self.growth!r}; {did_you_mean(self.growth, get_args(Growth))}"
            )
        return Declaration(
            reads_previous=(self.field, self.presence, *places),
            writes=(self.field,),
            coefficients=numbers,
            same_units=((self.field, *_fields(self.capacity)),),
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields that are not scalars over cells."""
        self.require(self.field, dtype=FLOATS)
        self.require_one_dtype(self.field, *self._varying)
        self.require(self.presence, dtype=self.presence.dtype.type, static=True)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return 0 and the largest capacity."""
        return 0.0, highest(self.capacity)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        kind = self.field.dtype
        touched = (
            frame.previous(self.field),
            batched(self.presence, frame.previous(self.presence)),
            frame.write(self.field),
        )
        how = kind.type(frame.dt), self.growth == "logistic"
        if not self._varying:
            return KernelCall(_grow, (*touched, frame.coefficients, *how))
        rates = [everywhere(frame, value, column, kind) for column, value in enumerate(self._rates)]
        return KernelCall(_grow_unevenly, (*touched, *rates, *how))

    @property
    def _rates(self) -> tuple[Varying, Varying, Varying]:
        return self.consumption, self.regrowth, self.capacity

    @property
    def _varying(self) -> tuple[Field, ...]:
        """The coefficients that are fields over cells."""
        return tuple(rate for rate in self._rates if isinstance(rate, Field) and is_varying(rate))


def _fields(coefficient: Varying) -> tuple[Field, ...]:
    return (coefficient,) if isinstance(coefficient, Field) else ()


@kernel
def _grow(
    start: int,
    stop: int,
    previous: Any,  # (num_worlds, num_cells)
    presence: Any,  # (num_worlds or 1, num_cells)
    out: Any,  # (num_worlds, num_cells)
    coefficients: Any,  # (num_worlds, 3): consumption, regrowth, capacity
    dt: Any,
    logistic: bool,
) -> None:
    """One tick of the worlds [start, stop)."""
    kind = out.dtype.type
    zero, one = kind(0.0), kind(1.0)
    for world in range(start, stop):
        consumed = kind(coefficients[world, 0]) * dt
        rate = kind(coefficients[world, 1])
        capacity = kind(coefficients[world, 2])
        present = presence[min(world, presence.shape[0] - 1)]
        for cell in range(previous.shape[1]):
            eaten = consumed if present[cell] != 0 else zero
            out[world, cell] = _grown(previous[world, cell], eaten, rate, capacity, dt, logistic, zero, one)


@kernel
def _grow_unevenly(
    start: int,
    stop: int,
    previous: Any,  # (num_worlds, num_cells)
    presence: Any,  # (num_worlds or 1, num_cells)
    out: Any,  # (num_worlds, num_cells)
    consumption: Any,  # these three as `at` reads them
    regrowth: Any,
    capacity: Any,
    dt: Any,
    logistic: bool,
) -> None:
    """One tick of the worlds [start, stop)."""
    kind = out.dtype.type
    zero, one = kind(0.0), kind(1.0)
    for world in range(start, stop):
        present = presence[min(world, presence.shape[0] - 1)]
        for cell in range(previous.shape[1]):
            eaten = at(consumption, world, cell) * dt if present[cell] != 0 else zero
            rate, most = at(regrowth, world, cell), at(capacity, world, cell)
            out[world, cell] = _grown(previous[world, cell], eaten, rate, most, dt, logistic, zero, one)


@kernel
def _grown(
    value: Any, eaten: Any, rate: Any, capacity: Any, dt: Any, logistic: bool, zero: Any, one: Any
) -> Any:
    """Return a cell's value after a tick."""
    value -= eaten
    if logistic:
        value += rate * value * (one - value / capacity) * dt
    else:
        value += rate * dt
    if value < zero:
        return zero
    return capacity if value > capacity else value
