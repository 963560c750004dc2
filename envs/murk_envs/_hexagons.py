"""Distances on hexagons in the axial coordinates of Hex2D."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["hops_to_nearest"]


def hops_to_nearest(place: npt.NDArray[np.floating[Any]], q: float, r: float, first: int, end: int) -> float:
    """Return the hops from (q, r) to the nearest of the agents from `first` to before `end`; inf if none.

    Args:
        place: q and r of every agent, (2, num_agents).
        q: axial coordinate along the first axis.
        r: axial coordinate along the second axis.
        first: index of the first agent.
        end: index after the last agent.
    """
    least = np.inf
    for agent in range(first, end):
        dq, dr = q - place[0, agent], r - place[1, agent]
        least = min(least, max(abs(dq), abs(dr), abs(dq + dr)))
    return least
