"""Episodes of an environment under a policy, many worlds at once."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Space
from gymnasium.vector import VectorEnv

import murk_envs
from murk_env import MurkAgentVectorEnv, MurkEnv, MurkVectorEnv

__all__ = ["NAMES", "Policy", "class_of", "make", "module_of", "returns", "row_group", "seeds_of_every_start"]

Policy = Callable[[Any, Space[Any], np.random.Generator], npt.NDArray[Any]]

NUM_DRAWN = 2**13  # enough episodes for every start to occur often enough

NAMES = (  # in the order of the tables
    "HeatSeeker",
    "CrystalNav",
    "LayeredHex",
    "HexPursuit",
    "Harvest",
    "Wildfire",
    "Epidemic",
    "HeatControl",
    "Ecosystem",
    "Transport",
    "ReactionDiffusion",
    "ShallowWater",
    "Burgers",
    "KuramotoSivashinsky",
    "WildfireTerrain",
)


def class_of(name: str) -> type[MurkEnv]:
    """Return an environment's class."""
    return getattr(murk_envs, name)


def module_of(name: str) -> ModuleType:
    """Return the module of an environment's policies and optimum."""
    _, module, *_ = murk_envs.ENVIRONMENTS[name]
    return importlib.import_module(module.replace("murk_envs.", "murk_envs.scripted."))


def row_group(name: str) -> str | None:
    """Return the group whose agents are the rows; None if rows are worlds."""
    if class_of(name).registered_agents != "apart":
        return None
    return getattr(module_of(name), "GROUP", "agent")


def make(
    name: str,
    num_worlds: int,
    group: str | None,
    others: Mapping[str, Callable[[Any], Any]] | None = None,
    **options: Any,
) -> VectorEnv[Any, Any, Any]:
    """Return many worlds; with a group, one row for each of its agents, against the scripted others."""
    if group is None:
        return MurkVectorEnv(class_of(name), num_worlds, **options)
    scripted = getattr(module_of(name), "OTHERS", {}) if others is None else others
    others = {other: act for other, act in scripted.items() if other != group}
    return MurkAgentVectorEnv(class_of(name), num_worlds, group=group, others=others, **options)


def seeds_of_every_start(name: str, num_each: int, seed: int) -> list[int]:
    """Return seeds of episodes that start in every possible start cell, `num_each` times in each.

    Args:
        name: an environment with one agent, whose field `agent` holds its cell.
        num_each: number of episodes from each cell.
        seed: the first seed to try; the next ones follow.
    """
    cls: Any = class_of(name)
    envs = MurkVectorEnv(cls, NUM_DRAWN)
    envs.reset(seed=seed)
    cells = envs.world[cls.agent]
    envs.close()
    found = [np.flatnonzero(cells == cell)[:num_each] for cell in np.unique(cells)]
    if min(map(len, found)) < num_each:
        raise ValueError(f"{NUM_DRAWN} episodes of {name} hold fewer than {num_each} from some cell")
    return [seed + int(world) for worlds in found for world in worlds]


def returns(
    name: str,
    policy: Policy,
    num_worlds: int,
    *,
    group: str | None,
    seed: int,
    seeds: Sequence[int] = (),
    **options: Any,
) -> npt.NDArray[np.float64]:
    """Return the return of the first episode of every world, the mean over its agents, (num_worlds,).

    It is one episode of each world rather than the first ones to end, which would be short ones.

    Args:
        name: the environment.
        policy: the policy.
        num_worlds: number of episodes.
        group: the group whose agents are the rows; None if rows are worlds.
        seed: seed of the policy and, as in a vector env, of the worlds.
        seeds: seeds of the worlds, one for each, in place of `seed`.
        options: options of the env, such as its parameters.
    """
    envs = make(name, num_worlds, group, **options)
    rng = np.random.default_rng(seed)
    chosen: Any = list(seeds) or seed  # VectorEnv's types only allow one seed
    observations, _ = envs.reset(seed=chosen)
    totals, running = np.zeros(envs.num_envs), np.ones(envs.num_envs, np.bool_)
    while running.any():
        actions = policy(observations, envs.single_action_space, rng)
        observations, rewards, terminated, truncated, _ = envs.step(actions)
        totals += np.where(running, rewards, 0.0)
        running &= ~(terminated | truncated)
    envs.close()
    return totals.reshape(num_worlds, -1).mean(axis=1)
