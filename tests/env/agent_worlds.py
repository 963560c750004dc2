"""Small environments of agents that only tests have: rewarded apart, by both kinds of hooks, and a team.

`AGENT_ENVIRONMENTS` pairs each with a time limit under which some agents leave early, some worlds end because
all have left, and some are truncated.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

import murk_env
from murk_env import (
    ACTIVE,
    Blueprint,
    Draws,
    Field,
    Group,
    Line1D,
    Mask,
    MurkEnv,
    Observation,
    Observe,
    Ring1D,
    Window,
    per_world,
)
from murk_env.faces.forms import form_of_class
from murk_env.random import integers, uniform

__all__ = ["AGENT_ENVIRONMENTS", "CompiledRace", "Crew", "Gliders", "Mayflies", "Race"]


class Race(MurkEnv):
    """Hares and tortoises run along a line, and leave it at its end. Array hooks only.

    Observation: float32: hares (5,): their cell, stamina, and the litter on the three cells around;
        tortoises (2,): their cell and the day.
    Action: hares Discrete(3), steps ahead; tortoises Discrete(2).
    Reward: the steps made, and 10 more at the end of the line.
    Ends: an agent's at the last cell; a hare's also when it has no stamina left.
    Start: any of the first two cells; a stamina of 2 to 6; litter on some cells.
    Source: none.
    """

    class Params(murk_env.Params):
        """Length of the line, and how many run."""

        length: int = 4
        hares: int = 3
        tortoises: int = 2

    cell = Field(over="agents", dtype=np.int32, low=0, high=63)  # (num_worlds, num_agents)
    stamina = Field(over="agents", low=0.0, high=6.0)  # (num_worlds, num_agents)
    litter = Field(low=0.0, high=1.0)  # (num_worlds, num_cells)
    day = Field(over="world", dtype=np.int32, initial=1, low=0, high=999)  # (num_worlds,)
    rain = Field(over="world", mutability="sparse", low=0.0, high=1.0)  # (num_worlds,)

    max_episode_steps = 20

    @classmethod
    def build(cls, params: Params) -> Blueprint:
        near = Window(cls.litter, around=cls.cell, rectangle=(1,))
        return Blueprint(
            lattice=Line1D(params.length),
            groups=[
                Group(
                    "hare",
                    params.hares,
                    Observation(Observe(cls.cell), Observe(cls.stamina), near, over="agents"),
                    Discrete(3),
                ),
                Group(
                    "tortoise",
                    params.tortoises,
                    Observation(Observe(cls.cell), Observe(cls.day), over="agents"),
                    Discrete(2),
                ),
            ],
        )

    def start(self, tick, worlds):
        num_agents = tick.cell.shape[1]
        tick.cell = tick.rng.integers(0, 2, num_agents).astype(np.int32)
        tick.stamina = tick.rng.integers(2, 6, num_agents, endpoint=True).astype(np.float32)
        tick.litter = tick.rng.random(self.lattice.num_cells, dtype=np.float32)
        tick.rain = tick.rng.integers(0, 2).astype(np.float32)

    def act(self, tick, actions):
        slips = tick.rng.random(actions.shape[1]) < 0.2
        steps = np.where(slips | (tick[ACTIVE] == 0), 0, actions)
        last = self.lattice.num_cells - 1
        tick.cell = np.minimum(tick.cell + steps, last).astype(np.int32)
        tick.edit(type(self).stamina)[:, : self.params.hares] -= (steps[:, : self.params.hares] > 0).astype(
            np.float32
        )
        tick.edit(type(self).day)[:] += 1

    def reward(self, before, after):
        made = after.cell - before.cell
        return made + 10.0 * self._arrived(after)

    def _arrived(self, values):
        return values.cell == self.lattice.num_cells - 1

    def terminated(self, after):
        tired = after.stamina <= 0.0
        tired[:, self.params.hares :] = False
        return self._arrived(after) | tired

    def info(self, after):
        return {"day": after.day, "cells": after.cell, "wet": after.rain > 0.5}


class CompiledRace(Race):
    """`Race` with hooks for one world, but for chance, and with observations in dicts."""

    @classmethod
    def build(cls, params: Race.Params) -> Blueprint:
        near = Window(cls.litter, around=cls.cell, rectangle=(1,), name="near")
        observation = Observation(Observe(cls.cell), near, layout="dict", over="agents")
        return Blueprint(
            lattice=Line1D(params.length),
            groups=[
                Group("hare", params.hares, observation, Discrete(3, start=-1)),
                Group("tortoise", params.tortoises, observation, Discrete(2)),
            ],
        )

    @per_world
    def start(self, rng: Draws):
        for agent in range(len(self.cell)):
            self.cell[agent] = integers(rng, 0, 2)
            self.stamina[agent] = 2.0 + integers(rng, 0, 5)
        for here in range(len(self.litter)):
            self.litter[here] = uniform(rng)

    @per_world
    def act(self, action: npt.NDArray[np.int64], rng: Draws):
        self.day[0] += 1
        for agent in range(len(self.cell)):
            slips = uniform(rng) < 0.2
            if self.active[agent] != 0 and not slips:
                self.cell[agent] = max(0, min(self.cell[agent] + action[agent], self.params.length - 1))
                if agent < self.params.hares:
                    self.stamina[agent] -= 1.0

    @per_world
    def reward(self, before: "CompiledRace", agent: int):
        made = self.cell[agent] - before.cell[agent]
        return made + (10.0 if self.cell[agent] == self.params.length - 1 else 0.0)

    @per_world
    def terminated(self, agent: int):
        tired = agent < self.params.hares and self.stamina[agent] <= 0.0
        return self.cell[agent] == self.params.length - 1 or tired


class Gliders(MurkEnv):
    """One group of gliders, each with a height of its own that falls; they land apart.

    Observation: float32 (2,): height and drift.
    Action: Box(-1, 1, (2,)): lift and drift.
    Reward: the drift.
    Ends: an agent's at height 0.
    Start: a height between 0.5 and 2.
    Source: none.
    """

    height = Field(over="agents", low=0.0, high=3.0)  # (num_worlds, num_agents)
    drift = Field(over="agents", low=-1.0, high=1.0)  # (num_worlds, num_agents)

    @classmethod
    def build(cls, params: Any) -> Blueprint:
        seen = Observation(Observe(cls.height), Observe(cls.drift), over="agents")
        return Blueprint(
            lattice=Ring1D(4), groups=[Group("glider", 3, seen, Box(-1.0, 1.0, (2,), np.float32))]
        )

    def start(self, tick, worlds):
        tick.height = (0.5 + 1.5 * tick.rng.random(3)).astype(np.float32)

    def act(self, tick, actions):
        falls = 0.8 * tick.rng.random(3, dtype=np.float32)
        tick.edit(type(self).height)[:] += np.float32(0.1) * actions[:, :, 0] - falls
        tick.drift = actions[:, :, 1]

    def reward(self, before, after):
        return after.drift

    def terminated(self, after):
        return after.height <= 0.0


class Mayflies(MurkEnv):
    """Two agents that grow a day older at every step; the second lives a day longer. All by hand.

    Observation: float32 (1,): age.
    Action: Discrete(3): what is added to the reward.
    Reward: the age, and the action.
    Ends: an agent's at the age of 2, or 3.
    Start: an age of 1.
    Source: none.
    """

    age = Field(over="agents", initial=1.0, low=0.0, high=9.0)  # (num_worlds, num_agents)
    gift = Field(over="agents")  # (num_worlds, num_agents)
    plain = Field()  # (num_worlds, num_cells), for pictures

    @classmethod
    def build(cls, params: Any) -> Blueprint:
        seen = Observation(Observe(cls.age), over="agents")
        return Blueprint(lattice=Ring1D(4), groups=[Group("fly", 2, seen, Discrete(3))])

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        tick.edit(type(self).age)[:] += 1.0
        tick.gift = actions.astype(np.float32)

    def reward(self, before, after):
        return after.age + after.gift

    def terminated(self, after):
        return after.age >= np.array([2.0, 3.0])

    def info(self, after):
        return {"oldest": after.age.max(axis=1)}


class Crew(MurkEnv):
    """A crew that rows a boat along a ring to its last cell, as a team.

    Observation: float32: one-hot of the boat's cell; a rower's: its own strength, and the same one-hot.
    Action: for every rower Discrete(2), whether it pulls.
    Reward: the pulls, less 1.
    Ends: terminated at the last cell.
    Start: any of the first three cells.
    Source: none.
    """

    boat = Field(over="world", dtype=np.int32, low=0, high=63)  # (num_worlds,) cell
    strength = Field(over="agents", low=0.0, high=1.0)  # (num_worlds, num_agents)
    water = Field(low=0.0, high=1.0)  # (num_worlds, num_cells)

    @classmethod
    def build(cls, params: Any) -> Blueprint:
        own = Observation(Observe(cls.strength), Mask(cls.boat), over="agents")
        return Blueprint(
            lattice=Ring1D(8),
            groups=[Group("rower", 2, own, Discrete(2))],
            observation=Observation(Mask(cls.boat)),
        )

    def start(self, tick, worlds):
        tick.boat = tick.rng.integers(0, 3).astype(np.int32)
        tick.strength = tick.rng.random(2, dtype=np.float32)

    def act(self, tick, actions):
        tick.boat = np.minimum(tick.boat + actions.sum(axis=1), 7).astype(np.int32)

    def reward(self, before, after):
        return after.boat - before.boat - 1.0

    def terminated(self, after):
        return after.boat == 7

    def info(self, after):
        return {"boat": after.boat}


parallel_env, env = form_of_class("parallel", Race), form_of_class("aec", Race)

AGENT_ENVIRONMENTS: list[tuple[type[MurkEnv], int]] = [(Race, 8), (CompiledRace, 8), (Gliders, 7), (Crew, 7)]
