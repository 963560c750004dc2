"""Who acts: at random, or by a script of the environment."""

import dataclasses
import functools
import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
from gymnasium.vector.utils import batch_space

from murk_env.cli.refusals import CommandError
from murk_env.errors import did_you_mean
from murk_env.faces.agent_rows import MurkAgentVectorEnv
from murk_env.faces.env import MurkEnv
from murk_env.faces.vector import MurkVectorEnv

__all__ = ["Policy", "Rows", "named_policies", "policy_named", "rows_of"]

Policy = Callable[[Any, Any, np.random.Generator], Any]
"""Takes observations of rows (num_rows, ...), one row's action space and a generator; returns actions."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """Worlds to be played, and whose rows they are.

    Attributes:
        envs: a vector env, whose rows are worlds or agents of a group.
        group: the group's name, None where rows are worlds.
    """

    envs: Any
    group: str | None


def _any_array(observations: Any) -> Any:
    """Return one of the arrays of observations, which have the same rows."""
    parts: Any = getattr(observations, "values", None)  # those of the dict layout are a dict
    return observations if parts is None else next(iter(parts()))


def at_random(observations: Any, action_space: Any, rng: np.random.Generator) -> Any:
    """Draw an action for every row, uniformly."""
    batch = batch_space(action_space, len(_any_array(observations)))
    batch.seed(int(rng.integers(2**31)))
    return batch.sample()


def rows_of(
    env_class: type[MurkEnv],
    num_worlds: int,
    parameters: Mapping[str, Any],
    *,
    policy: str = "random",
    seed: int = 0,
    **options: Any,
) -> Rows:
    """Return many worlds of an environment.

    Args:
        env_class: the environment.
        num_worlds: number of worlds.
        parameters: its parameters.
        policy: who decides for the groups of agents that are not shown: `random`, or else their script.
        seed: of what those draw.
        options: of the face.
    """
    if env_class.registered_agents != "apart":
        return Rows(MurkVectorEnv(env_class, num_worlds, **options, **parameters), None)
    blueprint = env_class.blueprint_for(env_class.Params(**parameters))
    scripts = _scripts(env_class)
    shown = getattr(scripts, "GROUP", blueprint.groups[0].name)
    others = {
        group.name: _for_group(scripts, policy, group.name, group.action_space, seed)
        for group in blueprint.groups
        if group.name != shown
    }
    envs = MurkAgentVectorEnv(env_class, num_worlds, group=shown, others=others, **options, **parameters)
    return Rows(envs, shown)


def _for_group(scripts: ModuleType | None, policy: str, group: str, space: Any, seed: int) -> Any:
    """Return what decides for a group that is not shown: (num_worlds, size, ...) to actions."""
    scripted = getattr(scripts, "OTHERS", {}).get(group)
    if policy != "random" and scripted is not None:
        return scripted
    rng = np.random.default_rng(seed)

    def decide(observations: Any) -> Any:
        size = _any_array(observations).shape[:2]
        flat = at_random(np.empty(size).reshape(-1), space, rng)
        return flat.reshape(*size, *flat.shape[1:])

    return decide


@functools.cache
def _scripts(env_class: type[MurkEnv]) -> ModuleType | None:
    """Return the module of an environment's scripted policies.

    It has the name of the environment's module, in a package `scripted` beside it. What it has are POLICIES
    by name, and for several groups of agents GROUP, whose agents are the rows, and OTHERS, policies of the
    other groups by name, from observations alone.
    """
    package, _, module = env_class.__module__.rpartition(".")
    name = f"{package}.scripted.{module}" if package else f"scripted.{module}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        return None


def named_policies(env_class: type[MurkEnv]) -> dict[str, Policy]:
    """Return the policies that an environment comes with, by name: at random, and its scripts."""
    return {"random": at_random, **getattr(_scripts(env_class), "POLICIES", {})}


def policy_named(env_class: type[MurkEnv], name: str) -> Policy:
    """Return a policy.

    Args:
        env_class: the environment.
        name: one that the environment comes with.

    Raises:
        CommandError: there is none of that name.
    """
    known = named_policies(env_class)
    if name in known:
        return known[name]
    raise CommandError(f"{env_class.__name__} has no policy {name!r}; {did_you_mean(name, known)}")
