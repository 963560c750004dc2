"""The Gray-Scott reaction: two species that form patterns."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._neighbours import require_even
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

__all__ = ["GrayScott"]

_PER_AREA = (256 / 2.5) * (256 / 2.5)  # cells of Pearson's mesh per unit of area

Floats = npt.NDArray[Any]  # float32 or float64, the same for all arrays


@dataclass(frozen=True, eq=False)
class GrayScott(Propagator):
    """A substrate u is fed in, an activator v converts it into more v, and both diffuse.

    Equation: with L w = sum over neighbours of (w_neighbour - w),

        du/dt = diffusion_u * L u - u * v**2 + feed * (1 - u)
        dv/dt = diffusion_v * L v + u * v**2 - (feed + kill) * v

    with differences weighted by 1 / spacing**2 (`lattice.laplacian`) where cells are not 1 apart.

    Scheme: explicit Euler on the previous tick's values of both, in their dtype, the sums in the lattice's
    order of directions. The state without activator, u = 1 and v = 0, is an exact fixed point.

    Stability: dt <= 1 / (k * diffusion_u + feed) and dt <= 1 / (k * diffusion_v + feed + kill), with k =
    lattice.stiffness, which is max_degree where cells are 1 apart; these keep the linear part stable. The
    reaction also consumes u: u stays positive while dt * (k * diffusion_u + feed + v**2) <= 1; in Pearson's
    patterns v stays below 0.5.

    A diffusivity D in space is, on a lattice of k neighbours at distance h in d dimensions, the coefficient
    2 * d * D / (k * h**2). The defaults are Pearson's 2e-5 and 1e-5 on his square mesh of h = 2.5 / 256; for
    the same diffusivity take 2/3 of them on hexagons, about 1/3 on Square8 and 1/2 on Fcc12.

    Shapes: both fields are (num_worlds, num_cells), float32 or float64. Lattices: all.

    Reference: J. E. Pearson, "Complex patterns in a simple system", Science 261, 189-192 (1993),
    https://doi.org/10.1126/science.261.5118.189.

    Attributes:
        u: the substrate; usually starts at 1.
        v: the activator; usually starts at 0 except in a few cells.
        feed: rate at which the substrate is renewed and both species are washed out, >= 0.
        kill: rate at which the activator dies, >= 0.
        diffusion_u: share of u that flows to each neighbour per unit of time, >= 0.
        diffusion_v: the same for v.

    Raises:
        PropagatorConfigError: a coefficient, or a bound of a parameter, is negative or not finite.
    """

    u: Field
    v: Field
    _: KW_ONLY
    feed: Coefficient
    kill: Coefficient
    diffusion_u: Coefficient = 2e-5 * _PER_AREA
    diffusion_v: Coefficient = 1e-5 * _PER_AREA

    def declare(self) -> Declaration:
        """Return both species, which must have the same unit, and the rates."""
        species = (self.u, self.v)
        names = ("feed", "kill", "diffusion_u", "diffusion_v")
        return Declaration(
            reads_previous=species,
            writes=species,
            coefficients=tuple(in_range("GrayScott", name, getattr(self, name)) for name in names),
            same_units=(species,),
        )

    def max_dt(self, lattice: Lattice) -> float:
        """Return the time step at which a cell loses all of one species to the linear terms."""
        feed, kill, diffusion_u, diffusion_v = map(highest, self.coefficients)
        degree = lattice.stiffness
        fastest = max(degree * diffusion_u + feed, degree * diffusion_v + feed + kill)
        return 1.0 / fastest if fastest > 0.0 else math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field that is not a scalar over cells."""
        self.require(self.u, dtype=FLOATS)
        self.require(self.v, dtype=FLOATS)
        self.require_one_dtype(self.u, self.v)
        require_even(self.name, lattice)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        kind, weight = self.u.dtype, frame.lattice.laplacian[0]
        feed, kill, diffusion_u, diffusion_v = frame.coefficients.astype(kind).T.astype(np.float64)
        diffusions = diffusion_u * weight, diffusion_v * weight
        rates = np.stack([feed, feed + kill, *diffusions, np.ones_like(feed)], axis=1)
        return KernelCall(
            _react,
            (
                frame.previous(self.u),
                frame.previous(self.v),
                frame.write(self.u),
                frame.write(self.v),
                (frame.dt * rates).astype(kind),
                frame.lattice.degree.astype(kind),
                *neighbourhood(frame.lattice),
            ),
        )


@kernel
def _react(
    start: int,
    stop: int,
    previous_u: Floats,  # (num_worlds, num_cells)
    previous_v: Floats,  # (num_worlds, num_cells)
    out_u: Floats,  # (num_worlds, num_cells)
    out_v: Floats,  # (num_worlds, num_cells)
    rates: Floats,  # (num_worlds, 5), times dt
    degree: Floats,  # (num_cells,)
    *neighbours: Any,
) -> None:
    """One tick of the worlds [start, stop); the output arrays first hold the neighbours' sums."""
    for world in range(start, stop):
        u, v, new_u, new_v = previous_u[world], previous_v[world], out_u[world], out_v[world]
        feed, loss, diffusion_u, diffusion_v, dt = rates[world]
        one = u.dtype.type(1.0)
        add_neighbours(u, new_u, neighbours)
        add_neighbours(v, new_v, neighbours)
        for cell in range(u.size):
            reaction = dt * (u[cell] * v[cell] * v[cell])
            spread_u = diffusion_u * (new_u[cell] - degree[cell] * u[cell])
            spread_v = diffusion_v * (new_v[cell] - degree[cell] * v[cell])
            new_u[cell] = u[cell] + (spread_u - reaction + feed * (one - u[cell]))
            new_v[cell] = v[cell] + (spread_v + reaction - loss * v[cell])
