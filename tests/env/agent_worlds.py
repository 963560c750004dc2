"""Small environments of agents that only tests have: rewarded apart, by both kinds of hooks, and a team.

`AGENT_ENVIRONMENTS` pairs each with a time limit under which some agents leave early, some worlds end because
all have left, and some are truncated.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from murk_env import (
    ACTIVE,
    Blueprint,
    Field,
    Group,
    Line1D,
    Mask,
    MurkEnv,
    Observation,
    Observe,
    Ring1D,
    Window,
    aec_form,
    parallel_form,
    per_world,
)
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

    @dataclass(frozen=True, kw_only=True)
    class Params:
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

    def build(self, params: Params) -> Blueprint:
        near = Window(self.litter, around=self.cell, rectangle=(1,))
        return Blueprint(
            lattice=Line1D(params.length),
            groups=[
                Group(
                    "hare",
                    params.hares,
                    Observation(Observe(self.cell), Observe(self.stamina), near, over="agents"),
                    Discrete(3),
                ),
                Group(
                    "tortoise",
                    params.tortoises,
                    Observation(Observe(self.cell), Observe(self.day), over="agents"),
                    Discrete(2),
                ),
            ],
        )

    def start(self, tick, worlds):
        num_agents = tick[self.cell].shape[1]
        tick[self.cell] = tick.rng.integers(0, 2, num_agents).astype(np.int32)
        tick[self.stamina] = tick.rng.integers(2, 6, num_agents, endpoint=True).astype(np.float32)
        tick[self.litter] = tick.rng.random(self.lattice.num_cells, dtype=np.float32)
        tick[self.rain] = tick.rng.integers(0, 2).astype(np.float32)

    def act(self, tick, actions):
        slips = tick.rng.random(actions.shape[1]) < 0.2
        steps = np.where(slips | (tick[ACTIVE] == 0), 0, actions)
        last = self.lattice.num_cells - 1
        tick[self.cell] = np.minimum(tick[self.cell] + steps, last).astype(np.int32)
        tick.edit(self.stamina)[:, : self.params.hares] -= (steps[:, : self.params.hares] > 0).astype(
            np.float32
        )
        tick.edit(self.day)[:] += 1

    def reward(self, before, after):
        made = after[self.cell] - before[self.cell]
        return made + 10.0 * self._arrived(after)

    def _arrived(self, values):
        return values[self.cell] == self.lattice.num_cells - 1

    def terminated(self, after):
        tired = after[self.stamina] <= 0.0
        tired[:, self.params.hares :] = False
        return self._arrived(after) | tired

    def info(self, after):
        return {"day": after[self.day], "cells": after[self.cell], "wet": after[self.rain] > 0.5}


class CompiledRace(Race):
    """`Race` with hooks for one world, but for chance, and with observations in dicts."""

    def build(self, params: Race.Params) -> Blueprint:
        near = Window(self.litter, around=self.cell, rectangle=(1,), name="near")
        observation = Observation(Observe(self.cell), near, layout="dict", over="agents")
        return Blueprint(
            lattice=Line1D(params.length),
            groups=[
                Group("hare", params.hares, observation, Discrete(3, start=-1)),
                Group("tortoise", params.tortoises, observation, Discrete(2)),
            ],
        )

    @per_world(Race.cell, Race.stamina, Race.litter)
    def start(cell: Any, stamina: Any, litter: Any, rng: Any):
        for agent in range(len(cell)):
            cell[agent] = integers(rng, 0, 2)
            stamina[agent] = 2.0 + integers(rng, 0, 5)
        for here in range(len(litter)):
            litter[here] = uniform(rng)

    @per_world(Race.cell, Race.stamina, Race.day, ACTIVE)
    def act(cell: Any, stamina: Any, day: Any, active: Any, action: Any, rng: Any, length: int, hares: int):
        day[0] += 1
        for agent in range(len(cell)):
            slips = uniform(rng) < 0.2
            if active[agent] != 0 and not slips:
                cell[agent] = max(0, min(cell[agent] + action[agent], length - 1))
                if agent < hares:
                    stamina[agent] -= 1.0

    @per_world(Race.cell, before=[Race.cell])
    def reward(cell: Any, old: Any, length: int, out: Any):
        for agent in range(len(cell)):
            out[agent] = cell[agent] - old[agent] + (10.0 if cell[agent] == length - 1 else 0.0)

    @per_world(Race.cell, Race.stamina)
    def terminated(cell: Any, stamina: Any, length: int, hares: int, out: Any):
        for agent in range(len(cell)):
            out[agent] = cell[agent] == length - 1 or (agent < hares and stamina[agent] <= 0.0)


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

    def build(self, params: Any) -> Blueprint:
        seen = Observation(Observe(self.height), Observe(self.drift), over="agents")
        return Blueprint(
            lattice=Ring1D(4), groups=[Group("glider", 3, seen, Box(-1.0, 1.0, (2,), np.float32))]
        )

    def start(self, tick, worlds):
        tick[self.height] = (0.5 + 1.5 * tick.rng.random(3)).astype(np.float32)

    def act(self, tick, actions):
        falls = 0.8 * tick.rng.random(3, dtype=np.float32)
        tick.edit(self.height)[:] += np.float32(0.1) * actions[:, :, 0] - falls
        tick[self.drift] = actions[:, :, 1]

    def reward(self, before, after):
        return after[self.drift]

    def terminated(self, after):
        return after[self.height] <= 0.0


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

    def build(self, params: Any) -> Blueprint:
        seen = Observation(Observe(self.age), over="agents")
        return Blueprint(lattice=Ring1D(4), groups=[Group("fly", 2, seen, Discrete(3))])

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        tick.edit(self.age)[:] += 1.0
        tick[self.gift] = actions.astype(np.float32)

    def reward(self, before, after):
        return after[self.age] + after[self.gift]

    def terminated(self, after):
        return after[self.age] >= np.array([2.0, 3.0])

    def info(self, after):
        return {"oldest": after[self.age].max(axis=1)}


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

    def build(self, params: Any) -> Blueprint:
        own = Observation(Observe(self.strength), Mask(self.boat), over="agents")
        return Blueprint(
            lattice=Ring1D(8),
            groups=[Group("rower", 2, own, Discrete(2))],
            observation=Observation(Mask(self.boat)),
        )

    def start(self, tick, worlds):
        tick[self.boat] = tick.rng.integers(0, 3).astype(np.int32)
        tick[self.strength] = tick.rng.random(2, dtype=np.float32)

    def act(self, tick, actions):
        tick[self.boat] = np.minimum(tick[self.boat] + actions.sum(axis=1), 7).astype(np.int32)

    def reward(self, before, after):
        return after[self.boat] - before[self.boat] - 1.0

    def terminated(self, after):
        return after[self.boat] == 7

    def info(self, after):
        return {"boat": after[self.boat]}


parallel_env, env = parallel_form(Race), aec_form(Race)

AGENT_ENVIRONMENTS: list[tuple[type[MurkEnv], int]] = [(Race, 8), (CompiledRace, 8), (Gliders, 7), (Crew, 7)]
