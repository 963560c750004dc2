"""The face with arrays for every group's agents, in many worlds: for agents that learn together."""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from murk_arena import StaticArena
from murk_env.engine.action_masks import ACTION_MASK
from murk_env.engine.batch import Batch
from murk_env.engine.infos import Info
from murk_env.faces.agent_groups import Seats, active_agents, outcomes_of, seats_of
from murk_env.faces.env import MurkEnv
from murk_env.faces.group_actions import GroupActions
from murk_env.faces.group_outputs import GroupOutputs
from murk_env.faces.infos import info_of_rows
from murk_env.faces.options import MaskedOut, OutOfBounds, VectorOptions
from murk_env.faces.seeding import read_mask
from murk_env.faces.spaces import batched_space
from murk_env.faces.statistics import EPISODE, EpisodeTimes
from murk_env.faces.vector_base import VectorFace
from murk_env.faces.world_state import WorldState
from murk_env.observation.output import arrays_of, each_array
from murk_env.world.claim import claims

__all__ = ["MurkGroupsEnv"]

Worlds = npt.NDArray[np.intp]
ByGroup = dict[str, Any]
GroupStep = tuple[ByGroup, ByGroup, ByGroup, ByGroup, dict[str, Any]]

_ELSEWHERE = {  # keywords of other faces
    "max_cycles": "the time limit is max_episode_steps here",
    "num_envs": "pass num_worlds",
    "group": "it has every group; leave it out, or make a MurkAgentVectorEnv of one",
    "others": "it takes the actions of every group; leave it out, or make a MurkAgentVectorEnv of one",
}


