"""Returns of Wildfire: a crew that wets the forest ahead of the fire."""

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.propagators.writing import kernel
from murk_envs.scripted import act_at_random
from murk_envs.scripted._crew import Actions, Floats, read_observations, send_crew

__all__ = ["POLICIES", "optimum", "wet_ahead"]

WAYS = np.array([(1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1), (0, 1)])  # axial (q, r), Hex2D's directions
POSITIONS = WAYS @ np.array([(1.0, 0.0), (0.5, math.sqrt(3.0) / 2.0)])  # x and y of each hop
GALE = 20.0  # m/s
DRY = 0.5  # dryness above which a cell is worth wetting
LATER = 0.5  # weight of a cell that burns only after its neighbour
PATIENCE = 0.7  # factor on the worth of a goal per hop of distance


def wet_ahead(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Send the crew, one after another, to different places where the fire comes next, to wet them."""
    crew = len(action_space.nvec)
    side = math.isqrt((observations.shape[1] - 2 * crew - 2) // 6)
    (forest, burning, _, _, dryness, _), places = read_observations(observations, crew, side)
    tinder = forest * (dryness > DRY)
    danger = threat(burning, tinder, observations[:, -2:])
    return send_crew(places, danger, burning, around, hops(side), PATIENCE, WAYS)


def threat(burning: Floats, tinder: Floats, breeze: Floats) -> Floats:
    """Return how soon cells burn, (num_rows, side, side): those next to flames, and their neighbours."""
    speed = GALE * np.sqrt((breeze**2).sum(axis=1))
    towards = breeze / np.maximum(np.sqrt((breeze**2).sum(axis=1, keepdims=True)), 1e-9)
    factors = np.exp(speed[:, None] * (0.045 + 0.131 * (towards @ POSITIONS.T - 1.0)))  # (num_rows, 6)
    first = tinder * spread(burning, factors)
    return first + LATER * tinder * spread(np.minimum(first, 1.0), factors)


def spread(field: Floats, factors: Floats) -> Floats:
    """Return the sum of a field over every cell's neighbours, weighted by direction."""
    total = np.zeros(field.shape)
    add_neighbours(0, len(field), np.ascontiguousarray(field), WAYS, factors, total)
    return total


def around(field: Floats) -> Floats:
    """Return the sum of a field over every cell and its neighbours."""
    return field + spread(field, np.ones((len(field), 6)))


@kernel
def add_neighbours(start: int, stop: int, field: Any, ways: Any, factors: Any, total: Any) -> None:
    """Add to every cell of rows [start, stop) its neighbours' values, one direction after another."""
    side = field.shape[1]
    for row in range(start, stop):
        for way in range(len(ways)):
            q, r = ways[way]
            for to_r in range(max(0, r), min(side, side + r)):
                for to_q in range(max(0, q), min(side, side + q)):
                    total[row, to_r, to_q] += factors[row, way] * field[row, to_r - r, to_q - q]


@functools.cache
def hops(side: int) -> npt.NDArray[np.int64]:
    """Return the hops between all cells, (num_cells, num_cells)."""
    r, q = np.divmod(np.arange(side * side), side)
    dq, dr = q[:, None] - q, r[:, None] - r
    return np.maximum.reduce([np.abs(dq), np.abs(dr), np.abs(dq + dr)])


POLICIES = {"random": act_at_random, "scripted": wet_ahead}


def optimum(params: Any) -> float:
    """Return an upper bound of the mean return: nothing burns but the sparks."""
    return 0.0
