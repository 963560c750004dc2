"""The basin of ShallowWater: its ground, its patches, and what a stone does where it falls."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["island", "patches", "push_aside"]

CLIFF = 4.0  # m, which water never climbs
REACH = 3.5  # m, over which a stone pushes the water aside

Floats = npt.NDArray[np.floating[Any]]


def island(size: int, radius: float) -> npt.NDArray[np.float64]:
    """Return the height of the ground, (num_cells,): 0, and a round island of cliffs.

    Args:
        size: cells along a side.
        radius: of the island, in sides; 0 for none.
    """
    y, x = np.divmod(np.arange(size * size), size)
    away = np.hypot((x + 0.5) / size - 0.42, (y + 0.5) / size - 0.55)
    return np.where(away < radius, CLIFF, 0.0)


def patches(size: int, pumps: int) -> npt.NDArray[np.int64]:
    """Return the pump of every cell, (num_cells,): that of its patch, of so many along a side."""
    rows, columns = np.divmod(np.arange(size * size), size)
    wide = size // pumps
    return rows // wide * pumps + columns // wide


def push_aside(push: Floats, size: int, x: float, y: float, strength: float) -> None:
    """Push the water away from a place, the less the farther off it is, up to REACH.

    Args:
        push: of all cells along x and y, (2, num_cells), to which this is added.
        size: cells along a side.
        x: column of the place, in cells.
        y: its row.
        strength: the push at the edge of what is reached, were it not for that.
    """
    for cell in range(push.shape[1]):
        dx, dy = cell % size + 0.5 - x, cell // size + 0.5 - y
        far = (dx * dx + dy * dy) / (REACH * REACH)
        if far < 1.0:
            push[0, cell] += strength * dx / REACH * (1.0 - far)
            push[1, cell] += strength * dy / REACH * (1.0 - far)
