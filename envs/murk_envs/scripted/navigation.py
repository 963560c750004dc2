"""Dynamic programming for HeatSeeker, CrystalNav and LayeredHex, from their rules, not with the library.

One agent hops from cell to cell of a lattice. The fields do not depend on it, so going backward in time over
(step, cell) gives the best play from every cell.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Play", "best_play", "climb", "evolve", "lengths", "ways"]

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.int64]

ARRIVAL = 100.0  # reward for reaching the goal
STRENGTH = 10.0  # of a field at its source


def ways(coordinates: npt.ArrayLike, hops: npt.ArrayLike) -> Cells:
    """Return where every hop leads from every cell; a hop that leads off the lattice stays.

    Args:
        coordinates: of all cells in canonical order, (num_cells, ndim), starting from 0.
        hops: what each hop adds to the coordinates, -1, 0 or 1 each, (num_hops, ndim).

    Returns:
        (num_hops, num_cells) cells.
    """
    places, steps = np.asarray(coordinates) + 1, np.asarray(hops)
    cell_at = np.full(places.max(axis=0) + 2, -1)  # with a margin of places that are not cells
    cell_at[tuple(places.T)] = np.arange(len(places))
    arrived = cell_at[tuple(np.moveaxis(places + steps[:, np.newaxis], -1, 0))]
    return np.where(arrived < 0, np.arange(len(places)), arrived)


def evolve(arrived: Cells, source: int, num_ticks: int, *, diffusion: float, kept: float) -> Floats:
    """Return a field after each tick from a cold start, (num_ticks, num_cells).

    u' = kept * u + diffusion * (sum over neighbours of their u - u), and u = STRENGTH at the source.

    Args:
        arrived: cell that each hop leads to from each cell, (num_hops, num_cells).
        source: cell that is held at STRENGTH.
        num_ticks: number of ticks.
        diffusion: share of the difference to each neighbour that flows in a tick.
        kept: share of a uniform field that is left after a tick.
    """
    fields = np.zeros((num_ticks + 1, arrived.shape[1]))
    for before, after in itertools.pairwise(fields):
        after[:] = kept * before + diffusion * (before[arrived] - before).sum(axis=0)
        after[source] = STRENGTH
    return fields[1:]


@dataclass(frozen=True)
class Play:
    """The optimal play.

    Attributes:
        values: largest return from every cell at the first step, (num_cells,).
        actions: optimal action at each step and cell, (num_steps, num_cells).
    """

    values: Floats
    actions: Cells


def best_play(arrived: Cells, rewards: Floats, goal: int) -> Play:
    """Return the optimal play of an episode that ends at the goal.

    Args:
        arrived: cell that each action leads to from each cell, (num_actions, num_cells).
        rewards: of being at a cell after a step, without that for arriving, (num_steps, num_cells).
        goal: cell at which the episode ends.
    """
    values, actions = np.zeros(rewards.shape[1]), np.zeros(rewards.shape, np.int64)
    for step in reversed(range(len(rewards))):
        gains = rewards[step] + values
        gains[goal] = rewards[step, goal] + ARRIVAL
        actions[step] = gains[arrived].argmax(axis=0)
        values = gains[arrived].max(axis=0)
    return Play(values, actions)


def lengths(play: Play, arrived: Cells, goal: int) -> Cells:
    """Return the number of steps that a play takes from every cell to the goal, 0 at the goal, (num_cells,).

    A play that does not arrive takes all its steps.

    Args:
        play: the play.
        arrived: cell that each action leads to from each cell, (num_actions, num_cells).
        goal: cell at which the episode ends.
    """
    cells = np.arange(arrived.shape[1])
    counts = np.zeros_like(cells)
    for actions in play.actions:
        running = cells != goal
        counts += running
        cells = np.where(running, arrived[actions[cells], cells], cells)
    return counts


def climb(field: npt.NDArray[np.floating], agents: npt.NDArray[np.floating], arrived: Cells) -> Cells:
    """Return the actions that lead to the cell within reach where a field is largest, (num_rows,).

    Args:
        field: (num_rows, num_cells).
        agents: one-hot of the agents' cells, (num_rows, num_cells).
        arrived: cell that each action leads to from each cell, (num_actions, num_cells).
    """
    reached = arrived[:, agents.argmax(axis=1)]  # (num_actions, num_rows)
    return np.take_along_axis(field, reached.T, axis=1).argmax(axis=1)
