"""Fire in wind and on terrain: rates by direction, slopes between cells, and the kernels for terrain."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import inlined, kernel
from murk_env.lattice import Lattice
from murk_env.mathematics import cos, exp, sin
from murk_env.propagators._burning import burning_with

__all__ = ["burn_on_slopes", "burn_on_terrain", "climbing_by", "climbs", "follow_wind", "set_rates"]

_ALONG, _TURNED = 0.045, 0.131  # per (m/s), c1 and c2 of the reference
_HIGHEST = float(np.finfo(np.float32).max)  # rates must stay finite: inf * 0 is NaN
_DIGITS = 6  # decimals of a degree: numpy's functions differ between processors in the last bits

Floats = npt.NDArray[np.float32]


def climbs(lattice: Lattice, elevation: npt.NDArray[Any]) -> Floats:
    """Return the angles at which fire climbs to each cell from its neighbours.

    Args:
        lattice: the lattice, with positions in the unit of the elevation.
        elevation: height of every cell, (num_cells,).

    Returns:
        Degrees, positive if the fire comes uphill, (num_cells, num_directions); 0 without a neighbour.
    """
    ways, heights = _lengths(lattice), elevation.astype(np.float64)
    rise = np.where(ways > 0.0, heights[:, np.newaxis] - heights[lattice.neighbours], 0.0)
    angles = np.arctan2(rise, np.where(ways > 0.0, ways, 1.0)) * (180.0 / math.pi)
    return (np.round(angles, _DIGITS) + 0.0).astype(np.float32)


@lru_cache(maxsize=64)
def climbing_by(slope: float) -> Callable[[Lattice, npt.NDArray[Any]], Floats]:
    """Return a function like `climbs` that returns factors of the rate, exp(slope * degrees), instead."""

    def factors(lattice: Lattice, elevation: npt.NDArray[Any]) -> Floats:
        angles = climbs(lattice, elevation)
        _raise(angles.reshape(-1), slope)
        return angles

    return factors


@kernel
def _raise(angles: Floats, slope: float) -> None:
    """Replace angles by their factors."""
    for index in range(angles.size):
        angles[index] = np.float32(exp(slope * angles[index]))


@lru_cache(maxsize=16)
def _lengths(lattice: Lattice) -> npt.NDArray[np.float64]:
    """Return the distances to every cell's neighbours, (num_cells, num_directions); 0 for none."""
    return np.asarray(np.sqrt((lattice.neighbour_displacements**2).sum(axis=2)))


@kernel
def set_rates(
    start: int,
    stop: int,
    out: Floats,  # (num_worlds, num_directions)
    displacements: npt.NDArray[np.float64],  # (num_directions, num_axes)
    ignition: npt.NDArray[np.float64],  # (num_worlds,)
    speeds: Floats,  # (num_worlds, 1)
    winds: Floats,  # (num_worlds, 1) directions
    dt: float,
) -> None:
    """Set the rates, times dt, at which fire comes from the neighbour in each direction.

    Compiled, so that a world's numbers depend neither on the number of worlds nor on the processor.
    """
    axes = min(displacements.shape[1], 2)
    for world in range(start, stop):
        speed, angle = np.float64(speeds[world, 0]), np.float64(winds[world, 0])
        wind = cos(angle), sin(angle)
        for direction in range(out.shape[1]):
            to_neighbour = displacements[direction]
            square, along = 0.0, 0.0
            for axis in range(to_neighbour.size):
                square += to_neighbour[axis] * to_neighbour[axis]
            length = math.sqrt(square)
            for axis in range(axes):
                along -= wind[axis] * to_neighbour[axis] / length
            factor = exp(speed * (_ALONG + _TURNED * (along - 1.0)))
            rate = dt * ignition[world] * factor
            out[world, direction] = _HIGHEST if rate > _HIGHEST else rate  # NaN stays


@kernel
def follow_wind(
    start: int,
    stop: int,
    known: Floats,  # (num_worlds, 2): speed and direction of the current rates, NaN before the first
    out: Floats,
    displacements: npt.NDArray[np.float64],
    ignition: npt.NDArray[np.float64],
    speeds: Floats,
    winds: Floats,
    dt: float,
) -> None:
    """Call `set_rates` for worlds whose wind has changed, as after a reset."""
    for world in range(start, stop):
        if known[world, 0] != speeds[world, 0] or known[world, 1] != winds[world, 0]:
            set_rates(world, world + 1, out, displacements, ignition, speeds, winds, dt)
            known[world, 0], known[world, 1] = speeds[world, 0], winds[world, 0]


@inlined
def _rate_on_terrain(
    world: int, cell: Any, flames: Any, neighbours: Any, rates: Any, factor: Any, land: Any
) -> Any:
    """Return the rate at which a cell catches fire: the sum over burning neighbours, more from below."""
    climbing, classes, class_factors = land
    uphill = climbing[min(world, len(climbing) - 1)]
    kind = classes[min(world, len(classes) - 1), cell]
    total = np.float32(0.0)
    for direction in range(neighbours.shape[1]):
        total += rates[direction] * (uphill[cell, direction] * flames[neighbours[cell, direction]])
    return total * (factor * class_factors[kind])


@inlined
def _rate_on_slopes(
    world: int, cell: Any, flames: Any, neighbours: Any, rates: Any, factor: Any, land: Any
) -> Any:
    """Compute `_rate_on_terrain` from angles, where every world has its own `slope`."""
    angles, slopes, classes, class_factors = land
    climbed, slope = angles[min(world, len(angles) - 1)], slopes[world]
    kind = classes[min(world, len(classes) - 1), cell]
    total = np.float32(0.0)
    for direction in range(neighbours.shape[1]):
        if flames[neighbours[cell, direction]] > 0.0:
            total += rates[direction] * np.float32(exp(slope * climbed[cell, direction]))
    return total * (factor * class_factors[kind])


burn_on_terrain = burning_with(_rate_on_terrain)
"""The tick on terrain, with `land`:

- climbing: factor of fire from each neighbour, (num_worlds or 1, num_cells, num_directions) float32;
- classes: (num_worlds or 1, num_cells) int32;
- class_factors: (num_classes,) float32.
"""

burn_on_slopes = burning_with(_rate_on_slopes)
"""The tick of worlds with different slopes: `land` has, in place of `climbing`,

- angles: degrees uphill from each neighbour, (num_worlds or 1, num_cells, num_directions) float32;
- slopes: per degree, (num_worlds,) float64.
"""
