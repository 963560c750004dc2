"""All groups of agents of many worlds as one env of an RLlib env runner, stepped by one compiled call."""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportUnknownArgumentType=false, reportUntypedBaseClass=false
# pyright: reportUnknownParameterType=false

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from ray.rllib.callbacks.utils import make_callback
from ray.rllib.env.env_context import EnvContext
from ray.rllib.env.multi_agent_env import MultiAgentEnv
from ray.rllib.env.multi_agent_env_runner import MultiAgentEnvRunner
from ray.rllib.env.vector.vector_multi_agent_env import VectorMultiAgentEnv
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.tune.registry import (
    ENV_CREATOR,
    _global_registry,  # pyright: ignore[reportPrivateUsage]  # RLlib's own runners use it; there is no other
)

from murk_env.engine.action_masks import ACTION_MASK
from murk_env.errors import ParameterError
from murk_env.faces.groups import MurkGroupsEnv
from murk_env.observation.output import row_of

__all__ = ["GroupsEnvRunner", "GroupsVectorEnv", "WorldEnv"]

EVERYONE = "__all__"
Dicts = dict[str, Any]
Step = tuple[list[Dicts], list[Dicts], list[Dicts], list[Dicts], list[Dicts]]


class GroupsEnvRunner(MultiAgentEnvRunner):
    """An env runner whose envs are the worlds of one MurkGroupsEnv.

        config.environment(register_agents(HexPursuit)).env_runners(
            env_runner_cls=GroupsEnvRunner, num_envs_per_env_runner=32
        )

    RLlib's own runner, which steps a list of envs in a loop, sees the same observations, rewards and flags.
    """

    def make_env(self) -> None:
        """Make the groups, by the creator that `register_agents` registered with Ray."""
        config: Any = self.config
        before: Any = self.env
        if before is not None:
            before.close()
        known: Any = isinstance(config.env, str) and _global_registry.contains(ENV_CREATOR, config.env)
        if not known:
            raise ParameterError(
                f"GroupsEnvRunner takes the name that register_agents returns, not {config.env!r}."
            )
        context = EnvContext(
            {**config.env_config, "num_envs": config.num_envs_per_env_runner},
            worker_index=self.worker_index,
            num_workers=config.num_env_runners,
        )
        made: Any = _global_registry.get(ENV_CREATOR, config.env)(context)
        if not isinstance(made, GroupsVectorEnv):
            raise ParameterError(
                f"GroupsEnvRunner takes an env of register_agents; {config.env!r} makes "
                f"{type(made).__name__}."
            )
        self.env, self.num_envs = made, made.num_envs
        self._needs_initial_reset = True
        told = {"env_runner": self, "metrics_logger": self.metrics, "env": made, "env_context": context}
        make_callback(
            "on_environment_created",
            callbacks_objects=self._callbacks,
            callbacks_functions=config.callbacks_on_environment_created,
            kwargs=told,
        )


class WorldEnv(ParallelPettingZooEnv):
    """One world for RLlib's own runner. It ends when all its agents have terminated or been truncated."""

    def step(self, action_dict: dict[Any, Any]) -> tuple[Dicts, Dicts, Dicts, Dicts, Dicts]:
        """Step the world; the key `__all__` of the flags says whether it has ended."""
        seen, rewards, terminated, truncated, infos = super().step(action_dict)
        say_ends(terminated, truncated, over=not self.par_env.agents)
        return seen, rewards, terminated, truncated, infos


