"""The whole state of worlds, their clocks and random keys included, as tests compare and restore it.

Envs have no door to it but pickle, which makes a new env: this is the one place that takes private names.
"""

from typing import Any

from murk_env import World
from murk_env.engine.batch import Batch

__all__ = ["batch_of", "compiled_calls", "reset_fuses", "state_of"]


def batch_of(env: Any) -> Batch:
    """Return the batch of worlds behind an env or a vector env."""
    return env._batch


def state_of(worlds: Any) -> tuple[list[bytes], int]:
    """Return everything that a World or the worlds of an env are, as bytes, and their generation."""
    world: World = worlds if isinstance(worlds, World) else batch_of(worlds).world
    published = world.published()
    return [published[field].tobytes() for field in world.layout.ids], world.arena.generation


def reset_fuses(env: Any) -> bool:
    """Return whether a step of an env resets worlds within its own kernels."""
    return batch_of(env)._reset.fuses


def compiled_calls(env: Any) -> list[int]:
    """Return how many compiled functions a step of an env calls, for each of its two buffers."""
    programs = [program for program in batch_of(env)._programs if program is not None]
    return [sum(hasattr(part, "fused") for part in program._parts) for program in programs]
