"""Waves on a lattice."""

import math
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._borders import Borders
from murk_env.propagators._neighbours import even_weight
from murk_env.propagators.boundaries import Boundaries, NoFlux, Periodic, Value, checked_boundaries
from murk_env.propagators.writing import (
    FLOATS,
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    add_neighbours,
    chain,
    highest,
    in_range,
    kernel,
    neighbourhood,
)

__all__ = ["Wave"]

Floats = npt.NDArray[Any]  # float32 or float64, the same for all arrays


@dataclass(frozen=True, eq=False)
class Wave(Propagator):
    """Every cell is pulled towards the mean of its neighbours, and overshoots.

    Equation: dv/dt = wave_speed**2 * (mean of the neighbours' d - d) - damping * v,  dd/dt = v; where cells
    are not 1 apart, the difference is divided by the square of the spacing.

    Scheme: symplectic Euler, in the fields' dtype, on the previous tick's values of both fields:

        v' = v + dt * (wave_speed**2 * (sum of the neighbours / k - d) - damping * v)
        d' = d + dt * v'

    with the sum in the lattice's order of directions; a cell without neighbours has no pull. Without damping,
    an eigenmode with (mean of the neighbours - d) = -m * d, 0 <= m <= 2, advances by the phase w in every
    tick, 2 * sin(w / 2) = wave_speed * dt * sqrt(m). On a ring, a wave of wave number q has m = 1 - cos(q).
    As the mean is a fraction of the Laplacian, long waves travel at wave_speed / sqrt(2) on a ring, and in
    general at wave_speed / sqrt(2 * d) with neighbours one spacing away in d dimensions, in the unit of
    positions.

    Boundaries: by default a cell at a border is pulled towards the mean of the neighbours that it has, each
    of which then pulls more strongly. With `boundaries`, every neighbour has the same weight 1 / (number of
    directions): `NoFlux` is then a free end, and `Value` holds the side, half a spacing away, at a
    displacement, with twice the weight of a neighbour. `Flux` is not supported.

    Stability, with wave_speed in spacings: dt <= 1 / (wave_speed * sqrt(max_degree)), with a margin of at
    least sqrt(2); and dt <= 4 / (damping + sqrt(damping**2 + 8 * wave_speed**2)), which is the exact limit
    and the smaller one under strong damping. A side with a given value lowers both, as two neighbours would.
    Without damping the scheme conserves v.v + d.Ad - dt * d.Av, cells weighted by their degree, where Ad =
    wave_speed**2 * (d - mean of the neighbours).

    Shapes: both fields are (num_worlds, num_cells), float32 or float64. Lattices: all.

    Reference: murk 0.2.0, WavePropagation, with equal numbers to the last bit.

    Attributes:
        displacement: the displacement d.
        velocity: its rate of change v.
        wave_speed: square root of the pull towards the neighbours' mean, >= 0, per unit of time; the speed of
            waves follows from it as above. Its square is computed in float64 and then rounded: 0.1 as a plain
            number is the float64 0.1, as a parameter float32(0.1).
        damping: rate at which the velocity decays, >= 0, per unit of time.
        boundaries: `Periodic`, `NoFlux` or `Value`, by side or one for all; None for the default above.

    Raises:
        PropagatorConfigError: a coefficient, or a bound of a parameter, is negative or not finite.
    """

    displacement: Field
    velocity: Field
    _: KW_ONLY
    wave_speed: Coefficient = 1.0
    damping: Coefficient = 0.0
    boundaries: Boundaries | None = None

    def declare(self) -> Declaration:
        """Return displacement, velocity and the rates."""
        fields = (self.displacement, self.velocity)
        rates = [in_range("Wave", name, getattr(self, name)) for name in ("wave_speed", "damping")]
        held = self._borders.values
        return Declaration(
            reads=self._borders.fields,
            reads_previous=fields,
            writes=fields,
            coefficients=(*rates, *self._borders.numbers),
            same_units=((self.displacement, *held),) if held else (),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the smaller of the two stability bounds, without and with damping."""
        speed, damping = highest(self.wave_speed), highest(self.damping)
        speed *= math.sqrt(self._stiffness(lattice))
        waves = speed * math.sqrt(lattice.max_degree)
        damped = (damping + math.sqrt(damping * damping + 8.0 * speed * speed)) / 4.0
        fastest = max(waves, damped)
        return 1.0 / fastest if fastest > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field that is not a scalar over cells."""
        self.require(self.displacement, dtype=FLOATS)
        self.require(self.velocity, dtype=FLOATS)
        self.require_one_dtype(self.displacement, self.velocity)
        self._borders.check(self.name, lattice)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        lattice, kind = frame.lattice, self.velocity.dtype
        speed, damping = frame.coefficients[:, :2].T
        weight = self._even_weight(lattice)
        pull = speed * speed * (1.0 if weight is None else weight)
        moved = (
            frame.previous(self.displacement),
            frame.previous(self.velocity),
            frame.write(self.displacement),
            frame.write(self.velocity),
            np.stack([pull, damping], axis=1).astype(kind),
            kind.type(frame.dt),
        )
        if weight is not None:
            return KernelCall(_oscillate, (*moved, lattice.degree.astype(kind), *neighbourhood(lattice)))
        share, faces = 1.0 / len(lattice.directions), self._borders.faces(lattice)
        weights = (share * lattice.laplacian).astype(kind), (share * faces.pulls).astype(kind)
        given, fetches = self._borders.gather(frame, 2)
        around = (lattice.neighbours, *weights, faces.cells, given)
        return chain(*fetches, KernelCall(_oscillate_between, (*moved, *around)))

    def _stiffness(self, lattice: Lattice) -> float:
        """Return the largest sum of a cell's weights."""
        weight = self._even_weight(lattice)
        return self._borders.stiffness(lattice) / len(lattice.directions) if weight is None else weight

    def _even_weight(self, lattice: Lattice) -> float | None:
        """Return the weight of all neighbours, or None if weights differ or boundaries are given."""
        return None if self._borders.named else even_weight(lattice)

    @cached_property
    def _borders(self) -> Borders:
        """The boundaries, checked and copied once."""
        return Borders(checked_boundaries("Wave", self.boundaries, (Periodic, NoFlux, Value)))


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
    """One tick of the worlds [start, stop); `new_displacement` first holds the neighbours' sums."""
    for world in range(start, stop):
        d, v = displacement[world], velocity[world]
        new_d, new_v = new_displacement[world], new_velocity[world]
        pull, damping = coefficients[world]
        add_neighbours(d, new_d, neighbours)
        for cell in range(d.size):
            bend = new_d[cell] / degree[cell] - d[cell] if degree[cell] else d.dtype.type(0.0)
            new_v[cell] = v[cell] + (pull * bend - damping * v[cell]) * dt
            new_d[cell] = d[cell] + new_v[cell] * dt


@kernel
def _oscillate_between(
    start: int,
    stop: int,
    displacement: Floats,  # (num_worlds, num_cells)
    velocity: Floats,  # (num_worlds, num_cells)
    new_displacement: Floats,  # (num_worlds, num_cells)
    new_velocity: Floats,  # (num_worlds, num_cells)
    coefficients: Floats,  # (num_worlds, 2): wave_speed squared, damping
    dt: Any,
    neighbours: npt.NDArray[np.int32],  # (num_cells, num_directions), -1 for none
    weights: Floats,  # (num_directions,): weights of neighbours
    pulls: Floats,  # (num_faces,): weights of given values
    border_cells: npt.NDArray[np.uint32],  # (num_faces,)
    given: npt.NDArray[np.float64],  # (num_worlds, num_faces)
) -> None:
    """One tick of the worlds [start, stop); `new_displacement` first holds the pulls."""
    kind = new_displacement.dtype.type
    for world in range(start, stop):
        d, v = displacement[world], velocity[world]
        new_d, new_v = new_displacement[world], new_velocity[world]
        pull, damping = coefficients[world]
        for cell in range(d.size):
            new_d[cell] = 0.0
            for direction in range(weights.size):
                neighbour = neighbours[cell, direction]
                if neighbour >= 0:
                    new_d[cell] += weights[direction] * (d[neighbour] - d[cell])
        for face in range(border_cells.size):
            cell = border_cells[face]
            new_d[cell] += pulls[face] * (kind(given[world, face]) - d[cell])
        for cell in range(d.size):
            new_v[cell] = v[cell] + (pull * new_d[cell] - damping * v[cell]) * dt
            new_d[cell] = d[cell] + new_v[cell] * dt
