"""The basin of ShallowWater: its ground, its patches, and how a stone pushes the water."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["island", "patches", "push_aside"]

CLIFF = 4.0  # m, higher than water ever rises
REACH = 3.5  # m, over which a stone pushes the water aside

Floats = npt.NDArray[np.floating[Any]]


def island(size: int, radius: float) -> npt.NDArray[np.float64]:
    """Return the height of the ground in m, (num_cells,): 0, and CLIFF on a round island.

    Args:
        size: cells along a side.
        radius: of the island, in sides of the basin; 0 for none.
    """
    y, x = np.divmod(np.arange(size * size), size)
    away = np.hypot((x + 0.5) / size - 0.42, (y + 0.5) / size - 0.55)
    return np.where(away < radius, CLIFF, 0.0)


def patches(size: int, pumps: int) -> npt.NDArray[np.int64]:
    """Return the pump of every cell, (num_cells,): that of its patch.

    Args:
        size: cells along a side.
        pumps: patches along a side.
    """
    rows, columns = np.divmod(np.arange(size * size), size)
    wide = size // pumps
    return rows // wide * pumps + columns // wide


def push_aside(push: Floats, size: int, x: float, y: float, strength: float) -> None:
    """Push the water away from a place, at cells less than REACH away.

    Args:
        push: of all cells along x and y, (2, num_cells) m/s**2, to which this is added.
        size: cells along a side.
        x: column of the place, in cells.
        y: its row.
        strength: at a share s of REACH the push is strength * s * (1 - s**2), in m/s**2.
    """
    for cell in range(push.shape[1]):
        dx, dy = cell % size + 0.5 - x, cell // size + 0.5 - y
        far = (dx * dx + dy * dy) / (REACH * REACH)
        if far < 1.0:
            push[0, cell] += strength * dx / REACH * (1.0 - far)
            push[1, cell] += strength * dy / REACH * (1.0 - far)
