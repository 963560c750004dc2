"""What a vector env of agent rows has to return, put together from one parallel env per world.

Infos are packed by Gymnasium's own `VectorEnv`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array

from murk_env import MurkAgentVectorEnv, MurkParallelEnv

__all__ = ["AgentRows", "Script"]


@dataclass
class Row:
    """One agent's part of one step."""

    observation: Any
    info: dict[str, Any]
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False


@dataclass
class OneWorld:
    """A parallel env under one of Gymnasium's autoreset modes."""

    env: MurkParallelEnv
    mode: str
    rows: dict[str, Row] = field(default_factory=dict)

    def begin(self, seed=None):
        observations, infos = self.env.reset(seed=seed)
        self.rows = {name: Row(observations[name], {**infos[name], "active": True}) for name in observations}

    def step(self, chosen):
        if not self.env.agents:
            self.begin()
            return
        seen, rewards, terminated, truncated, infos = self.env.step(
            {name: chosen[name] for name in self.env.agents}
        )
        info = next(iter(infos.values()))
        inactive = {"active": False, **info}
        self.rows = {name: Row(self.nothing(name), dict(inactive)) for name in self.env.possible_agents}
        for name, observation in seen.items():
            said = {**infos[name], "active": name in self.env.agents}
            self.rows[name] = Row(observation, said, rewards[name], terminated[name], truncated[name])
        if self.mode == "SameStep":
            self.finish()

    def finish(self):
        """Put what ended into final_obs and final_info, and reset if nobody is left."""
        for name, row in self.rows.items():
            if row.terminated or row.truncated:
                final = {"final_obs": row.observation, "final_info": dict(row.info)}
                row.observation, row.info = self.nothing(name), {**row.info, **final}
        if not self.env.agents:
            observations, infos = self.env.reset()
            for name, row in self.rows.items():
                kept = {key: value for key, value in row.info.items() if key.startswith("final")}
                row.observation, row.info = observations[name], {**infos[name], "active": True, **kept}

    def nothing(self, name):
        space = self.env.observation_space(name)
        zeros: Any = create_empty_array(space, 1)
        return {key: array[0] for key, array in zeros.items()} if isinstance(zeros, dict) else zeros[0]


class AgentRows:
    """The rows of one group's agents in many worlds."""

    def __init__(self, env_class: Any, group, num_worlds, mode, **keywords: Any):
        self.worlds = [OneWorld(MurkParallelEnv(env_class, **keywords), mode) for _ in range(num_worlds)]
        env = self.worlds[0].env
        self.names = [name for name in env.possible_agents if name.startswith(f"{group}_")]
        self.space = env.observation_space(self.names[0])
        self.packer = VectorEnv()
        self.packer.num_envs = num_worlds * len(self.names)

    def reset(self, seeds, worlds=None):
        """Reset some worlds, or all; the infos are those of the worlds that were reset."""
        chosen = range(len(self.worlds)) if worlds is None else worlds
        for world in chosen:
            self.worlds[world].begin(seeds[world])
        return self.observations(), self.infos(chosen)

    def step(self, actions):
        """Step every world; `actions` holds, for each, a dict by agent."""
        for world, chosen in zip(self.worlds, actions, strict=True):
            world.step(chosen)
        rows = self.all_rows(range(len(self.worlds)))
        return (
            self.observations(),
            np.array([row.reward for _, row in rows]),
            np.array([row.terminated for _, row in rows]),
            np.array([row.truncated for _, row in rows]),
            self.infos(range(len(self.worlds))),
        )

    def all_rows(self, worlds):
        size = len(self.names)
        return [
            (world * size + seat, self.worlds[world].rows[name])
            for world in worlds
            for seat, name in enumerate(self.names)
        ]

    def observations(self):
        rows = [row.observation for _, row in self.all_rows(range(len(self.worlds)))]
        return concatenate(self.space, rows, create_empty_array(self.space, len(rows)))

    def infos(self, worlds):
        packed: dict[str, Any] = {}
        for place, row in self.all_rows(worlds):
            packed = self.packer._add_info(packed, row.info, place)
        return packed

    @property
    def ended(self):
        """The worlds nobody acts in any more."""
        return [number for number, world in enumerate(self.worlds) if not world.env.agents]


class Script:
    """Random actions for all agents of many worlds, and vector envs that follow them.

    The other groups' policies of `envs` act by the script too.
    """

    def __init__(self, env_class: Any, group, num_worlds, *, seed=5, **keywords: Any):
        parallel = MurkParallelEnv(env_class, **keywords)
        self.names = parallel.possible_agents
        self.spaces = [parallel.action_space(name) for name in self.names]
        for space in self.spaces:
            seed += 1
            space.seed(seed)
        groups = dict.fromkeys(name.rpartition("_")[0] for name in self.names)
        self.num_worlds = num_worlds
        self.own = [place for place, name in enumerate(self.names) if name.startswith(f"{group}_")]
        others = {
            other: self.policy([p for p, name in enumerate(self.names) if name.startswith(f"{other}_")])
            for other in groups
            if other != group
        }
        self.make = lambda **more: MurkAgentVectorEnv(
            env_class, **({"num_worlds": num_worlds, "group": group, "others": others} | keywords | more)
        )
        self.actions: list[list[Any]] = []

    def policy(self, places):
        return lambda _seen: np.array([[world[place] for place in places] for world in self.actions])

    def draw(self):
        """Draw the actions of the next step; the rows' own are returned, and those of worlds by agent."""
        self.actions = [[space.sample() for space in self.spaces] for _ in range(self.num_worlds)]
        batched = batch_space(self.spaces[self.own[0]], self.num_worlds * len(self.own))
        rows = np.array([world[place] for world in self.actions for place in self.own], batched.dtype)
        return rows, [dict(zip(self.names, world, strict=True)) for world in self.actions]
