"""What both Wildfires share: wind, places and observations of the crew, and counts of ignited cells."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env import Draws, Field, Fire, Observe
from murk_env.mathematics import cos, sin
from murk_env.observation import Entry
from murk_env.random import uniform

__all__ = ["GALE", "WIDEST", "any_burns", "draw_wind", "num_caught", "seen_from", "show_crew"]

GALE = 20.0  # m/s, the strongest wind allowed
WIDEST = 2**15  # cells along a side
RINGS = (1, 2, 3, 5, 9)  # hops at which the rings of an agent's observation begin

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]


def seen_from(cells: Field, maps: Sequence[Field], sectors: int) -> list[Entry]:
    """Return each agent's entries: maps summed by ring and sector around it, then those of its own cell."""
    shown = [Observe(field) for field in maps]
    around: list[Entry] = [entry.rings(around=cells, begin=RINGS, sectors=sectors) for entry in shown]
    return around + [entry.window(around=cells, disk=0) for entry in shown]


def draw_wind(rng: Draws, strongest: float, speed: Floats, direction: Floats, breeze: Floats) -> None:
    """Draw the wind's speed, in m/s, and direction, both uniformly; write them, and its x and y in GALEs."""
    speed[0], direction[0] = strongest * uniform(rng), 2.0 * math.pi * uniform(rng)
    breeze[0], breeze[1] = cos(direction[0]), sin(direction[0])
    breeze *= speed[0] / GALE


def show_crew(cells: Ints, columns: int, crowd: Floats, place: Floats) -> None:
    """Write where the crew is: 1 into the map at their cells, and the column and row of each."""
    for agent in range(len(cells)):
        cell = cells[agent]
        crowd[cell] = 1.0
        place[0, agent], place[1, agent] = cell % columns, cell // columns


def num_caught(before: Ints, after: Ints) -> int:
    """Return how many cells caught fire between two states, (num_cells,) each."""
    caught = 0
    for cell in range(len(after)):
        caught += (before[cell] == Fire.UNBURNT) & (after[cell] == Fire.BURNING)
    return caught


def any_burns(state: Ints) -> bool:
    """Return whether any cell burns."""
    burning = False
    for cell in range(len(state)):
        burning |= state[cell] == Fire.BURNING
    return burning
