"""The diffusion kernel for uneven directions, coefficients or sides: fluxes through faces."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.mathematics import exp

__all__ = ["spread"]

Floats = npt.NDArray[Any]  # float32 or float64, the same for all arrays


@kernel
def spread(
    start: int,
    stop: int,
    previous: Floats,  # (num_worlds, num_cells)
    out: Floats,  # (num_worlds, num_cells)
    rates: npt.NDArray[np.float64],  # (num_worlds, 2): coefficient and decay, times dt
    conductivity: Floats,  # (num_worlds or 1, num_cells): a factor of the coefficient
    varies: bool,  # whether it differs from 1 anywhere
    neighbours: npt.NDArray[np.int32],  # (num_cells, num_directions), -1 for none
    weights: Floats,  # (num_directions,): weights in the Laplacian
    border_cells: npt.NDArray[np.uint32],  # (num_faces,)
    fluxes: Floats,  # (num_faces,): dt / spacing where a flux is given
    pulls: Floats,  # (num_faces,): 2 / spacing**2 where a value is given
    given: npt.NDArray[np.float64],  # (num_worlds, num_faces)
    source_cells: npt.NDArray[np.uint32],
    source_values: Floats,  # (num_worlds, num_sources)
    limits: Floats,  # (num_worlds, 2): low, high
) -> None:
    """One tick of the worlds [start, stop)."""
    kind = out.dtype.type
    remaining = kind(1.0)
    for world in range(start, stop):
        u, new, row = previous[world], out[world], conductivity[min(world, conductivity.shape[0] - 1)]
        rate = kind(rates[world, 0])
        if world == start or rates[world, 1] != rates[world - 1, 1]:
            remaining = kind(exp(-rates[world, 1]))
        for cell in range(u.size):
            new[cell] = u[cell] + rate * _gain(u, cell, row, varies, neighbours[cell], weights)
        for face in range(border_cells.size):
            cell, value = border_cells[face], kind(given[world, face])
            pull = rate * row[cell] * pulls[face]
            new[cell] += pull * (value - u[cell]) if pulls[face] else fluxes[face] * value
        for cell in range(u.size):
            new[cell] *= remaining
        for source in range(source_cells.size):
            new[source_cells[source]] = source_values[world, source]
        for cell in range(u.size):  # NaN stays NaN, for the checks to find
            if new[cell] < limits[world, 0]:
                new[cell] = limits[world, 0]
            elif new[cell] > limits[world, 1]:
                new[cell] = limits[world, 1]


@kernel
def _gain(u: Any, cell: int, row: Any, varies: bool, around: Any, weights: Any) -> Any:
    """Return the inflow from the neighbours; each flux is the negative of the one the neighbour gets."""
    gain = u.dtype.type(0.0)
    for direction in range(around.size):
        neighbour = around[direction]
        if neighbour >= 0:
            flow = weights[direction] * (u[neighbour] - u[cell])
            gain += flow * _between(row[cell], row[neighbour]) if varies else flow
    return gain


@kernel
def _between(one: Any, other: Any) -> Any:
    """Return the harmonic mean of two conductivities, that of both in series; 0 if either is 0."""
    both = one + other
    return (one + one) * other / both if both > 0.0 else both
