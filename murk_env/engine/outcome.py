"""The kernels that count a step and say which episodes it has ended."""

import numpy as np
import numpy.typing as npt

from murk_env.fields.bookkeeping import ENDED, GONE, LEAVING, RUNNING
from murk_env.kernels import kernel

__all__ = ["advance", "advance_agents", "judge", "judge_agents"]


@kernel
def advance(start: int, stop: int, steps: npt.NDArray[np.int32]) -> None:
    """Count a step of the worlds [start, stop)."""
    for world in range(start, stop):
        steps[world] += 1


@kernel
def advance_agents(
    start: int, stop: int, steps: npt.NDArray[np.int32], active: npt.NDArray[np.int32]
) -> None:
    """Count a step of the worlds [start, stop); agents whose end came in the step before are gone."""
    for world in range(start, stop):
        steps[world] += 1
        for agent in range(active.shape[1]):
            if active[world, agent] == LEAVING:
                active[world, agent] = GONE


@kernel
def judge(
    start: int,
    stop: int,
    rewards: npt.NDArray[np.float64],
    terminated: npt.NDArray[np.bool_],
    truncated: npt.NDArray[np.bool_],
    steps: npt.NDArray[np.int32],
    phases: npt.NDArray[np.int32],
    limit: int,
    any_ended: npt.NDArray[np.int64],
) -> None:
    """Set the flags and phases of the worlds [start, stop), and `any_ended` if an episode has ended.

    A world whose step counter is zero has begun a new episode in this tick (next-step mode): its
    reward is 0 and its flags are False.
    """
    for world in range(start, stop):
        if steps[world] == 0:
            rewards[world] = 0.0
            terminated[world] = False
        truncated[world] = 0 < limit <= steps[world]
        if terminated[world] or truncated[world]:
            phases[world] = ENDED
            any_ended[0] = 1
        else:
            phases[world] = RUNNING


@kernel
def judge_agents(
    start: int,
    stop: int,
    rewards: npt.NDArray[np.float64],
    terminated: npt.NDArray[np.bool_],
    truncated: npt.NDArray[np.bool_],
    active: npt.NDArray[np.int32],
    steps: npt.NDArray[np.int32],
    phases: npt.NDArray[np.int32],
    limit: int,
    any_ended: npt.NDArray[np.int64],
) -> None:
    """As `judge`, for agents with rewards of their own: an episode is over when all of them are gone."""
    for world in range(start, stop):
        begun, late, remaining = steps[world] == 0, 0 < limit <= steps[world], 0
        for agent in range(active.shape[1]):
            here = active[world, agent] != GONE
            if begun or not here:
                rewards[world, agent] = 0.0
                terminated[world, agent] = False
            truncated[world, agent] = late and here
            if terminated[world, agent]:
                active[world, agent] = LEAVING
            elif here:
                remaining += 1
        if late or remaining == 0:
            phases[world] = ENDED
            any_ended[0] = 1
        else:
            phases[world] = RUNNING