class MurkGroupsEnv(VectorFace):
    """Many worlds of an environment class, stepped at once, with arrays for every group of agents.

    A step takes a dict from group to actions, `(num_worlds, size, ...)`, and returns dicts from group to
    observations `(num_worlds, size, ...)` (in the dict layout, dicts of such arrays) and to rewards,
    terminations and truncations `(num_worlds, size)`. Entry `[world, agent]` equals that agent in the
    `MurkParallelEnv` of that world, byte for byte. Apart from this form of rewards and flags it is a
    Gymnasium vector env: a row is a world, and spaces are Dicts of groups.

    `infos["active"]` holds by group which agents act in the next step, `(num_worlds, size)`. An agent ends
    once; from then on it is not active, its observation and reward are zero and its actions are ignored,
    until its world is reset, which happens when all its agents have ended. In same-step mode the last
    observations of agents that end are in `infos["final_obs"]`, arrays by group, with masks in
    `infos["_final_obs"]`; in the other modes they are the observations of the step. Action masks are in
    `infos["action_mask"]`, by group.

    Args:
        env_class: the environment, with groups of agents.
        num_worlds: number of worlds.
        record_statistics: whether `infos["episode"]` holds by group the return `r`, the length `l` and the
            seconds `t` of each agent's episode when it ends, as Gymnasium's RecordEpisodeStatistics does.
        copy: whether observations are new arrays; with False two buffers alternate, each valid until the step
            after next. All other outputs are always new.
        autoreset_mode, render_mode, max_episode_steps, action_out_of_bounds: as in `MurkVectorEnv`.
        action_masked_out, checked, num_threads, static_arena: likewise.
        parameters: the fields of the class's `Params`.

    Attributes:
        agents: by group, the names of its agents, in the order of the arrays.
        observation_spaces: by group, the observation space of one agent.
        action_spaces: by group, the action space of one agent.
        masked_groups: the names of the groups that have an action mask.

    Raises:
        ParameterError: an unknown parameter, or an invalid value.
        BlueprintError: the environment has no groups of agents.
    """

    _row = "world"
    _counted = "num_worlds"

    def __init__(
        self,
        env_class: type[MurkEnv],
        num_worlds: int = 1,
        *,
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
        self.num_envs = self._num_worlds
        self._num_agents = self._assembly.blueprint.num_agents
        seats = seats_of(self._assembly.blueprint.groups)
        self._groups = {
            one.group.name: GroupOutputs(self._assembly, one, self.autoreset_mode) for one in seats
        }
        self._actions = GroupActions(env_class.__name__, seats, self.num_envs, clips=options.clips)
        self._state = WorldState(self._assembly)
        self._set_spaces(seats)

    def _set_spaces(self, seats: list[Seats]) -> None:
        self.agents = {one.group.name: one.names for one in seats}
        self.observation_spaces = {name: group.space for name, group in self._groups.items()}
        self.action_spaces = {one.group.name: one.group.action_space for one in seats}
        self.masked_groups = tuple(one.group.name for one in seats if one.group.action_mask is not None)
        sizes = {one.group.name: one.group.size for one in seats}
        seen, done = (
            spaces.Dict({name: batched_space(space, sizes[name]) for name, space in each.items()})
            for each in (self.observation_spaces, self.action_spaces)
        )
        self.single_observation_space, self.single_action_space = seen, done
        self.observation_space = batched_space(seen, self.num_envs)
        self.action_space = batched_space(done, self.num_envs)

    # --- step -------------------------------------------------------------------------------------

    def step(self, actions: Any) -> GroupStep:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Step every world once, as one tick.

        Args:
            actions: by group, (num_worlds, size, ...) of one agent's action space; those of inactive agents
                are ignored.

        Returns:
            Observations, rewards (float64), terminations and truncations by group, and infos.

        Raises:
            ActionError, ActionTypeError, ResetNeededError, EpisodeEndedError, ClosedError,
                ConcurrentUseError: before anything changes.
            HookError, PropagatorError: every world is as before the step.
        """
        if self._times is None:
            return self._batch.step(self._read, actions, self._stepped)
        return self._recorded_step(self._read, actions, self._recorded)

    def _read(self, actions: Any, _pending: Worlds | None) -> None:
        left = ~active_agents(self._batch, self._num_agents)
        self._actions.read(self._batch, actions, left)
        if self._assembly.masked is not None:
            self._assembly.masked.check(self._batch, left)

    def _stepped(self, _batch: Batch) -> GroupStep:
        latest = {name: group.latest() for name, group in self._groups.items()}
        rewards, terminated, truncated = map(self._by_group, outcomes_of(self._batch, self._num_agents))
        infos = self._infos(None)
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            infos |= self._final(latest, {name: terminated[name] | truncated[name] for name in latest})
            for name, group in self._groups.items():
                group.clear(latest[name])
        return latest, rewards, terminated, truncated, infos

    def _recorded(self, batch: Batch, times: EpisodeTimes) -> GroupStep:
        seen, rewards, terminated, truncated, infos = self._stepped(batch)
        ended = {name: terminated[name] | truncated[name] for name in terminated}
        if any(mask.any() for mask in ended.values()):
            told = {name: group.episodes(ended[name], times) for name, group in self._groups.items()}
            infos |= {EPISODE: told, f"_{EPISODE}": ended}
        return seen, rewards, terminated, truncated, infos

    def _final(self, latest: ByGroup, ended: ByGroup) -> dict[str, Any]:
        """Return the infos that same-step mode adds for the agents that ended in this step."""
        if not any(mask.any() for mask in ended.values()):
            return {}
        final: ByGroup = {}
        for name, group in self._groups.items():
            worlds, agents = ended[name].nonzero()
            final[name] = each_array(latest[name], np.zeros_like)
            last = group.last(latest[name], worlds, agents)
            for array, values in zip(arrays_of(final[name]), arrays_of(last), strict=True):
                array[worlds, agents] = values
        info = next(iter(self._groups.values())).info_at_end()
        some = np.flatnonzero(np.any([mask.any(axis=1) for mask in ended.values()], axis=0))
        said = info_of_rows(GroupOutputs.of_worlds(info), some)
        return {
            "final_obs": final,
            "_final_obs": {name: mask.copy() for name, mask in ended.items()},
            "final_info": said | self._masks(info),
            "_final_info": {name: mask.copy() for name, mask in ended.items()},
        }

    # --- the worlds -------------------------------------------------------------------------------

    @property
    def state_space(self) -> "spaces.Space[Any]":
        """The space of one world's `state`."""
        return self._state.space

    @claims
    def state(self) -> npt.NDArray[np.float32]:
        """Return every field of each world except static ones, (num_worlds, numbers), for a shared critic.

        Where agents have rewards of their own, the last numbers say for each agent whether it has left (0),
        is active (1), or ended in the latest step (2). In same-step mode a world that has just ended shows
        its next episode.

        Raises:
            ResetNeededError, ClosedError: the env has not been reset, or is closed.
        """
        return self._state.of_worlds()

    def _masked_worlds(self, mask: Any) -> Worlds:
        return read_mask(mask, self.num_envs)

    def _observations(self) -> Any:
        return {name: group.observations() for name, group in self._groups.items()}

    def _reset_infos(self, worlds: Worlds | None) -> dict[str, Any]:
        return self._infos(worlds)

    def _infos(self, worlds: Worlds | None) -> dict[str, Any]:
        info = self._batch.info
        said = info_of_rows(GroupOutputs.of_worlds(info), worlds) | self._masks(info)
        return said | {"active": self._by_group(active_agents(self._batch, self._num_agents))}

    def _by_group(self, values: npt.NDArray[Any]) -> ByGroup:
        """Return each group's columns of values of all agents, (num_worlds, num_agents)."""
        return {name: group.of_all(values) for name, group in self._groups.items()}

    def _masks(self, info: Info) -> dict[str, Any]:
        """Return the action masks of the groups that have one."""
        masks = {name: group.mask(info) for name, group in self._groups.items()}
        known = {name: mask for name, mask in masks.items() if mask is not None}
        return {ACTION_MASK: known} if known else {}

    @claims
    def __reduce__(self) -> tuple[Any, ...]:
        return self._reduced(MurkGroupsEnv, num_worlds=self._num_worlds)