class GroupsVectorEnv(VectorMultiAgentEnv):
    """Many worlds of an environment with agents, as RLlib's MultiAgentEnvRunner drives them.

    A step takes a list of dicts from agent to action, one for each world, and returns lists of dicts. A world
    that has ended is reset by the next step.

    Args:
        groups: the worlds, in next-step mode.
    """

    def __init__(self, groups: MurkGroupsEnv) -> None:
        super().__init__()
        self._groups, self.num_envs = groups, groups.num_envs
        self.metadata = dict(groups.metadata)
        self.render_mode = groups.render_mode
        self._places = {
            agent: (group, seat)
            for group, agents in groups.agents.items()
            for seat, agent in enumerate(agents)
        }
        self.single_observation_spaces = {
            agent: groups.observation_spaces[group] for agent, (group, _) in self._places.items()
        }
        self.single_action_spaces = {
            agent: groups.action_spaces[group] for agent, (group, _) in self._places.items()
        }
        self.single_observation_space = spaces.Dict(self.single_observation_spaces)
        self.single_action_space = spaces.Dict(self.single_action_spaces)
        self.envs = [_Spaces(self)] * self.num_envs
        self._active: dict[str, npt.NDArray[np.bool_]] = {}

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[list[Dicts], list[Dicts]]:
        """Begin an episode in every world; return each agent's observations and infos, by world."""
        observations, infos = self._groups.reset(seed=cast(Any, seed), options=options)
        self._active = infos["active"]
        present = [list(self._places)] * self.num_envs
        return self._seen(observations, present), self._told(infos, present)

    def step(self, actions: Any) -> Step:
        """Step every world once, as one tick; `actions` holds a dict from agent to action by world."""
        acted = [self._acting(world) for world in range(self.num_envs)]
        observations, rewards, terminated, truncated, infos = self._groups.step(self._arrays(actions, acted))
        self._active = infos["active"]
        present = [agents or list(self._places) for agents in acted]  # a world without any was reset
        flags = [self._of(values, present) for values in (rewards, terminated, truncated)]
        for world, agents in enumerate(acted):
            over = bool(agents) and not self._acting(world)
            say_ends(flags[1][world], flags[2][world], over=over)
        return self._seen(observations, present), flags[0], flags[1], flags[2], self._told(infos, present)

    def render(self) -> tuple[Any, ...] | None:
        """Return a picture of every world."""
        return self._groups.render()

    def close_extras(self, **kwargs: Any) -> None:
        """Close the groups."""
        self._groups.close()

    def _acting(self, world: int) -> list[str]:
        return [agent for agent, (group, seat) in self._places.items() if self._active[group][world, seat]]

    def _arrays(self, actions: Sequence[Mapping[str, Any]], acted: list[list[str]]) -> dict[str, Any]:
        """Return dicts from agent to action as arrays by group, (num_worlds, size, ...)."""
        worlds = self.num_envs
        made = {
            group: np.zeros((worlds, len(agents), *_shape(space)), cast(Any, space).dtype)
            for (group, agents), space in zip(
                self._groups.agents.items(), self._groups.action_spaces.values(), strict=True
            )
        }
        for world, agents in enumerate(acted):
            for agent in agents:
                group, seat = self._places[agent]
                made[group][world, seat] = actions[world][agent]
        return made

    def _of(self, values: Mapping[str, npt.NDArray[Any]], present: list[list[str]]) -> list[Dicts]:
        """Return arrays by group as dicts from agent to number, one for each world."""
        plain = {group: array.tolist() for group, array in values.items()}
        return [
            {agent: plain[self._places[agent][0]][world][self._places[agent][1]] for agent in agents}
            for world, agents in enumerate(present)
        ]

    def _seen(self, observations: Mapping[str, Any], present: list[list[str]]) -> list[Dicts]:
        rows = [
            {group: row_of(arrays, world) for group, arrays in observations.items()}
            for world in range(self.num_envs)
        ]
        return [
            {agent: row_of(rows[world][self._places[agent][0]], self._places[agent][1]) for agent in agents}
            for world, agents in enumerate(present)
        ]

    def _told(self, infos: Mapping[str, Any], present: list[list[str]]) -> list[Dicts]:
        """Return each agent's infos, one dict for each world: those of its world, and its action mask."""
        shared = {
            key: values.tolist() if values.ndim == 1 else values
            for key, values in infos.items()
            if isinstance(values, np.ndarray) and not key.startswith("_")
        }
        masks: Mapping[str, Any] = infos.get(ACTION_MASK, {})
        told: list[Dicts] = []
        for world, agents in enumerate(present):
            own: Dicts = {}
            for agent in agents:
                group, seat = self._places[agent]
                own[agent] = {key: values[world] for key, values in shared.items()}
                if group in masks:
                    own[agent][ACTION_MASK] = masks[group][world, seat]
            told.append(own)
        return told


class _Spaces(MultiAgentEnv):
    """The agents of one world and their spaces, as RLlib reads them."""

    def __init__(self, worlds: GroupsVectorEnv) -> None:
        super().__init__()
        self.possible_agents = list(worlds.single_observation_spaces or ())
        self.agents = list(self.possible_agents)
        self.observation_spaces = cast(Any, worlds.single_observation_spaces)
        self.action_spaces = cast(Any, worlds.single_action_spaces)


def say_ends(terminated: Dicts, truncated: Dicts, *, over: bool) -> None:
    """Set `__all__`: whether a world has ended, as truncated if all agents present were truncated."""
    cut = over and all(truncated[agent] for agent in truncated if agent != EVERYONE)
    terminated[EVERYONE], truncated[EVERYONE] = over and not cut, cut


def _shape(space: Any) -> tuple[int, ...]:
    return space.shape or ()
