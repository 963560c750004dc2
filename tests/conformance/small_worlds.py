"""Two environments on our engine that exist to be tested: one counts, one uses a bit of everything."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

import murk_env
from murk_env import Blueprint, Field, MurkEnv, Observation, Observe, Square4


class Count(MurkEnv):
    """Counts up to a limit.

    Observation: float32 (1,): the count.
    Action: Discrete(2): 0 counts one, 1 counts two.
    Reward: the count after the step.
    Ends: terminated at `limit`.
    Start: 0.
    Source: arithmetic.
    """

    class Params(murk_env.Params):
        """The count at which an episode ends."""

        limit: int = 3

    count = Field(over="world", dtype=np.int32, low=0.0, high=100.0)  # (num_worlds,)

    small: ClassVar[Mapping[str, Any]] = {"limit": 6}

    @classmethod
    def build(cls, params: Params) -> Blueprint:
        return Blueprint(
            lattice=Square4(2, 2),
            observation=Observation(Observe(cls.count)),
            action_space=spaces.Discrete(2),
        )

    def start(self, tick, worlds):
        tick.count = 0

    def act(self, tick, actions):
        tick.edit(Count.count)[:] += 1 + actions.astype(np.int32)

    def reward(self, before, after):
        return after.count

    def terminated(self, after):
        return after.count >= self.params.limit

    def info(self, after):
        return {"count": after.count}


class Drift(MurkEnv):
    """Drifts over a plane, pushed by the action, by chance, and by a wind that seldom turns.

    Observation: dict of `place`, float32 (2,), and `wind`, float32 (1,).
    Action: Box(-1, 1, (2,), float32): the push.
    Reward: minus the distance from the origin.
    Ends: terminated beyond a distance of 2.
    Start: uniform in the unit square.
    Source: none.
    """

    place = Field(over="world", components=2, low=-4.0, high=4.0)  # (num_worlds, 2)
    wind = Field(over="world", mutability="sparse", initial=0.25, low=-1.0, high=1.0)  # (num_worlds,)

    @classmethod
    def build(cls, params: Any) -> Blueprint:
        return Blueprint(
            lattice=Square4(2, 2),
            observation=Observation(Observe(cls.place), Observe(cls.wind), layout="dict"),
            action_space=spaces.Box(-1.0, 1.0, (2,), np.float32),
        )

    def start(self, tick, worlds):
        tick.place = tick.rng.random(2).astype(np.float32)

    def act(self, tick, actions):
        noise = tick.rng.normal(shape=2).astype(np.float32)
        turned = tick.rng.random() < 0.2
        if turned.any():
            tick.edit(Drift.wind)[turned] *= np.float32(-1.0)
        push = actions * np.float32(0.5) + noise * np.float32(0.5)
        tick.edit(Drift.place)[:] += push + tick.wind[:, None]

    def reward(self, before, after):
        return -np.hypot(*after.place.T)

    def terminated(self, after):
        return np.hypot(*after.place.T) > 2.0

    def info(self, after):
        place = after.place
        corner = (place > 0.0).sum(axis=1)
        return {"place": place, "x": place[:, 0], "windy": after.wind > 0.0, "corner": corner}
