"""SIR: the epidemic model of Kermack and McKendrick on a lattice."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.mathematics import expm1_float32
from murk_env.propagators._everywhere import at, everywhere
from murk_env.propagators.coefficients import Varying, is_varying, varying
from murk_env.propagators.writing import (
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    add_neighbours,
    highest,
    kernel,
    neighbourhood,
)

__all__ = ["SIR"]

Floats = npt.NDArray[np.float32]
TOGETHER = 32  # cells that are tested together for infected around them; most have none, and need no exp


@dataclass(frozen=True, eq=False)
class SIR(Propagator):
    """People in every cell are susceptible, infected or recovered, and meet people of neighbouring cells.

    Equation: with J, the share of infected among the people whom a cell's people meet, J = (1 - mixing) * I +
    mixing * (mean of the neighbours' I),

        dS/dt = -infection * S * J,   dI/dt = infection * S * J - recovery * I,   dR/dt = recovery * I

    in shares of the cell's people; nobody moves, so S + I + R of every cell is constant up to rounding. A
    cell without neighbours has J = I.

    Scheme: on the previous tick's values, in float32, a susceptible escapes infection for a tick with
    probability exp(-infection * dt * J), and recovery is explicit Euler:

        new = S * (1 - exp(-infection * dt * J));   S' = S - new;   I' = I - recovery * dt * I + new;
        R' = R + recovery * dt * I

    Summed over all ticks this gives the final-size relation exactly, for any dt and every cell i,

        log(S_i(0) / S_i(end)) = infection / recovery * (J_i with R(end) - R(0) in place of I),

    which is r = 1 - exp(-R0 * r), R0 = infection / recovery, for equal cells and few initial infections.

    Stability: dt <= 1 / recovery. Then no share is ever negative.

    Shapes: the three fields are (num_worlds, num_cells) float32. Lattices: all.

    Reference: W. O. Kermack, A. G. McKendrick, "A contribution to the mathematical theory of epidemics",
    Proc. Royal Society A 115, 700-721 (1927), https://doi.org/10.1098/rspa.1927.0118.

    Attributes:
        susceptible: share of people who can be infected, S.
        infected: share of people who infect others, I.
        recovered: share of people who have recovered, R.
        infection: infections caused per infected and unit of time if all others are susceptible, >= 0.
        recovery: rate at which infected recover, >= 0.
        mixing: share of contacts that are with neighbouring cells, from 0 to 1. Each of these three may be a
            field over cells, whose value at the susceptible's cell counts, or over the world, read at the
            previous tick's values.

    Raises:
        PropagatorConfigError: a coefficient, or a bound of a parameter or field, is outside its range.
    """

    susceptible: Field
    infected: Field
    recovered: Field
    _: KW_ONLY
    infection: Varying
    recovery: Varying
    mixing: Varying

    def declare(self) -> Declaration:
        """Return the three shares, which must have the same unit, and the rates."""
        highs = {"infection": math.inf, "recovery": math.inf, "mixing": 1.0}
        found = [
            varying("SIR", name, getattr(self, name), 0.0, high, spans=("cells", "world"))
            for name, high in highs.items()
        ]
        return Declaration(
            reads_previous=(*self._shares, *(field for _, fields in found for field in fields)),
            writes=self._shares,
            coefficients=tuple(number for numbers, _ in found for number in numbers),
            same_units=(self._shares,),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step at which all infected recover."""
        recovery = highest(self.recovery)
        return 1.0 / recovery if recovery > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field that is not a scalar over cells."""
        for field in (*self._shares, *self._varying):
            self.require(field, over=field.over, static=field in self._varying)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return [0, inf) if the bounds of all shares lie there: none becomes negative."""
        lowest = min(share.bounds[0] for share in self._shares)
        return (0.0 if lowest >= 0.0 else -math.inf), math.inf

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        shares = (
            *(frame.previous(share) for share in self._shares),
            *(frame.write(share) for share in self._shares),
        )
        around = frame.lattice.degree.astype(np.float32), *neighbourhood(frame.lattice)
        kind = np.dtype(np.float32)
        rates = [everywhere(frame, rate, column, kind) for column, rate in enumerate(self._rates)]
        if any(rate.over == "cells" for rate in self._varying):
            return KernelCall(_infect_unevenly, (*shares, *rates, np.float32(frame.dt), *around))
        return KernelCall(_infect, (*shares, *rates, frame.dt, *around))

    @property
    def _rates(self) -> tuple[Varying, Varying, Varying]:
        return self.infection, self.recovery, self.mixing

    @property
    def _varying(self) -> tuple[Field, ...]:
        """The rates that are fields."""
        return tuple(rate for rate in self._rates if isinstance(rate, Field) and is_varying(rate))

    @property
    def _shares(self) -> tuple[Field, Field, Field]:
        return self.susceptible, self.infected, self.recovered


@kernel
def _infect(
    start: int,
    stop: int,
    susceptible: Floats,  # (num_worlds, num_cells)
    infected: Floats,  # (num_worlds, num_cells)
    recovered: Floats,  # (num_worlds, num_cells)
    new_susceptible: Floats,  # (num_worlds, num_cells)
    new_infected: Floats,  # (num_worlds, num_cells)
    new_recovered: Floats,  # (num_worlds, num_cells)
    infections: Floats,  # these three (num_worlds, 1)
    recoveries: Floats,
    mixings: Floats,
    dt: float,
    degree: Floats,  # (num_cells,)
    *neighbours: Any,
) -> None:
    """One tick of the worlds [start, stop)."""
    for world in range(start, stop):
        s, i, r = susceptible[world], infected[world], recovered[world]
        infection = np.float32(np.float64(infections[world, 0]) * dt)
        recovery = np.float32(min(np.float64(recoveries[world, 0]) * dt, 1.0))
        mixing = mixings[world, 0]
        around = new_infected[world]  # first the neighbours' sum, then the new infections
        add_neighbours(i, around, neighbours)
        for cell in range(i.size):  # without branches and with few arrays, so that it vectorises
            around[cell] = -infection * _met(i[cell], around[cell], degree[cell], mixing)
        for first in range(0, i.size, TOGETHER):
            _catch(s, around, np.uint64(first), np.uint64(min(first + TOGETHER, i.size)))
        s_next, r_next = new_susceptible[world], new_recovered[world]  # one loop each, for the same reason
        for cell in range(i.size):
            s_next[cell] = s[cell] - around[cell]
        for cell in range(i.size):
            r_next[cell] = r[cell] + recovery * i[cell]
        for cell in range(i.size):
            around[cell] = i[cell] - recovery * i[cell] + around[cell]


@kernel
def _catch(s: Floats, around: Floats, first: np.uint64, stop: np.uint64) -> None:
    """Replace x, minus the rate of infection, by the new infections s * (1 - exp(x)) of some cells."""
    spreads = False
    for cell in range(first, stop):
        spreads |= around[cell] != np.float32(0.0)
    if spreads:
        for cell in range(first, stop):
            around[cell] = s[cell] * -expm1_float32(around[cell])
    else:
        for cell in range(first, stop):
            around[cell] = s[cell] * -around[cell]


@kernel
def _infect_unevenly(
    start: int,
    stop: int,
    susceptible: Floats,  # (num_worlds, num_cells)
    infected: Floats,  # (num_worlds, num_cells)
    recovered: Floats,  # (num_worlds, num_cells)
    new_susceptible: Floats,  # (num_worlds, num_cells)
    new_infected: Floats,  # (num_worlds, num_cells)
    new_recovered: Floats,  # (num_worlds, num_cells)
    infection: Floats,  # these three as `at` reads them
    recovery: Floats,
    mixing: Floats,
    dt: np.float32,
    degree: Floats,  # (num_cells,)
    *neighbours: Any,
) -> None:
    """One tick of the worlds [start, stop)."""
    for world in range(start, stop):
        s, i, r = susceptible[world], infected[world], recovered[world]
        around = new_infected[world]  # holds the neighbours' sum until it is overwritten
        add_neighbours(i, around, neighbours)
        for cell in range(i.size):
            met = _met(i[cell], around[cell], degree[cell], at(mixing, world, cell))
            caught = s[cell] * -expm1_float32(-at(infection, world, cell) * dt * met)
            healed = min(at(recovery, world, cell) * dt, np.float32(1.0)) * i[cell]
            new_susceptible[world, cell] = s[cell] - caught
            new_infected[world, cell] = i[cell] - healed + caught
            new_recovered[world, cell] = r[cell] + healed


@kernel
def _met(own: Any, total: Any, degree: Any, mixing: Any) -> Any:
    """Return J of a cell."""
    mean = total / max(degree, np.float32(1.0))
    shared = own + mixing * (mean - own)
    return shared if degree > np.float32(0.0) else own
