"""The class behind an id, for adapters that take either."""

import importlib
from typing import Any

import gymnasium
from gymnasium.envs.registration import load_env_creator

from murk_env.errors import ParameterError
from murk_env.faces.env import MurkEnv

__all__ = ["env_class_of"]


def env_class_of(caller: str, env: Any) -> type[MurkEnv]:
    """Return a class that is given as itself or as an id.

    Args:
        caller: what messages call the one who takes it.
        env: a subclass of MurkEnv, or an id of Gymnasium, such as `murk_envs:murk/HeatSeeker-v0`.

    Raises:
        ParameterError: it is neither, or an id of another package.
        gymnasium.error.UnregisteredEnv: there is no such id.
    """
    if isinstance(env, str):
        module, _, env_id = env.rpartition(":")
        if module:
            importlib.import_module(module)  # it registers its environments
        entry_point = gymnasium.spec(env_id).entry_point
        made = load_env_creator(entry_point) if isinstance(entry_point, str) else entry_point
        found: Any = getattr(made, "env_class", made)
        if not (isinstance(found, type) and issubclass(found, MurkEnv)):
            raise ParameterError(f"{caller} takes an id of a MurkEnv; {env!r} makes {found!r}.")
        return found
    if not (isinstance(env, type) and issubclass(env, MurkEnv)):
        raise ParameterError(f"{caller} takes an id, or a subclass of MurkEnv, not {env!r}.")
    return env
