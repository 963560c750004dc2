"""Shared by the faces of agents: each agent's place, and who acts in the next step."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.author.blueprint import Group
from murk_env.engine.batch import Batch, Flags
from murk_env.fields import Values
from murk_env.fields.bookkeeping import ACTIVE, STAYING

__all__ = [
    "Seats",
    "active_agents",
    "apart",
    "outcomes_of",
    "seats_of",
]


@dataclasses.dataclass(frozen=True)
class Seats:
    """A group's place among the agents of a world.

    Attributes:
        group: the group.
        index: the group's number, which is also the number of its observation plan.
        agents: the slice of the agents axis that holds its agents.
        names: its agents' names, in order.
    """

    group: Group
    index: int
    agents: slice
    names: tuple[str, ...]


def seats_of(groups: Sequence[Group]) -> list[Seats]:
    """Return the seats of each group."""
    seats: list[Seats] = []
    first = 0
    for index, group in enumerate(groups):
        names = tuple(f"{group.name}_{agent}" for agent in range(group.size))
        seats.append(Seats(group, index, slice(first, first + group.size), names))
        first += group.size
    return seats


def active_agents(batch: Batch, num_agents: int, values: Values | None = None) -> npt.NDArray[np.bool_]:
    """Return which agents act in the next step, (num_worlds, num_agents).

    Args:
        batch: the worlds.
        num_agents: number of agents in each world.
        values: the values to read; by default those of `Batch.values`.
    """
    if batch.rewards.ndim == 2:
        active = (batch.values() if values is None else values)[ACTIVE] == STAYING
    else:
        active = np.ones((len(batch.rewards), num_agents), np.bool_)
    if batch.pending is not None:
        active[batch.pending] = False
    return active


def apart(values: npt.NDArray[Any], num_agents: int) -> npt.NDArray[Any]:
    """Return rewards or flags as (num_worlds, num_agents): a team's are repeated for every agent."""
    if values.ndim == 2:
        return values
    return np.broadcast_to(values[:, np.newaxis], (len(values), num_agents))


def outcomes_of(batch: Batch, num_agents: int) -> Flags:
    """Return rewards, terminations and truncations, (num_worlds, num_agents); the caller owns the arrays.

    Groups are given views of them: copying a few columns takes four times as long as copying all of them.
    """
    values = (batch.rewards, batch.terminated, batch.truncated)
    rewards, terminated, truncated = (apart(one, num_agents).copy() for one in values)
    return rewards, terminated, truncated
