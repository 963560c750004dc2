"""The outcome of a step: rewards, flags, and which episodes it ended."""

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena
from murk_env.fields.bookkeeping import ACTIVE, ENDED, INACTIVE, LEAVING, RUNNING
from murk_env.kernels import KernelCall, kernel
from murk_env.kernels.stage import Stage
from murk_env.world.binding import Binding
from murk_env.world.layout import Layout

__all__ = ["Outcome", "clock"]


class Outcome:
    """The outcome of a step for each world or, where agents have rewards of their own, for each agent.

    Args:
        num_worlds: number of worlds.
        num_agents: number of agents with rewards of their own; None for one reward per world.

    Attributes:
        rewards: (num_worlds,) or (num_worlds, num_agents) float64.
        terminated: of the same shape, bool.
        truncated: of the same shape, bool.
        returns: where this step has ended an episode, the sum of its rewards, like `rewards`.
        lengths: where this step has ended an episode, its number of steps, (num_worlds,) int64.
        any_ended: (1,) int64, not 0 if an episode has ended; set to 0 before every step.
    """

    def __init__(self, num_worlds: int, num_agents: int | None) -> None:
        shape = (num_worlds,) if num_agents is None else (num_worlds, num_agents)
        self.rewards = np.zeros(shape, np.float64)
        self.terminated = np.zeros(shape, np.bool_)
        self.truncated = np.zeros(shape, np.bool_)
        self.returns = np.zeros(shape, np.float64)
        self.lengths = np.zeros(num_worlds, np.int64)
        self.any_ended = np.zeros(1, np.int64)

    @property
    def flags(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Rewards, terminations and truncations."""
        return self.rewards, self.terminated, self.truncated

    def stage(
        self, layout: Layout, arena: PingPongArena, binding: Binding, limit: int, *, counts: bool
    ) -> Stage:
        """Return the stage that sets flags and phases, and sums returns.

        Args:
            layout: the layout of the worlds.
            arena: the memory of the worlds.
            binding: the tick's arrays.
            limit: steps after which an episode is truncated, 0 for no limit.
            counts: whether the stage also sets `any_ended` if an episode has ended.
        """
        any_ended = self.any_ended if counts else np.zeros(1, np.int64)
        flags, summed = self.flags, arena.staging_view(layout.ids[layout.returns])
        rest = (binding.steps, binding.phases, limit, any_ended, summed, self.returns, self.lengths)
        if ACTIVE not in layout.ids:
            return Stage("the outcome", lambda: KernelCall(_conclude, (*flags, *rest)))
        active = arena.staging_view(layout.ids[ACTIVE])
        return Stage("the outcome", lambda: KernelCall(_conclude_agents, (*flags, active, *rest)))


def clock(layout: Layout, arena: PingPongArena, binding: Binding) -> Stage:
    """Return the stage that counts a step; agents that ended in the previous step become inactive."""
    if ACTIVE not in layout.ids:
        return Stage("the clock", lambda: KernelCall(_advance, (binding.steps,)))
    active = arena.staging_view(layout.ids[ACTIVE])
    return Stage("the clock", lambda: KernelCall(_advance_agents, (binding.steps, active)))


@kernel
def _advance(start: int, stop: int, steps: npt.NDArray[np.int32]) -> None:
    """Count a step of the worlds [start, stop)."""
    for world in range(start, stop):
        steps[world] += 1


@kernel
def _advance_agents(
    start: int, stop: int, steps: npt.NDArray[np.int32], active: npt.NDArray[np.int32]
) -> None:
    """Count a step of the worlds [start, stop); agents that ended in the previous step become inactive."""
    for world in range(start, stop):
        steps[world] += 1
        for agent in range(active.shape[1]):
            if active[world, agent] == LEAVING:
                active[world, agent] = INACTIVE


@kernel
def _conclude(
    start: int,
    stop: int,
    rewards: npt.NDArray[np.float64],
    terminated: npt.NDArray[np.bool_],
    truncated: npt.NDArray[np.bool_],
    steps: npt.NDArray[np.int32],
    phases: npt.NDArray[np.int32],
    limit: int,
    any_ended: npt.NDArray[np.int64],
    summed: npt.NDArray[np.float64],
    returns: npt.NDArray[np.float64],
    lengths: npt.NDArray[np.int64],
) -> None:
    """Set flags and phases of the worlds [start, stop), and statistics where an episode ends.

    A world whose step counter is zero was reset in this tick (next-step mode): its
    reward is 0 and its flags are False.
    """
    for world in range(start, stop):
        if steps[world] == 0:
            rewards[world] = 0.0
            terminated[world] = False
        summed[world] += rewards[world]
        truncated[world] = 0 < limit <= steps[world]
        if terminated[world] or truncated[world]:
            returns[world], lengths[world] = summed[world], steps[world]
            phases[world] = ENDED
            any_ended[0] = 1
        else:
            phases[world] = RUNNING


@kernel
def _conclude_agents(
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
    summed: npt.NDArray[np.float64],
    returns: npt.NDArray[np.float64],
    lengths: npt.NDArray[np.int64],
) -> None:
    """As `_conclude`, for agents with rewards of their own: an episode is over when all of them have left."""
    for world in range(start, stop):
        begun, late, anyone = steps[world] == 0, 0 < limit <= steps[world], False
        lengths[world] = steps[world]
        for agent in range(active.shape[1]):
            is_active = active[world, agent] != INACTIVE
            if begun or not is_active:
                rewards[world, agent] = 0.0
                terminated[world, agent] = False
            summed[world, agent] += rewards[world, agent]
            returns[world, agent] = summed[world, agent]
            truncated[world, agent] = late and is_active
            if terminated[world, agent]:
                active[world, agent] = LEAVING
            elif is_active:
                anyone = True
        if late or not anyone:
            phases[world] = ENDED
            any_ended[0] = 1
        else:
            phases[world] = RUNNING
