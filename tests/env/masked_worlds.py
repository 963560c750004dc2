"""Small environments whose actions are masked: one actor, several choices, agents apart, and a team.

Each is right if a mask allows exactly the steps that stay on the line.
"""

import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete

from murk_env import Blueprint, Field, Group, Line1D, MurkEnv, Observation, Observe, per_world

__all__ = ["LENGTH", "CompiledRail", "Crews", "Gears", "Rail", "Trams"]

LENGTH = 4


def steps_allowed(cell, length=LENGTH):
    """Return where a step of 0, -1 and 1 from some cells stays on the line, (..., 3)."""
    return np.stack([np.ones_like(cell), cell > 0, cell < length - 1], axis=-1)


class Rail(MurkEnv):
    """Stays, or walks left or right on a line; the mask, which is derived, keeps it there."""

    cell = Field(over="world", dtype=np.int32)  # (num_worlds,)
    allowed = Field(over="world", components=3, derived=True)  # (num_worlds, 3)
    max_episode_steps = 5
    first = 0

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Line1D(LENGTH),
            observation=Observation(Observe(cls.cell)),
            action_space=Discrete(3, start=cls.first),
            action_mask=cls.allowed,
        )

    def start(self, tick, worlds):
        tick.cell = tick.rng.integers(LENGTH)

    def act(self, tick, actions):
        tick.cell = tick.cell + np.array([0, -1, 1])[actions - self.first]

    def derive(self, tick):
        tick.allowed = steps_allowed(tick.cell)

    def reward(self, before, after):
        return after.cell * 1.0

    def terminated(self, after):
        return np.zeros(len(after.cell), bool)


class CompiledRail(Rail):
    """The same with actions from -1 on, and a mask that a compiled hook derives."""

    first = -1

    @per_world
    def derive(self):
        self.allowed[0] = 1.0
        self.allowed[1] = 1.0 if self.cell[0] > 0 else 0.0
        self.allowed[2] = 1.0 if self.cell[0] < LENGTH - 1 else 0.0


class Gears(MurkEnv):
    """Two choices of 2 and 3 options: the second may not stay as it is. Hooks set the mask."""

    last = Field(over="world", dtype=np.int32, categories=3)  # (num_worlds,)
    allowed = Field(over="world", components=5, dtype=np.int32, initial=1, low=0, high=1)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Line1D(LENGTH),
            observation=Observation(Observe(cls.last)),
            action_space=MultiDiscrete([2, 3]),
            action_mask=cls.allowed,
        )

    def start(self, tick, worlds):
        tick.last = tick.rng.integers(3)
        self._forbid(tick)

    def act(self, tick, actions):
        tick.last = actions[:, 1]
        self._forbid(tick)

    def _forbid(self, tick):
        free = np.arange(3) != tick.last[:, np.newaxis]
        tick.allowed = np.concatenate([np.ones_like(free[:, :2]), free], axis=1).astype(np.int32)

    def reward(self, before, after):
        return (before.last == after.last) * 1.0

    def terminated(self, after):
        return np.zeros(len(after.last), bool)


class Trams(MurkEnv):
    """Trams that stay or step left or right, and buses, which step ahead or not; they leave at the end."""

    cell = Field(over="agents", dtype=np.int32, low=0, high=LENGTH - 1)  # (num_worlds, num_agents)
    allowed = Field(over="agents", components=3, derived=True)  # (num_worlds, 3, num_agents)
    max_episode_steps = 6
    teams = False

    @classmethod
    def build(cls, params):
        seen = Observation(Observe(cls.cell), over="agents")
        return Blueprint(
            lattice=Line1D(LENGTH),
            observation=Observation(Observe(cls.cell)) if cls.teams else None,
            groups=[
                Group("tram", 2, seen, Discrete(3), action_mask=cls.allowed),
                Group("bus", 1, seen, Discrete(2), action_mask=cls.allowed),
                Group("cart", 1, seen, Discrete(2)),
            ],
        )

    def start(self, tick, worlds):
        tick.cell = tick.rng.integers(0, 2, 4)

    def act(self, tick, actions):
        moves = np.array([0, -1, 1])[actions]
        moves[:, 2:] = actions[:, 2:]
        tick.cell = np.clip(tick.cell + moves, 0, LENGTH - 1)

    def derive(self, tick):
        allowed = np.swapaxes(steps_allowed(tick.cell), 1, 2).copy()  # (num_worlds, 3, num_agents)
        allowed[:, 1, 2] = tick.cell[:, 2] < LENGTH - 1
        tick.allowed = allowed

    def reward(self, before, after):
        return (after.cell - before.cell) * 1.0

    def terminated(self, after):
        return after.cell == LENGTH - 1


class Crews(Trams):
    """The same as a team."""

    teams = True

    def reward(self, before, after):
        return after.cell.sum(axis=1) * 1.0

    def terminated(self, after):
        return (after.cell == LENGTH - 1).all(axis=1)
