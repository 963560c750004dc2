"""Returns of WildfireTerrain: a crew that digs ahead of the fire."""

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random
from murk_envs.scripted._crew import Actions, Floats, read_observations, send_crew

__all__ = ["POLICIES", "dig_ahead", "optimum"]

WAYS = np.array([(0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)])  # x and y
GALE = 20.0  # m/s
RELIEF, CELL, SLOPE = 120.0, 30.0, 0.078  # of the tiles: m, m, per degree
WORTH = 0.15  # how easily a cell must burn to be worth digging
LATER, LAST = 0.5, 0.25  # weights of cells that burn only after others
PATIENCE = 0.75  # factor on the worth of a goal per hop of distance


def dig_ahead(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Send the crew, one after another, to different places where the fire comes next, to dig there."""
    crew = len(action_space.nvec)
    side = math.isqrt((observations.shape[1] - 2 * crew - 2) // 6)
    (_, burning, _, tinder, height, _), places = read_observations(observations, crew, side)
    danger = threat(burning, tinder, height, observations[:, -2:])
    worth = np.where(tinder > WORTH, danger, 0.0)
    free = burning == 0.0
    return send_crew(places, worth, burning, lambda one: around(one) * free, hops(side), PATIENCE, WAYS)


def threat(burning: Floats, tinder: Floats, height: Floats, breeze: Floats) -> Floats:
    """Return how soon cells burn, (num_rows, side, side): those within three hops of flames."""
    speed = GALE * np.sqrt((breeze**2).sum(axis=1))
    along = GALE * breeze @ (WAYS / np.sqrt((WAYS**2).sum(axis=1, keepdims=True))).T
    factors = np.exp(0.045 * speed[:, None] + 0.131 * (along - speed[:, None]))  # (num_rows, 8)
    first = np.minimum(tinder * spread(burning, factors, height), 2.0)
    second = np.minimum(tinder * spread(first, factors, height), 2.0)
    return first + LATER * second + LAST * tinder * spread(second, factors, height)


def spread(field: Floats, factors: Floats, height: Floats) -> Floats:
    """Return the sum of a field over every cell's neighbours, weighted by direction and slope."""
    total = np.zeros(field.shape)
    for way, (x, y) in enumerate(WAYS):
        there = (slice(None), window(y), window(x))
        here = (slice(None), window(-y), window(-x))
        steep = RELIEF * (height[there] - height[here]) / (CELL * math.hypot(x, y))
        climb = np.exp(SLOPE * np.degrees(np.arctan(steep)))
        total[there] += factors[:, way, None, None] * climb * field[here]
    return total


def window(shift: int) -> slice:
    """Return the rows, or columns, that are `shift` beyond others."""
    return slice(max(shift, 0), min(shift, 0) or None)


def around(field: Floats) -> Floats:
    """Return the sum of a field over every cell and its neighbours."""
    padded = np.pad(field, [(0, 0), (1, 1), (1, 1)])
    side = field.shape[1]
    return sum(padded[:, y : y + side, x : x + side] for y in range(3) for x in range(3))  # pyright: ignore


@functools.cache
def hops(side: int) -> npt.NDArray[np.int64]:
    """Return the hops between all cells, (num_cells, num_cells)."""
    y, x = np.divmod(np.arange(side * side), side)
    return np.maximum(np.abs(y[:, None] - y), np.abs(x[:, None] - x))


POLICIES = {"random": act_at_random, "scripted": dig_ahead}


def optimum(params: Any) -> float:
    """Return an upper bound of the mean return: nothing catches fire but the first cell."""
    return 0.0
