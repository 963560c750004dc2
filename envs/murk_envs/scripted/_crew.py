"""What the scripts of both Wildfires share: sending a crew to where its work is worth most."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Actions", "Floats", "read_observations", "send_crew"]

Floats = npt.NDArray[np.floating[Any]]
Actions = npt.NDArray[np.int64]


def read_observations(observations: Floats, crew: int, side: int) -> tuple[Floats, Actions]:
    """Return the six maps of the centralised observation, (6, num_rows, side, side), and the crew's places.

    Places are columns and rows, or q and r, (num_rows, 2, crew).
    """
    maps = observations[:, : 6 * side**2].reshape(-1, 6, side, side).swapaxes(0, 1)
    places = np.rint(observations[:, 6 * side**2 : -2].reshape(-1, 2, crew) * (side - 1)).astype(np.int64)
    return maps, places


def send_crew(
    places: Actions,
    worth: Floats,
    burning: Floats,
    gain: Callable[[Floats], Floats],
    distances: Actions,
    patience: float,
    ways: Actions,
) -> Actions:
    """Return the actions of a crew whose members choose different goals in turn, (num_rows, crew).

    Args:
        places: column and row of each crew member, (num_rows, 2, crew).
        worth: of work on each cell, (num_rows, side, side).
        burning: 1 where cells burn and nobody can go, (num_rows, side, side).
        gain: returns what work done at every cell gains, given the worth.
        distances: hops between all cells, (num_cells, num_cells).
        patience: factor on the gain of a goal per hop of distance.
        ways: columns and rows by which each hop moves, (num_directions, 2).
    """
    num_rows, _, crew = places.shape
    cells, side = len(distances), worth.shape[-1]
    flames, weights = burning.reshape(-1, cells), patience**distances
    actions = np.zeros((num_rows, crew), np.int64)
    for member in range(crew):
        here = places[:, 1, member] * side + places[:, 0, member]
        gained = gain(worth).reshape(-1, cells) * weights[here]
        goal = gained.argmax(axis=1)
        actions[:, member] = _steps_to(goal, here, flames, distances, ways)
        actions[gained.max(axis=1) <= 0.0, member] = 0
        worth = worth * (distances[goal] > 1).reshape(worth.shape)
    return actions


def _steps_to(goal: Actions, here: Actions, flames: Floats, distances: Actions, ways: Actions) -> Actions:
    """Return the actions that lead to goals around flames, or work at the goal, (num_rows,)."""
    side = round(len(distances) ** 0.5)
    y, x = np.divmod(here, side)
    best = distances[here, goal].astype(np.float64)
    action = np.where(here == goal, len(ways) + 1, 0)
    for way, (dx, dy) in enumerate(ways, start=1):
        inside = (x + dx >= 0) & (x + dx < side) & (y + dy >= 0) & (y + dy < side)
        there = np.where(inside, here + dy * side + dx, here)
        free = inside & (flames[np.arange(len(here)), there] == 0.0)
        nearer = free & (distances[there, goal] < best)
        action[nearer] = way
        best = np.where(nearer, distances[there, goal], best)
    return action
