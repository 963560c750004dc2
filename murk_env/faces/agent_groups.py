"""What the faces of agents share: where each agent stands, and who acts in the next step."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.author.blueprint import Group
from murk_env.engine.batch import Batch
from murk_env.fields import Values
from murk_env.fields.bookkeeping import ACTIVE, STAYING

__all__ = [
    "Seats",
    "active_agents",
    "apart",
    "seats_of",
]


@dataclasses.dataclass(frozen=True)
class Seats:
    """A group's place among the agents of a world.

    Attributes:
        group: the group.
        index: its number among the groups, and so that of its observations.
        agents: its agents' numbers, to index the agents axis with.
        names: what its agents are called, in order.
    """

    group: Group
    index: int
    agents: slice
    names: tuple[str, ...]


def seats_of(groups: Sequence[Group]) -> list[Seats]:
    """Return where groups of agents stand."""
    seats: list[Seats] = []
    first = 0
    for index, group in enumerate(groups):
        names = tuple(f"{group.name}_{agent}" for agent in range(group.size))
        seats.append(Seats(group, index, slice(first, first + group.size), names))
        first += group.size
    return seats


def active_agents(batch: Batch, num_agents: int, values: Values | None = None) -> npt.NDArray[np.bool_]:
    """Return which agents have not come to their end, (num_worlds, num_agents).

    Args:
        batch: the worlds.
        num_agents: number of agents of each.
        values: those to look at; by default `Batch.values`.
    """
    if batch.rewards.ndim == 2:
        active = (batch.values() if values is None else values)[ACTIVE] == STAYING
    else:
        active = np.ones((len(batch.rewards), num_agents), np.bool_)
    if batch.pending is not None:
        active[batch.pending] = False
    return active


def apart(values: npt.NDArray[Any], num_agents: int) -> npt.NDArray[Any]:
    """Return rewards or flags as (num_worlds, num_agents): those of a team are every agent's."""
    if values.ndim == 2:
        return values
    return np.broadcast_to(values[:, np.newaxis], (len(values), num_agents))
