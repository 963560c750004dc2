"""Fire in wind and on terrain: rates by direction, how steep ways are, and the kernel that knows the land."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.lattice import Lattice
from murk_env.mathematics import cos, exp, expm1_float32, sin
from murk_env.random.philox import float32_of, philox

__all__ = ["BURNING", "BURNT", "UNBURNT", "burn_on_terrain", "climbs", "draw", "set_rates"]

UNBURNT, BURNING, BURNT = 0, 1, 2
_ALONG, _TURNED = 0.045, 0.131  # per (m/s), c1 and c2 of the reference
_DIGITS = 6  # of a degree: functions of numpy differ between processors in last places

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]


def climbs(lattice: Lattice, elevation: npt.NDArray[Any]) -> Floats:
    """Return how steeply fire climbs that comes to a cell from its neighbours.

    Args:
        lattice: the lattice, whose positions are in the unit of the elevation.
        elevation: of every cell, (num_cells,).

    Returns:
        Degrees, positive uphill, (num_cells, num_directions); 0 where there is no neighbour.
    """
    ways, heights = _lengths(lattice), elevation.astype(np.float64)
    rise = np.where(ways > 0.0, heights[:, np.newaxis] - heights[lattice.neighbours], 0.0)
    angles = np.arctan2(rise, np.where(ways > 0.0, ways, 1.0)) * (180.0 / math.pi)
    return (np.round(angles, _DIGITS) + 0.0).astype(np.float32)


@lru_cache(maxsize=16)
def _lengths(lattice: Lattice) -> npt.NDArray[np.float64]:
    """Return how far every cell's neighbours are, (num_cells, num_directions); 0 for none."""
    return np.asarray(np.sqrt((lattice.neighbour_displacements**2).sum(axis=2)))


@kernel
def set_rates(
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
def burn_on_terrain(
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
    angles: Floats,  # (num_worlds or 1, num_cells, num_directions): degrees uphill from there to here
    slopes: npt.NDArray[np.float64],  # (num_worlds,): per degree
    classes: Integers,  # (num_worlds or 1, num_cells)
    class_factors: Floats,  # (num_classes,)
    keys: Integers,
    episodes: Integers,
    steps: Integers,
    site: int,
) -> None:
    """One tick of the worlds [start, stop)."""
    zero = np.float32(0.0)
    for world in range(start, stop):
        state, factors = states[world], flammability[min(world, len(flammability) - 1)]
        kinds, climbed = classes[min(world, len(classes) - 1)], angles[min(world, len(angles) - 1)]
        counter, key = (episodes[world], steps[world], site), (keys[world, 0], keys[world, 1])
        for cell in range(state.size):
            now, fuel = state[cell], fuels[world, cell]
            if now == BURNING:
                fuel = max(fuel - consumption[world], zero)
                now = BURNING if fuel > zero else BURNT
            elif now == UNBURNT and fuel > zero:
                rate = _rate(state, neighbours[cell], rates[world], climbed[cell], slopes[world])
                rate *= factors[cell] * class_factors[kinds[cell]]
                if rate > zero and draw(counter, key, cell) < -expm1_float32(-rate):
                    now = BURNING
            new_states[world, cell] = now
            new_fuels[world, cell] = fuel


@kernel
def _rate(state: Any, neighbours: Any, rates: Any, angles: Any, slope: float) -> Any:
    """Add up what comes from the burning neighbours, from those below more."""
    total = np.float32(0.0)
    for direction in range(neighbours.size):
        neighbour = neighbours[direction]
        if neighbour >= 0 and state[neighbour] == BURNING:
            total += rates[direction] * np.float32(exp(slope * angles[direction]))
    return total


@kernel
def draw(counter: Any, key: Any, cell: int) -> Any:
    """Draw one cell's number as `fill_uniform_float32` does, without those of the others."""
    words = philox((counter[0], counter[1], counter[2], cell // 4), key)
    return float32_of(words[cell % 4])
