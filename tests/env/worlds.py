"""Small environments that only tests have: together they use every kind of field, hook, action and layout.

`TEST_ENVIRONMENTS` pairs each with a time limit under which, with its `small` parameters, some episodes
terminate, some are truncated, and neighbouring worlds end at different times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete

from murk_env import (
    Blueprint,
    Diffusion,
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

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Side of the grid, and the longest fuse."""

        size: int = 4
        longest_fuse: int = 40

    agent = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    visits = Field(dtype=np.int32, low=0, high=100)  # (num_worlds, num_cells)
    bell = Field(over="world", mutability="sparse", low=-1.0, high=9.0)  # (num_worlds,)
    fuse = Field(over="world", dtype=np.int32, low=-1, high=99)  # (num_worlds,)

    small: ClassVar[Mapping[str, Any]] = {"longest_fuse": 12}

    def build(self, params: Params) -> Blueprint:
        return Blueprint(
            lattice=Square4(params.size, params.size),
            observation=Observation(
                Observe(self.visits), Mask(self.agent), Observe(self.bell), Observe(self.fuse)
            ),
            action_space=Discrete(5),
        )

    @property
    def corner(self) -> int:
        return self.lattice.num_cells - 1

    def start(self, tick, worlds):
        tick[self.agent] = tick.rng.integers(self.corner).astype(np.int32)
        tick[self.fuse] = tick.rng.integers(2, self.params.longest_fuse, endpoint=True).astype(np.int32)
        if (tick[self.fuse] % 3 == 0).any():
            tick[self.bell] = np.where(tick[self.fuse] % 3 == 0, -1.0, 0.0).astype(np.float32)

    def act(self, tick, actions):
        slips = tick.rng.random() < 0.2
        directions = np.where(slips, -1, actions - 1)
        tick[self.agent] = self.lattice.move(tick[self.agent], directions)
        visits = tick.edit(self.visits)
        visits[np.arange(len(actions)), tick[self.agent]] += 1
        tick.edit(self.fuse)[:] -= 1
        if (actions == 0).any():
            tick.edit(self.bell)[actions == 0] += 1.5

    def distance(self, values):
        return self.lattice.distance(values[self.agent], np.full_like(values[self.agent], self.corner))

    def reward(self, before, after) -> Any:
        return self.distance(before) - self.distance(after)

    def terminated(self, after):
        return (after[self.agent] == self.corner) | (after[self.fuse] <= 0)

    def info(self, after):
        return {
            "fuse": after[self.fuse],
            "bell": after[self.bell],
            "stuck": after.at(self.visits, after[self.agent]) > 2,
            "visits": after[self.visits],
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

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """The height at which an episode ends."""

        ceiling: float = 0.95

    x = Field(over="world", low=-2.0, high=2.0)  # (num_worlds,)
    y = Field(over="world", low=0.0, high=1.0, at_bounds="reflect")  # (num_worlds,)
    angle = Field(over="world", low=-3.0, high=3.0, at_bounds="wrap")  # (num_worlds,)

    small: ClassVar[Mapping[str, Any]] = {"ceiling": 0.8}

    def build(self, params: Params) -> Blueprint:
        return Blueprint(
            lattice=Square4(1, 1),
            observation=Observation(Observe(self.x), Observe(self.y), Observe(self.angle)),
            action_space=Box(-1.0, 1.0, (2,), np.float32),
        )

    def start(self, tick, worlds):
        tick[self.y] = tick.rng.random(dtype=np.float32)
        tick[self.angle] = (6.0 * tick.rng.random() - 3.0).astype(np.float32)

    def act(self, tick, actions):
        noise = tick.rng.normal(0.0, 0.3, 2).astype(np.float32)
        tick.edit(self.x)[:] += actions[:, 0]
        tick.edit(self.y)[:] += noise[:, 0]
        tick.edit(self.angle)[:] += actions[:, 1] + noise[:, 1]

    def reward(self, before, after):
        return after[self.x] - before[self.x]

    def terminated(self, after):
        return after[self.y] > self.params.ceiling


class Mixed(MurkEnv):
    """Pushes a spark over a warm plate that has a hidden map of prizes. Compiled and array hooks.

    Observation: dict of `heat` and `spark` as pictures, `prizes` as a picture, `flow` (2,).
    Action: MultiDiscrete([5, 2]): where to hop, and whether to kindle.
    Reward: prize at the cell, plus how much warmer it is there than it was.
    Ends: terminated when the count of kindlings is used up.
    Start: any cell; 1 to 4 kindlings.
    Source: none.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
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

    def build(self, params: Params) -> Blueprint:
        return Blueprint(
            lattice=Square4(2, 3, edge="wrap"),
            propagators=[
                Diffusion(self.ember, coefficient=params.share, output=self.heat, clamp=(0.0, None))
            ],
            observation=Observation(
                Observe(self.heat),
                Mask(self.spark),
                Observe(self.prizes),
                Observe(self.flow),
                layout="dict",
            ),
            action_space=MultiDiscrete([5, 2]),
            static={self.prizes: lambda: np.linspace(0.0, 1.0, 6)},
        )

    @per_world(spark, left, flow)
    def start(spark: Any, left: Any, flow: Any, rng: Any):
        spark[0] = integers(rng, 0, 6)
        left[0] = 1 + integers(rng, 0, 4)
        flow[0] = uniform(rng)
        flow[1] = normal(rng)

    def act(self, tick, actions):
        tick[self.spark] = self.lattice.move(tick[self.spark], actions[:, 0] - 1)
        kindle = np.flatnonzero(actions[:, 1] == 1)
        tick.edit(self.left)[kindle] -= 1
        tick.edit(self.ember)[kindle, tick[self.spark][kindle]] += 1.0

    @per_world(heat, spark, prizes, before=[heat])
    def reward(heat: Any, spark: Any, prizes: Any, old_heat: Any, weight: Any):
        return prizes[spark[0]] + weight * (heat[spark[0]] - old_heat[spark[0]])

    def terminated(self, after):
        return after[self.left] <= 0

    def info(self, after):
        return {"left": after[self.left], "warmest": after[self.heat].max(axis=1)}


class ArrayForager(MurkEnv):
    """Forages on a grid where food diffuses, slipping and tiring by chance. Array hooks.

    Observation: float32 image (2, 3, 3): food, one-hot of the agent's cell.
    Action: Discrete(5): stay, north, south, west, east.
    Reward: a tenth of the food at the cell, minus a cost; one less when it starves.
    Ends: terminated when the energy is used up.
    Start: any cell, 1 to 3 units of energy.
    Source: none; `CompiledForager` is the same environment with compiled hooks.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """What a step costs."""

        cost: float = 0.25

    food = Field(low=0.0, high=5.0)  # (num_worlds, num_cells)
    agent = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    energy = Field(over="world")  # (num_worlds,)
    pull = Field(mutability="static")  # (num_cells,)

    small: ClassVar[Mapping[str, Any]] = {"cost": 0.5}

    def build(self, params: Params) -> Blueprint:
        law = Diffusion(self.food, coefficient=0.1, decay=0.1, sources={4: 5.0}, clamp=(0.0, 5.0))
        return Blueprint(
            lattice=Square4(3, 3),
            propagators=[law],
            observation=Observation(Observe(self.food), Mask(self.agent), layout="image"),
            action_space=Discrete(5),
            static={self.pull: np.linspace(0.0, 0.2, 9)},
        )

    def start(self, tick, worlds):
        tick[self.agent] = tick.rng.integers(0, 9).astype(np.int32)
        tick[self.energy] = (1.0 + 2.0 * tick.rng.random()).astype(np.float32)

    def act(self, tick, actions):
        slips = tick.rng.random() < 0.25
        tick[self.agent] = self.lattice.move(tick[self.agent], np.where(slips, -1, actions - 1))
        tired = np.abs(tick.rng.normal()) * tick[self.pull][tick[self.agent]]
        tick[self.energy] = (tick[self.energy] - self.params.cost - tired).astype(np.float32)

    def reward(self, before, after):
        food = after.at(self.food, after[self.agent]).astype(np.float64)
        return 0.1 * food - self.params.cost - np.where(after[self.energy] < 0.0, 1.0, 0.0)

    def terminated(self, after):
        return after[self.energy] < 0.0


class CompiledForager(ArrayForager):
    """`ArrayForager` with hooks for one world, equal to it byte for byte."""

    @per_world(ArrayForager.agent, ArrayForager.energy)
    def start(agent: Any, energy: Any, rng: Any):
        agent[0] = integers(rng, 0, 9)
        energy[0] = 1.0 + 2.0 * uniform(rng)

    @per_world(ArrayForager.agent, ArrayForager.energy, ArrayForager.pull)
    def act(agent: Any, energy: Any, pull: Any, action: Any, rng: Any, moves: Any, cost: Any):
        slips = uniform(rng) < 0.25
        agent[0] = moves[agent[0], -1 if slips else action - 1]
        energy[0] = np.float64(energy[0]) - cost - abs(normal(rng)) * pull[agent[0]]

    @per_world(ArrayForager.food, ArrayForager.agent, ArrayForager.energy)
    def reward(food: Any, agent: Any, energy: Any, cost: Any):
        return 0.1 * food[agent[0]] - cost - (1.0 if energy[0] < 0.0 else 0.0)

    @per_world(ArrayForager.energy)
    def terminated(energy: Any):
        return energy[0] < 0.0


TEST_ENVIRONMENTS: list[tuple[type[MurkEnv], int]] = [
    (Walker, 8),
    (Drifter, 7),
    (Mixed, 9),
    (ArrayForager, 6),
    (CompiledForager, 6),
]
