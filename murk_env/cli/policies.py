"""Policies: random, scripted for an environment, or trained."""

import dataclasses
import functools
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from gymnasium.vector.utils import batch_space

from murk_env.cli.facts import facts_of
from murk_env.cli.refusals import CommandError
from murk_env.cli.trained import is_file_name, read, shipped
from murk_env.errors import did_you_mean
from murk_env.faces.agent_rows import MurkAgentVectorEnv
from murk_env.faces.env import MurkEnv
from murk_env.faces.vector import MurkVectorEnv

__all__ = [
    "Player",
    "Policy",
    "Rows",
    "decider_for",
    "named_policies",
    "player_named",
    "rows_of",
    "shown_group",
]

Policy = Callable[[Any, Any, np.random.Generator], Any]
"""Takes observations of rows (num_rows, ...), one row's action space and a generator; returns actions."""


@dataclasses.dataclass(frozen=True)
class Player:
    """A policy, and the rows it acts for.

    Attributes:
        policy: the policy.
        group: the group of agents that are its rows; None if its rows are worlds.
    """

    policy: Policy
    group: str | None


@dataclasses.dataclass(frozen=True)
class Rows:
    """A vector env, and the meaning of its rows.

    Attributes:
        envs: a vector env whose rows are worlds or agents of a group.
        group: the group's name, None if rows are worlds.
    """

    envs: Any
    group: str | None


def _any_array(observations: Any) -> Any:
    """Return any of the arrays of observations, which all have the same rows."""
    parts: Any = getattr(observations, "values", None)  # in the dict layout they are a dict
    return observations if parts is None else next(iter(parts()))


def at_random(observations: Any, action_space: Any, rng: np.random.Generator) -> Any:
    """Sample an action for every row from the action space."""
    batch = batch_space(action_space, len(_any_array(observations)))
    batch.seed(int(rng.integers(2**31)))
    return batch.sample()


def rows_of(
    env_class: type[MurkEnv],
    num_worlds: int,
    parameters: Mapping[str, Any],
    *,
    group: str | None = None,
    policy: str = "random",
    seed: int = 0,
    **options: Any,
) -> Rows:
    """Return many worlds of an environment.

    Args:
        env_class: the environment.
        num_worlds: number of worlds.
        parameters: its parameters.
        group: the group whose agents are the rows; None for worlds or, if every agent has its own reward, for
            the default group.
        policy: the policy of the other groups: `random`, or else their script.
        seed: seed of these policies.
        options: options of the face.
    """
    shown = shown_group(env_class, parameters) if group is None else group
    if shown is None:
        return Rows(MurkVectorEnv(env_class, num_worlds, **options, **parameters), None)
    blueprint = env_class.blueprint_for(env_class.Params(**parameters))
    rng = np.random.default_rng(seed)
    others = {
        one.name: decider_for(env_class, policy, one.name, one.action_space, rng)
        for one in blueprint.groups
        if one.name != shown
    }
    envs = MurkAgentVectorEnv(env_class, num_worlds, group=shown, others=others, **options, **parameters)
    return Rows(envs, shown)


def shown_group(env_class: type[MurkEnv], parameters: Mapping[str, Any]) -> str | None:
    """Return the group whose agents are the rows by default; None if rows are worlds."""
    if env_class.registered_agents != "apart":
        return None
    groups = env_class.blueprint_for(env_class.Params(**parameters)).groups
    return getattr(_scripts(env_class), "GROUP", groups[0].name)


def decider_for(
    env_class: type[MurkEnv], policy: str, group: str, space: Any, rng: np.random.Generator
) -> Callable[[Any], Any]:
    """Return the policy of a group that the main policy does not act for: its script, or random.

    Args:
        env_class: the environment.
        policy: the name of the main policy; if it is `random`, this one is random too.
        group: the group's name.
        space: the action space of one of its agents.
        rng: the random generator.

    Returns:
        A function from observations (num_worlds, size, ...) to actions (num_worlds, size, ...).
    """
    scripted = getattr(_scripts(env_class), "OTHERS", {}).get(group)
    if policy != "random" and scripted is not None:
        return scripted

    def decide(observations: Any) -> Any:
        size = _any_array(observations).shape[:2]
        flat = at_random(np.empty(size).reshape(-1), space, rng)
        return flat.reshape(*size, *flat.shape[1:])

    return decide


@functools.cache
def _scripts(env_class: type[MurkEnv]) -> ModuleType | None:
    """Return the module of an environment's scripted policies.

    It has the name of the environment's module, in a package `scripted` next to it. It defines POLICIES by
    name and, for several groups of agents, GROUP, whose agents are the rows, and OTHERS, by name of the other
    groups their policies, functions of observations alone.
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
    """Return an environment's scripted policies by name, and the random one."""
    return {"random": at_random, **getattr(_scripts(env_class), "POLICIES", {})}


def player_named(env_class: type[MurkEnv], parameters: Mapping[str, Any], name: str) -> Player:
    """Return the policy with a name.

    Args:
        env_class: the environment.
        parameters: its parameters.
        name: a scripted policy's name, `random`, `trained` for the policy that comes with the environment, or
            a policy file.

    Raises:
        CommandError: there is no such policy, or the file is for another environment, version or size.
    """
    known = named_policies(env_class)
    if name in known:
        return Player(known[name], shown_group(env_class, parameters))
    path = shipped(env_class)
    if name == "trained" and path is not None:
        return _learnt(env_class, parameters, path)
    if is_file_name(name):
        return _learnt(env_class, parameters, Path(name))
    if name == "trained":
        raise CommandError(
            f"no trained policy comes with {env_class.__name__}; it has {', '.join(map(repr, known))}, and "
            f"takes a file: --policy FILE.safetensors."
        )
    names = [*known, *(["trained"] if path is not None else [])]
    raise CommandError(f"{env_class.__name__} has no policy {name!r}; {did_you_mean(name, names)}")


def _learnt(env_class: type[MurkEnv], parameters: Mapping[str, Any], path: Path) -> Player:
    trained = read(path)
    own = vars(env_class).get("registered_id") or env_class.__name__
    if trained.env_id != own:
        raise CommandError(f"the policy in {path} is for {trained.env_id}, not for {own}.")
    facts = facts_of(env_class, parameters)
    likely = [shown_group(env_class, parameters), *(one.name for one in facts.blueprint.groups)]
    for group in likely if trained.group is None else [trained.group]:
        seen, done = facts.observations.get(group or ""), facts.actions.get(group or "")
        if seen is not None and done is not None and trained.fits(seen, done):
            return Player(trained, group)
    raise CommandError(
        f"the policy in {path} takes observations of {trained.num_seen} numbers and returns "
        f"{trained.num_outputs} for each, which does not fit {own} with these parameters; it was trained "
        f"with others."
    )
