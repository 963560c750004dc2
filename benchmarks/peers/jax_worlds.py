"""heat_seeker in JAX: the same step, jitted and vmapped over worlds, one call per step."""

import importlib
from typing import Any

import numpy as np

from benchmarks.timing import Nanoseconds, stepping

jax: Any = importlib.import_module("jax")
jnp: Any = importlib.import_module("jax.numpy")

LIMIT = 200  # steps of an episode
WARM_UP = 51  # ticks before an episode
NUM_ACTIONS = 64  # distinct actions, used cyclically


def batch(num_worlds: int, size: int) -> Nanoseconds:
    """Return the steps of a batch, including resets, with episodes at different steps."""
    step = jax.jit(jax.vmap(_stepper(size)), donate_argnums=0)
    cold = jnp.zeros((num_worlds, size, size), jnp.float32)
    keys = jax.random.split(jax.random.key(0), num_worlds)
    cells = jnp.zeros(num_worlds, jnp.int32)
    state = [(cold, cells, jnp.arange(num_worlds, dtype=jnp.int32) * LIMIT // num_worlds, keys)]

    def run(actions: Any) -> None:
        state[0], outputs = step(state[0], actions)
        jax.block_until_ready(outputs)

    draw = np.random.default_rng(1)
    return stepping(run, [draw.integers(0, 5, num_worlds).astype(np.int32) for _ in range(NUM_ACTIONS)])


def _stepper(size: int) -> Any:
    """Return one world's step: from (heat, cell, age, key) and an action to the new state and the outputs."""
    goal = (size - 2) * size + size - 2
    diffuse = _diffusion(size, goal)
    settled = jnp.zeros((size, size), jnp.float32)
    for _ in range(WARM_UP):
        settled = diffuse(settled)
    down, right = jnp.array([0, -1, 1, 0, 0]), jnp.array([0, 0, 0, -1, 1])

    def step(state: Any, action: Any) -> Any:
        heat, cell, age, key = state
        row = jnp.clip(cell // size + down[action], 0, size - 1)
        col = jnp.clip(cell % size + right[action], 0, size - 1)
        cell, heat, age = row * size + col, diffuse(heat), age + 1
        terminated, truncated = cell == goal, age >= LIMIT
        reward = 0.1 * heat[row, col] - 1.0 + jnp.where(terminated, 100.0, 0.0)
        ended = terminated | truncated
        following, own = jax.random.split(key)
        heat = jnp.where(ended, settled, heat)
        cell = jnp.where(ended, jax.random.randint(own, (), 0, goal), cell)
        age, key = jnp.where(ended, 0, age), jnp.where(ended, following, key)
        marker = (jnp.arange(size * size) == cell).astype(jnp.float32)
        obs = jnp.concatenate([heat.ravel(), marker])
        return (heat, cell, age, key), (obs, reward, terminated, truncated)

    return step


def _diffusion(size: int, source: int) -> Any:
    """Return one tick of the heat equation with decay and a source."""
    degrees = np.full((size, size), 4, np.float32)
    degrees[[0, -1], :] -= 1
    degrees[:, [0, -1]] -= 1
    share = jnp.minimum(0.1 * jnp.array(degrees), 1.0)
    remaining = float(np.exp(-0.005))

    def diffuse(heat: Any) -> Any:
        wide = jnp.pad(heat, 1)
        total = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
        new = ((1.0 - share) * heat + share * (total / jnp.array(degrees))) * remaining
        return jnp.maximum(new.at[source // size, source % size].set(10.0), 0.0)

    return diffuse
