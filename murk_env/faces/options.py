"""Options that faces take, checked: render modes, time limits, threads, and which face can show what."""

import operator
from typing import Any

from murk_env.author.blueprint import Blueprint
from murk_env.errors import BlueprintError, ParameterError

__all__ = ["check_face", "check_render_mode", "thread_count", "time_limit"]


def check_render_mode(cls: type[Any], mode: Any) -> None:
    """Raise ParameterError for a render mode that a class does not have."""
    if mode is not None and mode not in cls.metadata["render_modes"]:
        raise ParameterError(
            f"{cls.__name__} has no render_mode {mode!r}; it has {cls.metadata['render_modes']}."
        )


def check_face(owner: str, blueprint: Blueprint, *, agents: bool) -> None:
    """Raise BlueprintError unless a face that shows worlds, or their agents, can show this environment."""
    if agents and not blueprint.groups:
        raise BlueprintError(
            f"{owner} has one actor and no groups of agents; make it by gymnasium.make, or give its "
            f"Blueprint groups=[Group(...)]."
        )
    if not agents and blueprint.rewards_agents:
        raise BlueprintError(
            f"{owner} rewards its agents apart, which no Gymnasium env can show; use "
            f"MurkParallelEnv({owner}), or MurkAgentVectorEnv for one row per agent."
        )
    seen = blueprint.observation
    if seen is not None and seen.over == "agents":
        raise BlueprintError(
            f"{owner}'s Blueprint has an observation with one row per agent; that of a world has one. "
            f"Leave out over='agents', or give it to a Group(...) of agents."
        )


def thread_count(number: Any) -> int | None:
    """Return a number of threads, None for as many as the work is worth."""
    if number is None:
        return None
    try:
        threads = operator.index(number)
    except TypeError:
        threads = 0
    if threads < 1:
        raise ParameterError(f"num_threads is a number of threads, at least 1, or None, not {number!r}.")
    return threads


def time_limit(steps: Any) -> int | None:
    """Return a time limit in steps, None for none: gymnasium.make_vec passes -1 for none."""
    if steps is None:
        return None
    try:
        limit = operator.index(steps)
    except TypeError:
        raise ParameterError(f"max_episode_steps is a number of steps or None, not {steps!r}.") from None
    return limit if limit > 0 else None
