"""Lotka-Volterra: prey grow, and predators live on them."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._neighbours import require_even
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

__all__ = ["LotkaVolterra"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LotkaVolterra(Propagator):
    """Prey grow, predators live on them, and both may diffuse to neighbouring cells.

    Equation: with L w = sum over neighbours of (w_neighbour - w),

        dx/dt = x * (growth - predation * y) + prey_diffusion * L x
        dy/dt = y * (reproduction * x - mortality) + predator_diffusion * L y

    with differences weighted by 1 / spacing**2 (`lattice.laplacian`) where cells are not 1 apart.

    Scheme: first both diffuse (explicit Euler on the previous tick's values), then they react in their cell:

        x' = x * (1 + growth * dt) / (1 + predation * dt * y)
        y' = y * (1 + reproduction * dt * x') / (1 + mortality * dt)

    in float32. Each half changes the logarithm of one species by a function of the other alone, so the
    reaction is symplectic in the logarithms: cycles stay closed, and the conserved quantity

        H = reproduction * x - mortality * log(x) + predation * y - growth * log(y)

    oscillates by O(dt) within a cycle, without drifting from one cycle to the next. The equilibrium
    (mortality / reproduction, growth / predation) is that of the equation for any dt.

    Stability: dt <= 1 / (lattice.stiffness * diffusion) for both, where the stiffness is max_degree if cells
    are 1 apart; the reaction is stable for any dt, and densities never become negative. Steps much shorter
    than 2 pi / sqrt(growth * mortality), the period of small cycles, are accurate.

    Shapes: both fields are (num_worlds, num_cells) float32. Lattices: all.

    Reference: one of the symplectic schemes that follow R. E. Mickens, "A nonstandard finite-difference
    scheme for the Lotka-Volterra system", Applied Numerical Mathematics 45, 309-314 (2003).

    Attributes:
        prey: density of the prey, x.
        predators: density of the predators, y.
        growth: rate at which prey multiply, >= 0.
        predation: rate at which one predator takes a given prey, >= 0.
        reproduction: rate at which predators multiply, per unit of prey, >= 0.
        mortality: rate at which predators die, >= 0.
        prey_diffusion: share of the prey that moves to each neighbour per unit of time, >= 0.
        predator_diffusion: the same for the predators.

    Raises:
        PropagatorConfigError: a coefficient, or a bound of a parameter, is negative or not finite.
    """

    prey: Field
    predators: Field
    _: KW_ONLY
    growth: Coefficient
    predation: Coefficient
    reproduction: Coefficient
    mortality: Coefficient
    prey_diffusion: Coefficient = 0.0
    predator_diffusion: Coefficient = 0.0

    def declare(self) -> Declaration:
        """Return both species, and the rates."""
        local = ("growth", "predation", "reproduction", "mortality")
        names = (*local, "prey_diffusion", "predator_diffusion")
        species = (self.prey, self.predators)
        return Declaration(
            reads_previous=species,
            writes=species,
            coefficients=tuple(in_range("LotkaVolterra", name, getattr(self, name)) for name in names),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step at which a cell of the largest degree would be empty."""
        fastest = lattice.stiffness * max(highest(rate) for rate in self.coefficients[4:])
        return 1.0 / fastest if fastest > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field that is not a scalar over cells."""
        self.require(self.prey)
        self.require(self.predators)
        require_even(self.name, lattice)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return [0, inf) if the bounds of both species lie there: neither becomes negative."""
        lowest = min(self.prey.bounds[0], self.predators.bounds[0])
        return (0.0 if lowest >= 0.0 else -math.inf), math.inf

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        rates = frame.dt * frame.coefficients.astype(np.float32).astype(np.float64)
        rates[:, 4:] *= frame.lattice.laplacian[0]
        return KernelCall(
            _meet,
            (
                frame.previous(self.prey),
                frame.previous(self.predators),
                frame.write(self.prey),
                frame.write(self.predators),
                rates.astype(np.float32),
                frame.lattice.degree.astype(np.float32),
                *neighbourhood(frame.lattice),
            ),
        )


@kernel
def _meet(
    start: int,
    stop: int,
    prey: Floats,  # (num_worlds, num_cells)
    predators: Floats,  # (num_worlds, num_cells)
    new_prey: Floats,  # (num_worlds, num_cells)
    new_predators: Floats,  # (num_worlds, num_cells)
    rates: Floats,  # (num_worlds, 6), times dt
    degree: Floats,  # (num_cells,)
    *neighbours: Any,
) -> None:
    """One tick of the worlds [start, stop)."""
    one = np.float32(1.0)
    for world in range(start, stop):
        x, y = new_prey[world], new_predators[world]
        growth, predation, reproduction, mortality, wander_x, wander_y = rates[world]
        _wander(prey[world], x, wander_x, degree, neighbours)
        _wander(predators[world], y, wander_y, degree, neighbours)
        for cell in range(x.size):
            x[cell] = x[cell] * (one + growth) / (one + predation * y[cell])
            y[cell] = y[cell] * (one + reproduction * x[cell]) / (one + mortality)


@kernel
def _wander(values: Any, out: Any, share: Any, degree: Any, neighbours: Any) -> None:
    """Diffuse one world's values; the share that a cell keeps is never negative, despite rounding."""
    add_neighbours(values, out, neighbours)
    for cell in range(values.size):
        kept = max(np.float32(1.0) - share * degree[cell], np.float32(0.0))
        out[cell] = kept * values[cell] + share * out[cell]
