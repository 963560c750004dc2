"""The face with one row per agent, for training one policy that a whole group shares."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv

from murk_arena import StaticArena
from murk_env.engine.action_masks import ACTION_MASK
from murk_env.engine.batch import Batch
from murk_env.engine.infos import Info
from murk_env.errors import InputError, ParameterError, ResetMaskError, did_you_mean
from murk_env.faces.actions import ActionReader
from murk_env.faces.agent_groups import (
    Seats,
    active_agents,
    outcomes_of,
    seats_of,
)
from murk_env.faces.env import MurkEnv
from murk_env.faces.group_outputs import GroupOutputs
from murk_env.faces.infos import info_of_rows
from murk_env.faces.options import MaskedOut, OutOfBounds, VectorOptions
from murk_env.faces.policies import Policies, Policy, hand_over, skipped
from murk_env.faces.seeding import read_mask
from murk_env.faces.spaces import batched_space
from murk_env.faces.statistics import EPISODE, EpisodeTimes
from murk_env.faces.vector_base import StepResult, VectorFace
from murk_env.observation.output import Output, each_array, rows_of
from murk_env.world.claim import claims

__all__ = ["MurkAgentVectorEnv"]

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.intp]

_ELSEWHERE = {  # keywords of other faces
    "max_cycles": "the time limit is max_episode_steps here",
    "num_envs": "pass num_worlds, of which each has a row for every agent of the group",
}


# skrl looks for Gymnasium's class among the direct bases.
class MurkAgentVectorEnv(VectorFace, VectorEnv[Any, Any, Array]):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A Gymnasium vector env whose rows are the agents of one group, in many worlds of an environment class.

    Row `world * size + agent` is one agent of the group, so `num_envs = num_worlds * size`; `world_and_agent`
    converts rows back. Each row equals its agent in the `MurkParallelEnv` of that world, byte for byte.

    An agent is terminated or truncated once. From then on its `info["active"]` is False, its observation and
    reward are zero and its actions are ignored, until its world is reset, which happens when all its agents
    have ended. Its last observation is that of the step in which it ended; in same-step mode it is in
    `final_obs`. A step in which a row is already inactive is not a transition.

    The lengths `l` of Gymnasium's `RecordEpisodeStatistics` include the steps in which a row waits for its
    world; with `record_statistics=True` the env itself counts only the steps of each active agent.

    Args:
        env_class: the environment, with groups of agents.
        num_worlds: number of worlds.
        group: the group whose agents are the rows; may be left out if there is only one.
        others: a policy for every other group, by name: a function from its agents' observations
            `(num_worlds, size, ...)`, in the dict layout a dict of such arrays, to their actions
            `(num_worlds, size, ...)`, called once per step. Actions of agents that have left are ignored.
        record_statistics: whether `infos["episode"]` holds the return `r`, the length `l` and the seconds `t`
            of episodes that end, as Gymnasium's RecordEpisodeStatistics does; a length counts the steps in
            which the agent was active.
        copy: whether observations are new arrays; with False two buffers alternate, each valid until the step
            after next. All other outputs are always new.
        autoreset_mode, render_mode, max_episode_steps, action_out_of_bounds: as in `MurkVectorEnv`.
        action_masked_out, checked, num_threads, static_arena: likewise.
        parameters: the fields of the class's `Params`.

    Raises:
        ParameterError: an unknown parameter, group or policy, a missing policy, or an invalid value.
        BlueprintError: the environment has no groups of agents.
    """

    _row = "row"
    _counted = "num_worlds"

    def __init__(
        self,
        env_class: type[MurkEnv],
        num_worlds: int = 1,
        *,
        group: str | None = None,
        others: Mapping[str, Policy] | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        action_out_of_bounds: OutOfBounds = "raise",
        action_masked_out: MaskedOut = "raise",
        record_statistics: bool = False,
        copy: bool = True,
        checked: bool = False,
        num_threads: int | None = None,
        static_arena: StaticArena | None = None,
        **parameters: Any,
    ) -> None:
        options = VectorOptions.read(type(self).__name__, env_class, locals(), _ELSEWHERE)
        super().__init__(env_class, num_worlds, options, parameters, agents=True)
        seats = {one.group.name: one for one in seats_of(self._assembly.blueprint.groups)}
        self._seats = _chosen(env_class.__name__, seats, group)
        self._group = GroupOutputs(self._assembly, self._seats, self.autoreset_mode)
        rest = [one for one in seats.values() if one is not self._seats]
        self._others = Policies(env_class.__name__, rest, others, self._num_worlds, clips=options.clips)
        self._size = self._seats.group.size
        self.num_envs = self._num_worlds * self._size
        self._num_agents = self._assembly.blueprint.num_agents
        seen, done = self._group.space, self._seats.group.action_space
        self.single_observation_space, self.single_action_space = seen, done
        self.observation_space = batched_space(seen, self.num_envs)
        self.action_space = batched_space(done, self.num_envs)
        self._reader = ActionReader(done, self.num_envs, self._called, clips=options.clips)

    def world_and_agent(self, rows: npt.ArrayLike) -> tuple[Rows, Rows]:
        """Return the world and the agent of each row, as two integer arrays of the shape of `rows`.

        Agents are numbered within their group.

        Args:
            rows: row numbers, of any shape.

        Raises:
            InputError: there is no such row.
        """
        given = np.asarray(rows)
        if not given.size:
            given = given.astype(np.intp)  # numpy makes an empty list a float array
        if given.dtype.kind not in "iu" or ((given < 0) | (given >= self.num_envs)).any():
            raise InputError(f"rows must be integers from 0 to {self.num_envs - 1}, not {rows!r}.")
        worlds, agents = np.divmod(given.astype(np.intp), self._size)
        return worlds, agents

    def step(self, actions: Any) -> StepResult:
        """Step every world once, as one tick.

        Args:
            actions: (num_envs, ...) of the action space; those of inactive rows are ignored.

        Returns:
            Observations, rewards (float64), terminations, truncations and infos of all rows.

        Raises:
            ActionError, ActionTypeError, ResetNeededError, EpisodeEndedError, ClosedError,
                ConcurrentUseError: before anything changes.
            HookError, PropagatorError: every world is as before the step.
        """
        if self._times is None:
            return self._batch.step(self._read, actions, self._stepped)
        return self._recorded_step(self._read, actions, self._recorded)

    def _stepped(self, _batch: Batch) -> StepResult:
        latest, infos = self._group.latest(), self._infos(None)
        rewards, terminated, truncated = map(self._group.of_all, outcomes_of(self._batch, self._num_agents))
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            infos |= self._final(latest, *(terminated | truncated).nonzero())
            self._group.clear(latest)
        flags = terminated.reshape(-1), truncated.reshape(-1)
        return self._by_row(latest), rewards.reshape(-1), *flags, infos

    def _recorded(self, batch: Batch, times: EpisodeTimes) -> StepResult:
        seen, rewards, terminated, truncated, infos = self._stepped(batch)
        ended = terminated | truncated
        if ended.any():
            told = self._group.episodes(ended.reshape(-1, self._size), times)
            infos[EPISODE] = {key: values.reshape(-1) for key, values in told.items()}
            infos[f"_{EPISODE}"] = ended
        return seen, rewards, terminated, truncated, infos

    # --- actions ------------------------------------------------------------------------------

    def _read(self, actions: Any, _pending: Rows | None) -> None:
        """Check the actions of all groups, then write them into the array that hooks are given."""
        left = ~active_agents(self._batch, self._num_agents)
        self._reader.read(actions, skipped(left, self._seats))
        self._others.read(self._batch, left)
        hand_over(self._batch, self._seats, self._reader)
        self._others.hand_over(self._batch)
        if self._assembly.masked is not None:
            self._assembly.masked.check(self._batch, left)

    def _called(self, row: int) -> str:
        world, agent = divmod(row, self._size)
        return f"row {row} ({self._seats.names[agent]} of world {world})"

    # --- rows ---------------------------------------------------------------------------------

    def _by_row(self, output: Output) -> Output:
        """Return (num_worlds, size, ...) as (num_envs, ...)."""
        return each_array(output, lambda array: array.reshape(self.num_envs, *array.shape[2:]))

    def _observations(self) -> Any:
        return self._by_row(self._group.observations())

    def _infos(self, rows: Rows | None) -> dict[str, Any]:
        return info_of_rows(self._said(self._batch.info, self._group.active()), rows)

    def _said(self, info: Info, active: npt.NDArray[np.bool_]) -> Info:
        """Return the infos of the worlds, repeated for each row, and those of the group's agents."""
        said = {
            key: np.repeat(array, self._size, axis=0) for key, array in self._group.of_worlds(info).items()
        }
        mask = self._group.mask(info)
        own = {} if mask is None else {ACTION_MASK: mask.reshape(self.num_envs, -1)}
        return {**said, **own, "active": active.reshape(-1)}

    def _reset_infos(self, worlds: Rows | None) -> dict[str, Any]:
        return self._infos(None if worlds is None else self._rows_of(worlds))

    def _rows_of(self, worlds: Rows) -> Rows:
        return (worlds[:, np.newaxis] * self._size + np.arange(self._size)).reshape(-1)

    def _masked_worlds(self, mask: Any) -> Rows:
        rows = read_mask(mask, self.num_envs, self._row)
        worlds, counts = np.unique(rows // self._size, return_counts=True)
        if (counts < self._size).any():
            raise ResetMaskError(
                f"`options['reset_mask']` selects some rows of world(s) "
                f"{worlds[counts < self._size].tolist()} but not all; the agents of a world are reset "
                f"together, so select all its {self._size} rows or none."
            )
        return worlds

    def _final(self, latest: Output, worlds: Rows, agents: Rows) -> dict[str, Any]:
        """Return the infos that same-step mode adds for the agents that ended in this step."""
        if not worlds.size:
            return {}
        rows = worlds * self._size + agents
        final = np.full(self.num_envs, None, dtype=object)
        for row, seen in zip(rows.tolist(), rows_of(self._group.last(latest, worlds, agents)), strict=True):
            final[row] = seen
        mask = np.zeros(self.num_envs, np.bool_)
        mask[rows] = True
        nobody = np.zeros((self._num_worlds, self._size), np.bool_)
        return {
            "final_obs": final,
            "_final_obs": mask,
            "final_info": info_of_rows(self._said(self._group.info_at_end(), nobody), rows),
            "_final_info": mask.copy(),
        }

    @claims
    def __reduce__(self) -> tuple[Any, ...]:
        return self._reduced(
            MurkAgentVectorEnv,
            num_worlds=self._num_worlds,
            group=self._seats.group.name,
            others=self._others.given,
        )


def _chosen(owner: str, seats: Mapping[str, Seats], group: Any) -> Seats:
    """Return the seats of the group that the rows are made of."""
    if group is None and len(seats) == 1:
        return next(iter(seats.values()))
    if group is None:
        raise ParameterError(
            f"{owner} has several groups of agents; say whose agents the rows are: group= one of "
            f"{sorted(seats)}."
        )
    if not isinstance(group, str):
        raise ParameterError(
            f"{owner}: group= must be the name of one group, one of {sorted(seats)}, not {group!r}; make an "
            f"env for each group, or a MurkParallelEnv of all."
        )
    if group not in seats:
        raise ParameterError(f"{owner} has no group {group!r} of agents; {did_you_mean(group, seats)}")
    return seats[group]
