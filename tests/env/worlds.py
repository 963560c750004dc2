"""Small environments that only tests have: together they use every kind of field, hook, action and layout.

`TEST_ENVIRONMENTS` pairs each with a time limit under which, with its `small` parameters, some episodes
terminate, some are truncated, and neighbouring worlds end at different times.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete

import murk_env
from murk_env import (
    Blueprint,
    Diffusion,
    Draws,
    Field,
    Mask,
    MurkEnv,
    Observation,
    Observe,
    Propagator,
    Square4,
    per_world,
)
from murk_env.random import integers, normal, uniform

__all__ = [
    "TEST_ENVIRONMENTS",
    "ArrayForager",
    "CompiledForager",
    "Counter",
    "Drifter",
    "Mixed",
    "Walker",
]


class Counter(Propagator):
    """Adds one to a field at every tick, starting from what it was."""

    def __init__(self, field: Field) -> None:
        self.updates = (field,)

    def step(self, frame: Any) -> None:
        frame.update(self.updates[0])[...] += 1


class Walker(MurkEnv):
    """Walks on a grid towards its far corner, and burns a fuse on the way. Array hooks only.

    Observation: float32: visits of every cell, one-hot of the agent's cell, bell, fuse.
    Action: Discrete(5): stay, north, south, west, east.
    Reward: hops that the step came closer to the corner, after minus before.
    Ends: terminated at the corner or when the fuse has burnt down.
    Start: any cell but the corner; a fuse of 2 to `longest_fuse` steps.
    Source: none.
    """

    class Params(murk_env.Params):
        """Side of the grid, and the longest fuse."""

        size: int = 4
        longest_fuse: int = 40

    agent = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    visits = Field(dtype=np.int32, low=0, high=100)  # (num_worlds, num_cells)
    bell = Field(over="world", mutability="sparse", low=-1.0, high=9.0)  # (num_worlds,)
    fuse = Field(over="world", dtype=np.int32, low=-1, high=99)  # (num_worlds,)

    small: ClassVar[Mapping[str, Any]] = {"longest_fuse": 12}

    @classmethod
    def build(cls, params: Params) -> Blueprint:
        return Blueprint(
            lattice=Square4(params.size, params.size),
            observation=Observation(
                Observe(cls.visits), Mask(cls.agent), Observe(cls.bell), Observe(cls.fuse)
            ),
            action_space=Discrete(5),
        )

    @property
    def corner(self) -> int:
        return self.lattice.num_cells - 1

    def start(self, tick, worlds):
        tick.agent = tick.rng.integers(self.corner).astype(np.int32)
        tick.fuse = tick.rng.integers(2, self.params.longest_fuse, endpoint=True).astype(np.int32)
        if (tick.fuse % 3 == 0).any():
            tick.bell = np.where(tick.fuse % 3 == 0, -1.0, 0.0).astype(np.float32)

    def act(self, tick, actions):
        slips = tick.rng.random() < 0.2
        directions = np.where(slips, -1, actions - 1)
        tick.agent = self.lattice.move(tick.agent, directions)
        visits = tick.edit(type(self).visits)
        visits[np.arange(len(actions)), tick.agent] += 1
        tick.edit(type(self).fuse)[:] -= 1
        if (actions == 0).any():
            tick.edit(type(self).bell)[actions == 0] += 1.5

    def distance(self, values):
        return self.lattice.distance(values.agent, np.full_like(values.agent, self.corner))

    def reward(self, before, after) -> Any:
        return self.distance(before) - self.distance(after)

    def terminated(self, after):
        return (after.agent == self.corner) | (after.fuse <= 0)

    def info(self, after):
        return {
            "fuse": after.fuse,
            "bell": after.bell,
            "stuck": after.at(type(self).visits, after.agent) > 2,
            "visits": after.visits,
        }


class Drifter(MurkEnv):
    """Drifts in a strip and turns, pushed by the action and by chance.

    Observation: float32 (3,): x, y, angle.
    Action: Box(-1, 1, (2,)): push along x, and turn.
    Reward: how far x has come in the step.
    Ends: terminated when y lies above `ceiling`.
    Start: x 0, y and angle uniform.
    Source: none.
    """

    class Params(murk_env.Params):
        """The height at which an episode ends."""

        ceiling: float = 0.95

    x = Field(over="world", low=-2.0, high=2.0)  # (num_worlds,)
    y = Field(over="world", low=0.0, high=1.0, at_bounds="reflect")  # (num_worlds,)
    angle = Field(over="world", low=-3.0, high=3.0, at_bounds="wrap")  # (num_worlds,)

    small: ClassVar[Mapping[str, Any]] = {"ceiling": 0.8}

    @classmethod
    def build(cls, params: Params) -> Blueprint:
        return Blueprint(
            lattice=Square4(1, 1),
            observation=Observation(Observe(cls.x), Observe(cls.y), Observe(cls.angle)),
            action_space=Box(-1.0, 1.0, (2,), np.float32),
        )

    def start(self, tick, worlds):
        tick.y = tick.rng.random(dtype=np.float32)
        tick.angle = (6.0 * tick.rng.random() - 3.0).astype(np.float32)

    def act(self, tick, actions):
        noise = tick.rng.normal(0.0, 0.3, 2).astype(np.float32)
        tick.edit(type(self).x)[:] += actions[:, 0]
        tick.edit(type(self).y)[:] += noise[:, 0]
        tick.edit(type(self).angle)[:] += actions[:, 1] + noise[:, 1]

    def reward(self, before, after):
        return after.x - before.x

    def terminated(self, after):
        return after.y > self.params.ceiling


class Mixed(MurkEnv):
    """Pushes a spark over a warm plate that has a hidden map of prizes. Compiled and array hooks.

    Observation: dict of `heat` and `spark` as pictures, `prizes` as a picture, `flow` (2,).
    Action: MultiDiscrete([5, 2]): where to hop, and whether to kindle.
    Reward: prize at the cell, plus how much warmer it is there than it was.
    Ends: terminated when the count of kindlings is used up.
    Start: any cell; 1 to 4 kindlings.
    Source: none.
    """

    class Params(murk_env.Params):
        """Share of heat that flows in a tick, and the weight of warmth in the reward."""

        share: float = 0.2
        weight: float = 2.0

    heat = Field(low=0.0)  # (num_worlds, num_cells), written by the diffusion
    ember = Field()  # (num_worlds, num_cells), where act puts the heat; (the diffusion reads it)
    spark = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    left = Field(over="world", dtype=np.int32)  # (num_worlds,) kindlings
    flow = Field(over="world", components=2)  # (num_worlds, 2)
    prizes = Field(mutability="static", low=0.0, high=1.0)  # (num_cells,)

    small: ClassVar[Mapping[str, Any]] = {"share": 0.1}

    @classmethod
    def build(cls, params: Params) -> Blueprint:
        return Blueprint(
            lattice=Square4(2, 3, edge="wrap"),
            propagators=[Diffusion(cls.ember, coefficient=params.share, output=cls.heat, clamp=(0.0, None))],
            observation=Observation(
                Observe(cls.heat),
                Mask(cls.spark),
                Observe(cls.prizes),
                Observe(cls.flow),
                layout="dict",
            ),
            action_space=MultiDiscrete([5, 2]),
            static={cls.prizes: lambda: np.linspace(0.0, 1.0, 6)},
        )

    @per_world
    def start(self, rng: Draws):
        self.spark[0] = integers(rng, 0, 6)
        self.left[0] = 1 + integers(rng, 0, 4)
        self.flow[0] = uniform(rng)
        self.flow[1] = normal(rng)

    def act(self, tick, actions):
        tick.spark = self.lattice.move(tick.spark, actions[:, 0] - 1)
        kindle = np.flatnonzero(actions[:, 1] == 1)
        tick.edit(type(self).left)[kindle] -= 1
        tick.edit(type(self).ember)[kindle, tick.spark[kindle]] += 1.0

    @per_world
    def reward(self, before: "Mixed"):
        cell = self.spark[0]
        return self.prizes[cell] + self.params.weight * (self.heat[cell] - before.heat[cell])

    def terminated(self, after):
        return after.left <= 0

    def info(self, after):
        return {"left": after.left, "warmest": after.heat.max(axis=1)}


class ArrayForager(MurkEnv):
    """Forages on a grid where food diffuses, slipping and tiring by chance. Array hooks.

    Observation: float32 image (2, 3, 3): food, one-hot of the agent's cell.
    Action: Discrete(5): stay, north, south, west, east.
    Reward: a tenth of the food at the cell, minus a cost; one less when it starves.
    Ends: terminated when the energy is used up.
    Start: any cell, 1 to 3 units of energy.
    Source: none; `CompiledForager` is the same environment with compiled hooks.
    """

    class Params(murk_env.Params):
        """What a step costs."""

        cost: float = 0.25

    food = Field(low=0.0, high=5.0)  # (num_worlds, num_cells)
    agent = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    energy = Field(over="world")  # (num_worlds,)
    pull = Field(mutability="static")  # (num_cells,)

    small: ClassVar[Mapping[str, Any]] = {"cost": 0.5}

    @classmethod
    def build(cls, params: Params) -> Blueprint:
        spread = Diffusion(cls.food, coefficient=0.1, decay=0.1, sources={4: 5.0}, clamp=(0.0, 5.0))
        return Blueprint(
            lattice=Square4(3, 3),
            propagators=[spread],
            observation=Observation(Observe(cls.food), Mask(cls.agent), layout="image"),
            action_space=Discrete(5),
            static={cls.pull: np.linspace(0.0, 0.2, 9)},
        )

    def start(self, tick, worlds):
        tick.agent = tick.rng.integers(0, 9).astype(np.int32)
        tick.energy = (1.0 + 2.0 * tick.rng.random()).astype(np.float32)

    def act(self, tick, actions):
        slips = tick.rng.random() < 0.25
        tick.agent = self.lattice.move(tick.agent, np.where(slips, -1, actions - 1))
        tired = np.abs(tick.rng.normal()) * tick.pull[tick.agent]
        tick.energy = (tick.energy - self.params.cost - tired).astype(np.float32)

    def reward(self, before, after):
        food = after.at(type(self).food, after.agent).astype(np.float64)
        return 0.1 * food - self.params.cost - np.where(after.energy < 0.0, 1.0, 0.0)

    def terminated(self, after):
        return after.energy < 0.0


class CompiledForager(ArrayForager):
    """`ArrayForager` with hooks for one world, equal to it byte for byte."""

    @per_world
    def start(self, rng: Draws):
        self.agent[0] = integers(rng, 0, 9)
        self.energy[0] = 1.0 + 2.0 * uniform(rng)

    @per_world
    def act(self, action: int, rng: Draws):
        slips = uniform(rng) < 0.25
        self.agent[0] = self.moves[self.agent[0], -1 if slips else action - 1]
        tired = abs(normal(rng)) * self.pull[self.agent[0]]
        self.energy[0] = np.float64(self.energy[0]) - self.params.cost - tired

    @per_world
    def reward(self):
        starved = 1.0 if self.energy[0] < 0.0 else 0.0
        return 0.1 * self.food[self.agent[0]] - self.params.cost - starved

    @per_world
    def terminated(self):
        return self.energy[0] < 0.0


TEST_ENVIRONMENTS: list[tuple[type[MurkEnv], int]] = [
    (Walker, 8),
    (Drifter, 7),
    (Mixed, 9),
    (ArrayForager, 6),
    (CompiledForager, 6),
]
