"""Waves on a lattice."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators.writing import (
    FLOATS,
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

__all__ = ["Wave"]

Floats = npt.NDArray[Any]  # float32 or float64, all of them alike


@dataclass(frozen=True, eq=False)
class Wave(Propagator):
    """Every cell is pulled towards the mean of its neighbours, and overshoots.

    Equation: dv/dt = wave_speed**2 * (mean of the neighbours' d - d) - damping * v,  dd/dt = v.

    Scheme: symplectic Euler, in the fields' dtype, on the previous tick's values of both fields:

        v' = v + dt * (wave_speed**2 * (sum of the neighbours / k - d) - damping * v)
        d' = d + dt * v'

    with the sum in the lattice's order of directions; a cell without neighbours has no pull. Without damping,
    an eigenmode with (mean of the neighbours - d) = -m * d, 0 <= m <= 2, turns by the angle w in every tick,
    2 * sin(w / 2) = wave_speed * dt * sqrt(m). On a ring, a wave of wave number q has m = 1 - cos(q). As the
    mean is a share of the Laplacian, long waves travel at wave_speed / sqrt(2) on a ring, and in general at
    wave_speed * h / sqrt(2 * d) with neighbours at distance h in d dimensions.

    Stability: dt <= 1 / (wave_speed * sqrt(max_degree)), with a margin of at least sqrt(2); and
    dt <= 4 / (damping + sqrt(damping**2 + 8 * wave_speed**2)), which is the limit itself and lies lower under
    strong damping. Without damping the scheme conserves v.v + d.Ad - dt * d.Av, cells weighted by their
    degree, where Ad = wave_speed**2 * (d - mean of the neighbours).

    Shapes: both fields are (num_worlds, num_cells), float32 or float64. Lattices: all.

    Reference: murk 0.2.0, WavePropagation, with equal numbers to the last bit.

    Attributes:
        displacement: d.
        velocity: v.
        wave_speed: root of the pull towards the neighbours' mean, >= 0, per unit of time. How fast waves
            travel follows from it and the lattice, as above. Its square is made in float64 and then rounded,
            so that 0.1 as a plain number is the float64 0.1, and as a parameter float32(0.1).
        damping: rate at which the velocity decays, >= 0, per unit of time.

    Raises:
        PropagatorConfigError: a coefficient is negative, or a parameter that may be, or has no upper bound.
    """

    displacement: Field
    velocity: Field
    _: KW_ONLY
    wave_speed: Coefficient = 1.0
    damping: Coefficient = 0.0

    def declare(self) -> Declaration:
        """Return displacement and velocity, and the rates."""
        fields = (self.displacement, self.velocity)
        names = ("wave_speed", "damping")
        return Declaration(
            reads_previous=fields,
            writes=fields,
            coefficients=tuple(in_range("Wave", name, getattr(self, name)) for name in names),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the smaller of the bound for waves and the bound for damped ones."""
        speed, damping = map(highest, self.coefficients)
        waves = speed * math.sqrt(lattice.max_degree)
        damped = (damping + math.sqrt(damping * damping + 8.0 * speed * speed)) / 4.0
        fastest = max(waves, damped)
        return 1.0 / fastest if fastest > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field that is not a scalar of cells."""
        self.require(self.displacement, dtype=FLOATS)
        self.require(self.velocity, dtype=FLOATS)
        self.require_one_dtype(self.displacement, self.velocity)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        (speed, damping), kind = frame.coefficients.T, self.velocity.dtype
        return KernelCall(
            _oscillate,
            (
                frame.previous(self.displacement),
                frame.previous(self.velocity),
                frame.write(self.displacement),
                frame.write(self.velocity),
                np.stack([speed * speed, damping], axis=1).astype(kind),
                kind.type(frame.dt),
                frame.lattice.degree.astype(kind),
                *neighbourhood(frame.lattice),
            ),
        )


@kernel
def _oscillate(
    start: int,
    stop: int,
    displacement: Floats,  # (num_worlds, num_cells)
    velocity: Floats,  # (num_worlds, num_cells)
    new_displacement: Floats,  # (num_worlds, num_cells)
    new_velocity: Floats,  # (num_worlds, num_cells)
    coefficients: Floats,  # (num_worlds, 2): wave_speed squared, damping
    dt: Any,
    degree: Floats,  # (num_cells,)
    *neighbours: Any,
) -> None:
    """One tick of the worlds [start, stop); the displacements' array holds the neighbours' sums at first."""
    for world in range(start, stop):
        d, v = displacement[world], velocity[world]
        new_d, new_v = new_displacement[world], new_velocity[world]
        pull, damping = coefficients[world]
        add_neighbours(d, new_d, neighbours)
        for cell in range(d.size):
            bend = new_d[cell] / degree[cell] - d[cell] if degree[cell] else d.dtype.type(0.0)
            new_v[cell] = v[cell] + (pull * bend - damping * v[cell]) * dt
            new_d[cell] = d[cell] + new_v[cell] * dt
