"""The outputs of a batch for one group's agents, as arrays (num_worlds, size, ...)."""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from murk_env.engine.action_masks import ACTION_MASK
from murk_env.engine.infos import Info
from murk_env.faces.agent_groups import Seats, active_agents, apart
from murk_env.faces.assembly import Assembly
from murk_env.faces.env import MurkEnv
from murk_env.faces.masked_actions import mask_of_group
from murk_env.faces.statistics import EpisodeTimes, of_ended
from murk_env.observation.output import Output, arrays_of, each_array

__all__ = ["GroupOutputs"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


class GroupOutputs:
    """One group of a batch, as it is in the step or reset in progress.

    Args:
        assembly: the parts of the face.
        seats: the group's seats.
        mode: the autoreset mode.
    """

    def __init__(self, assembly: Assembly[MurkEnv], seats: Seats, mode: AutoresetMode) -> None:
        self.seats = seats
        self._batch, self._masked = assembly.batch, assembly.masked
        self._num_agents = assembly.blueprint.num_agents
        self._clears = mode is AutoresetMode.SAME_STEP

    @property
    def space(self) -> Any:
        """The space of one agent's observations."""
        return self._batch.observed[self.seats.index].plan.space

    def active(self) -> Mask:
        """Return which agents act in the next step, (num_worlds, size)."""
        return active_agents(self._batch, self._num_agents)[:, self.seats.agents]

    def of_all(self, values: Array) -> Array:
        """Return this group's columns, (num_worlds, size), of (num_worlds, num_agents), as a view."""
        return values[:, self.seats.agents]

    def observations(self) -> Output:
        """Return the agents' observations; in same-step mode zero for agents that have ended."""
        seen = self._batch.observation(self.seats.index)
        if self._clears:
            self.clear(seen)
        return seen

    def latest(self) -> Output:
        """Return the agents' observations, including those of an agent's last step."""
        return self._batch.observation(self.seats.index)

    def clear(self, observations: Output) -> None:
        """Set the observations of inactive agents to zero."""
        inactive = ~self.active()
        if inactive.any():
            for array in arrays_of(observations):
                array[inactive] = 0

    def last(self, observations: Output, worlds: Array, agents: Array) -> Output:
        """Return the last observations of agents that ended in this step, one row for each.

        Args:
            observations: the observations that `latest` returned in this step.
            worlds: the worlds of those agents.
            agents: their numbers within the group.
        """
        last = each_array(observations, lambda array: array[worlds, agents])
        ended = self._batch.ended
        if ended is not None:
            reset_now = np.isin(worlds, ended.worlds)
            order = ended.worlds.argsort()
            among = order[np.searchsorted(ended.worlds, worlds[reset_now], sorter=order)]
            shown = arrays_of(ended.observations[self.seats.index])
            for array, source in zip(arrays_of(last), shown, strict=True):
                array[reset_now] = source[among, agents[reset_now]]
        return last

    def info_at_end(self) -> Info:
        """Return the info of every world, as it was before same-step mode reset some of them."""
        return self._batch.info if self._batch.ended is None else self._batch.ended.info

    def episodes(self, ended: Mask, times: EpisodeTimes) -> dict[str, Array]:
        """Return returns, lengths and seconds of the agents that ended in this step, 0 for all others."""
        returns = apart(self._batch.returns, self._num_agents)[:, self.seats.agents]
        return of_ended(ended, returns, self._batch.lengths[:, np.newaxis], times.seconds[:, np.newaxis])

    def mask(self, info: Info) -> Array | None:
        """Return the action masks, (num_worlds, size, options) int8; None for a group without a mask."""
        own = mask_of_group(self._masked, info, self.seats.agents)
        return None if own is None else own.copy()

    @staticmethod
    def of_worlds(info: Info) -> Info:
        """Return the infos of the worlds, without those of agents."""
        return {key: array for key, array in info.items() if key != ACTION_MASK}
