"""An environment that counts, for runs in which nothing is compiled.

`python -m tests.env.author.counting STRAY` prints what its worlds give in some steps; a `stray` of 3 makes
`act` write outside an array.
"""

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import MultiDiscrete

import murk_env
from murk_env import (
    Blueprint,
    Draws,
    Field,
    Line1D,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Rings,
    per_world,
)
from murk_env.random import integers, uniform

__all__ = ["Counting", "rollout"]


def farthest(world: Any) -> int:
    """Return the last cell that has been visited."""
    cell = 0
    for other in range(len(world.visits)):
        if world.visits[other] > 0:
            cell = other
    return cell


class Counting(MurkEnv):
    """Hops along a line and counts its visits; an episode is over after three of one cell."""

    class Params(murk_env.Params):
        """What is added to the cell that is counted."""

        stray: int = 0

    ENOUGH = 3

    place = Field(over="world", dtype="int32")  # (num_worlds,) cell
    visits = Field(dtype="int32")  # (num_worlds, num_cells)
    luck = Field(over="world", components=2, dtype="int32")  # (num_worlds, 2)
    warmth = Field()  # (num_worlds, num_cells)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        near = Observe(cls.warmth).window(around=cls.place, disk=1).pooled("mean", 3)
        rings = Rings(cls.warmth, around=cls.place, begin=(0, 1, 9), operation="mean")  # the last is empty
        return Blueprint(
            lattice=Line1D(4),
            observation=Observation(Observe(cls.place), Observe(cls.visits), Observe(cls.luck), near, rings),
            action_space=MultiDiscrete([3, 2]),
        )

    @staticmethod
    def doubled(number: int) -> int:
        return 2 * number

    def visited(self, cell: int) -> bool:
        return self.visits[cell] > 0

    @per_world
    def start(self, rng: Draws) -> None:
        self.place[0] = integers(rng, 0, 4)
        self.luck[0] = self.elapsed_steps
        for cell in range(len(self.warmth)):
            self.warmth[cell] = uniform(rng)

    @per_world
    def act(self, action: npt.NDArray[np.int64], rng: Draws) -> None:
        self.place[0] = self.moves[self.place[0], action[0] - 1]
        self.visits[self.place[0] + self.params.stray] += action[1]
        self.luck[0], self.luck[1] = self.elapsed_steps, integers(rng, -5, 6)

    @per_world
    def reward(self, before: "Counting") -> float:
        again = 1 if before.visits[self.place[0]] > 0 and self.visited(self.place[0]) else 0
        return self.doubled(farthest(self)) - again

    @per_world
    def terminated(self) -> bool:
        return self.visits.max() >= self.ENOUGH


def rollout(stray: int) -> list[list[float]]:
    """Return the rows of observations, rewards and flags of some steps of three worlds."""
    envs = MurkVectorEnv(Counting, 3, stray=stray, max_episode_steps=7)
    rows = [envs.reset(seed=5)[0].ravel().tolist()]
    for step in range(25):
        actions = np.array([[step % 3, 1], [(step + 1) % 3, step % 2], [2, 1]])
        rows.append(np.column_stack(envs.step(actions)[:4]).ravel().tolist())
    return rows


if __name__ == "__main__":
    print(rollout(int(sys.argv[1])))
