"""murk's worlds, built on its own base classes: heat_seeker, single and batched, and diffusion alone.

The propagator is murk's native one. Nothing here resets more often than murk's own engine requires.
"""

import importlib
import random
from typing import Any

import numpy as np

from benchmarks.timing import Nanoseconds, calls, stepping

murk: Any = importlib.import_module("murk")

HOPS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))  # stay, north, south, west, east
LIMIT = 200  # steps of an episode
WARM_UP = 50  # ticks before an episode
NUM_ACTIONS = 64  # distinct actions, used cyclically


def configured(size: int, seed: int) -> Any:
    """Return heat_seeker's world: a heat field with a source and the agent's marker on a square grid."""
    config = murk.Config()
    config.set_space_square4(size, size, murk.EdgeBehavior.Absorb)
    config.add_field("heat")
    config.add_field("agent")
    config.set_dt(1.0)
    config.set_seed(seed)
    source = (size - 2) * size + size - 2
    murk.ScalarDiffusion(
        0, 0, coefficient=0.1, decay=0.005, sources=[(source, 10.0)], clamp_min=0.0, max_degree=4
    ).register(config)
    return config


class Single(murk.MurkEnv):
    """heat_seeker as one world."""

    def __init__(self, size: int) -> None:
        super().__init__(configured(size, 0), [murk.ObsEntry(0), murk.ObsEntry(1)], n_actions=len(HOPS))
        self._size, self._row, self._col = size, 0, 0
        self._goal = size - 2
        self._tick_limit = LIMIT

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Put the agent in the first corner, warm up the field and mark the agent's cell."""
        super().reset(seed=seed, options=options)
        for _ in range(WARM_UP):
            self._world.step(None)
        self._row = self._col = 0
        self._world.step(self._action_to_commands(0))
        self._episode_start_tick, _ = self._obs_plan.execute(self._world, self._obs_buf, self._mask_buf)
        return self._obs_buf.copy(), {}

    def _action_to_commands(self, action: int) -> list[Any]:
        down, right = HOPS[action]
        self._row = min(max(self._row + down, 0), self._size - 1)
        self._col = min(max(self._col + right, 0), self._size - 1)
        return [murk.Command.set_field(1, [self._row, self._col], 1.0)]

    def _compute_reward(self, obs: Any, info: dict[str, Any]) -> float:
        reward = 0.1 * float(obs[self._row * self._size + self._col]) - 1.0
        return reward + 100.0 if self._row == self._col == self._goal else reward

    def _check_terminated(self, obs: Any, info: dict[str, Any]) -> bool:
        return self._row == self._col == self._goal


class Batch(murk.BatchedVecEnv):
    """heat_seeker as many worlds, with episodes at different steps from the start."""

    def __init__(self, num_worlds: int, size: int) -> None:
        entries = [murk.ObsEntry(0), murk.ObsEntry(1)]
        super().__init__(lambda world: configured(size, world), entries, num_worlds)
        self._size, self._goal = size, (size - 2) * size + size - 2
        self._generator = np.random.default_rng(0)
        self._worlds = np.arange(num_worlds)
        self._cells = self._generator.integers(0, self._goal, num_worlds)
        self._ages = np.zeros(num_worlds, np.int64)
        self._hops = np.array(HOPS)

    def _actions_to_commands(self, actions: Any) -> list[list[Any]]:
        hops = self._hops[actions]
        rows = np.clip(self._cells // self._size + hops[:, 0], 0, self._size - 1)
        cols = np.clip(self._cells % self._size + hops[:, 1], 0, self._size - 1)
        self._cells = rows * self._size + cols
        self._ages += 1
        mark = murk.Command.set_field
        return [[mark(1, [row, col], 1.0)] for row, col in zip(rows.tolist(), cols.tolist(), strict=True)]

    def _compute_rewards(self, obs: Any, tick_ids: Any) -> Any:
        return 0.1 * obs[self._worlds, self._cells] - 1.0 + 100.0 * (self._cells == self._goal)

    def _check_terminated(self, obs: Any, tick_ids: Any) -> Any:
        return self._cells == self._goal

    def _check_truncated(self, obs: Any, tick_ids: Any) -> Any:
        return self._ages >= LIMIT

    def _on_world_reset(self, world_index: int, seed: int) -> None:
        cell = int(self._generator.integers(0, self._goal))
        self._cells[world_index], self._ages[world_index] = cell, 0

    def _patch_reset_observation(self, world_index: int, obs: Any) -> None:
        obs[self._size * self._size + self._cells[world_index]] = 1.0


def single(size: int) -> Nanoseconds:
    """Return the steps of one world; an episode that has ended continues, as in our benchmark."""
    env = Single(size)
    env.reset(seed=0)
    draw = random.Random(0)
    return stepping(env.step, [draw.randrange(len(HOPS)) for _ in range(NUM_ACTIONS)])


def batch(num_worlds: int, size: int) -> Nanoseconds:
    """Return the steps of a batch, including resets."""
    envs = Batch(num_worlds, size)
    envs.reset(seed=0)
    envs._ages = np.arange(num_worlds) * LIMIT // num_worlds  # reset sets them all to zero
    draw = np.random.default_rng(1)
    return stepping(envs.step, [draw.integers(0, len(HOPS), num_worlds) for _ in range(NUM_ACTIONS)])


def _diffusing(space: list[float], seed: int) -> Any:
    """Return a world with only diffusion on a space, given by the name of its type and its parameters."""
    config = murk.Config()
    name, *parameters = space
    config.set_space(getattr(murk.SpaceType, str(name)), _encoded(parameters))
    config.add_field("heat")
    config.set_dt(1.0)
    config.set_seed(seed)
    murk.ScalarDiffusion(0, 0, coefficient=0.05, decay=0.005, sources=[(0, 10.0)]).register(config)
    return config


def _encoded(parameters: list[Any]) -> list[float]:
    """Return the parameters in murk's encoding: numbers, with the number of its type for a space."""
    return [
        float(int(getattr(murk.SpaceType, value)) if isinstance(value, str) else value)
        for value in parameters
    ]


def diffusion(space: list[Any]) -> Nanoseconds:
    """Return the ticks of one world with diffusion."""
    world = murk.World(_diffusing(space, 0))
    return calls(lambda: world.step(None))


def diffusion_alone(space: list[Any]) -> Nanoseconds:
    """Return the ticks of one world by the engine's own timing of the propagator, in whole microseconds."""
    world = murk.World(_diffusing(space, 0))

    def nanoseconds(steps: int) -> int:
        return 1000 * sum(world.step(None)[1].propagator_us[0][1] for _ in range(steps))

    return nanoseconds


def diffusion_batch(space: list[Any], num_worlds: int) -> Nanoseconds:
    """Return the ticks of many worlds with diffusion; the engine requires reading each field out."""
    worlds = murk.BatchedWorld([_diffusing(space, world) for world in range(num_worlds)], [murk.ObsEntry(0)])
    commands: list[list[Any]] = [[] for _ in range(num_worlds)]
    out = np.zeros(num_worlds * worlds.obs_output_len, np.float32)
    mask = np.zeros(num_worlds * worlds.obs_mask_len, np.uint8)
    return calls(lambda: worlds.step_and_observe(commands, out, mask))
