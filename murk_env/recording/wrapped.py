"""Checks of the envs that can be recorded, and the seeds that they draw themselves."""

import copy
import dataclasses
import operator
from typing import Any, cast

import numpy as np
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from murk_env.errors import ParameterError, RecordingError
from murk_env.faces.recipe import Recipe, recipe_of
from murk_env.faces.seeding import draw_seed, read_seeds

__all__ = ["first_seeds", "plain_seeds", "recipe_or_refuse", "whole"]

_PLAIN_WRAPPERS = (OrderEnforcing, PassiveEnvChecker)  # they change no output


def recipe_or_refuse(env: Any) -> Recipe:
    """Return the recipe of an env.

    Raises:
        RecordingError: it is not an env of murk_env, or is inside a wrapper that changes actions or outputs.
    """
    limits: list[int] = []
    inner: Any = env
    while isinstance(inner, (*_PLAIN_WRAPPERS, TimeLimit)):
        if isinstance(inner, TimeLimit):
            limits.append(inner._max_episode_steps)  # pyright: ignore[reportPrivateUsage]
        inner = cast(Any, inner).env
    try:
        recipe = recipe_of(inner)
    except ParameterError as error:
        raise RecordingError(
            f"{env!r} cannot be recorded: a recording goes directly around an env of murk_env, single, "
            f"vector or parallel, or around what gymnasium.make returned. Other wrappers go around the "
            f"recording; one of several envs in a SyncVectorEnv or AsyncVectorEnv is recorded within it, or "
            f"all as a MurkVectorEnv."
        ) from error
    own = recipe.options["max_episode_steps"]
    if own > 0:
        limits.append(own)
    if not limits:
        return recipe
    return dataclasses.replace(recipe, options={**recipe.options, "max_episode_steps": min(limits)})


def first_seeds(face: Any, recipe: Recipe, seed: Any) -> Any:
    """Return the seeds of a face's first reset, including those that it is about to draw itself.

    Args:
        face: the face.
        recipe: how it was made.
        seed: the seed passed to its reset.

    Raises:
        SeedError, SeedTypeError: as the reset would.
    """
    if recipe.face == "single":
        return _next_seed(face.np_random) if seed is None else seed
    if recipe.face == "parallel":
        return draw_seed(np.random.default_rng()) if seed is None else seed
    if seed is not None and not isinstance(seed, list | tuple):
        return seed
    seeds = read_seeds(seed, recipe.num_worlds, face._counted)
    return [_next_seed(face._generator(world)) if one is None else one for world, one in enumerate(seeds)]


def _next_seed(generator: np.random.Generator) -> int:
    """Return the seed that a face is about to draw, without advancing its generator."""
    return draw_seed(copy.deepcopy(generator))


def plain_seeds(seed: Any) -> Any:
    """Return seeds in a form that JSON can hold."""
    if seed is None:
        return None
    if isinstance(seed, list | tuple) or np.ndim(seed):
        return [None if one is None else operator.index(one) for one in cast("list[Any]", seed)]
    return operator.index(seed)


def whole(name: str, number: Any) -> int:
    """Return an integer of at least 1, or raise RecordingError."""
    try:
        count = operator.index(number)
    except TypeError:
        count = 0
    if count < 1:
        raise RecordingError(f"{name} must be a number, at least 1, not {number!r}.")
    return count
