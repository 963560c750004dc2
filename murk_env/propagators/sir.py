"""SIR: the epidemic of Kermack and McKendrick on a lattice."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.mathematics import expm1_float32
from murk_env.propagators.writing import (
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    add_neighbours,
    highest,
    in_range,
    kernel,
    neighbourhood,
)

__all__ = ["SIR"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SIR(Propagator):
    """People of every cell are susceptible, infected or recovered, and meet those of the cells around.

    Equation: with the infected that people of a cell meet, J = (1 - mixing) * I + mixing * (mean of the
    neighbours' I),

        dS/dt = -infection * S * J,   dI/dt = infection * S * J - recovery * I,   dR/dt = recovery * I

    in shares of the cell's people; nobody moves, so S + I + R of every cell stays what it is, to rounding.
    A cell without neighbours meets only itself.

    Scheme: on the previous tick's values, in float32, a susceptible escapes infection for a tick with
    exp(-infection * dt * J), and recovery is explicit Euler:

        new = S * (1 - exp(-infection * dt * J));   S' = S - new;   I' = I - recovery * dt * I + new;
        R' = R + recovery * dt * I

    Summed over all ticks this gives the relation of the final size exactly, at every dt and for every cell i,

        log(S_i(0) / S_i(end)) = infection / recovery * (what its J is with R(end) - R(0) in place of I),

    of which r = 1 - exp(-R0 * r), R0 = infection / recovery, is the case of equal cells and few infected.

    Stability: dt <= 1 / recovery. Then no share is ever negative.

    Shapes: the three fields are (num_worlds, num_cells) float32. Lattices: all.

    Reference: W. O. Kermack, A. G. McKendrick, "A contribution to the mathematical theory of epidemics",
    Proc. Royal Society A 115, 700-721 (1927), https://doi.org/10.1098/rspa.1927.0118.

    Attributes:
        susceptible: share of people who can be infected, S.
        infected: share of people who infect others, I.
        recovered: share of people who had it, R.
        infection: infections that one infected causes in a unit of time among susceptibles only, >= 0.
        recovery: rate at which infected recover, >= 0.
        mixing: share of everyone's meetings that are with neighbouring cells, from 0 to 1.

    Raises:
        PropagatorConfigError: a coefficient is outside its range, or a parameter that may be.
    """

    susceptible: Field
    infected: Field
    recovered: Field
    _: KW_ONLY
    infection: Coefficient
    recovery: Coefficient
    mixing: Coefficient

    def declare(self) -> Declaration:
        """Return the three shares, which become each other, and the rates."""
        return Declaration(
            reads_previous=self._shares,
            writes=self._shares,
            coefficients=(
                in_range("SIR", "infection", self.infection),
                in_range("SIR", "recovery", self.recovery),
                in_range("SIR", "mixing", self.mixing, 0.0, 1.0),
            ),
            same_units=(self._shares,),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step at which all infected recover."""
        recovery = highest(self.coefficients[1])
        return 1.0 / recovery if recovery > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field that is not a scalar of cells."""
        for share in self._shares:
            self.require(share)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return [0, inf) if all shares begin there: none becomes negative."""
        lowest = min(share.bounds[0] for share in self._shares)
        return (0.0 if lowest >= 0.0 else -math.inf), math.inf

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        rates = frame.coefficients.astype(np.float32).astype(np.float64)
        rates[:, :2] *= frame.dt
        rates[:, 1] = np.minimum(rates[:, 1], 1.0)
        return KernelCall(
            _infect,
            (
                *(frame.previous(share) for share in self._shares),
                *(frame.write(share) for share in self._shares),
                rates.astype(np.float32),
                frame.lattice.degree.astype(np.float32),
                *neighbourhood(frame.lattice),
            ),
        )

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
    rates: Floats,  # (num_worlds, 3): infection and recovery times dt, mixing
    degree: Floats,  # (num_cells,)
    *neighbours: Any,
) -> None:
    """One tick of the worlds [start, stop)."""
    for world in range(start, stop):
        s, i, r = susceptible[world], infected[world], recovered[world]
        infection, recovery, mixing = rates[world]
        around = new_infected[world]  # the neighbours' sum, then who is infected, until it is written
        add_neighbours(i, around, neighbours)
        for cell in range(i.size):  # without branches, and with few arrays: several cells at once
            neighbours_mean = around[cell] / max(degree[cell], np.float32(1.0))
            shared = i[cell] + mixing * (neighbours_mean - i[cell])
            met = shared if degree[cell] > np.float32(0.0) else i[cell]
            around[cell] = s[cell] * -expm1_float32(-infection * met)
        for cell in range(i.size):
            caught, healed = around[cell], recovery * i[cell]
            new_susceptible[world, cell] = s[cell] - caught
            new_infected[world, cell] = i[cell] - healed + caught
            new_recovered[world, cell] = r[cell] + healed
