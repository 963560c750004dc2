"""The class behind an id, for adapters that take either."""

import importlib
from typing import Any

import gymnasium
from gymnasium.envs.registration import load_env_creator

from murk_env.errors import ParameterError
from murk_env.faces.env import MurkEnv
from murk_env.faces.register import class_with_agents

__all__ = ["env_class_of"]


def env_class_of(caller: str, env: Any) -> tuple[type[MurkEnv], dict[str, Any]]:
    """Return an environment class, given itself or by its id, and the keywords that the id sets.

    Args:
        caller: the name of the calling adapter, for messages.
        env: a subclass of MurkEnv, or an id, such as `murk_envs:murk/HeatSeeker-v0`.

    Returns:
        The class, and the default keywords of its forms: parameters, such as the size of
        `murk/Wildfire-8x8-v1`, and the time limit of the id.

    Raises:
        ParameterError: `env` is neither, or an id of an env that is not a MurkEnv.
        gymnasium.error.UnregisteredEnv: there is no such id.
    """
    if isinstance(env, str):
        return _of_id(caller, env)
    if not (isinstance(env, type) and issubclass(env, MurkEnv)):
        raise ParameterError(f"{caller} takes an id, or a subclass of MurkEnv, not {env!r}.")
    return env, {}


def _of_id(caller: str, given: str) -> tuple[type[MurkEnv], dict[str, Any]]:
    module, _, env_id = given.rpartition(":")
    package = importlib.import_module(module) if module else None  # it registers its environments
    if env_id not in gymnasium.registry:
        cls = class_with_agents(env_id) or _class_in(package, env_id)
        if cls is not None:
            return cls, {}
    spec = gymnasium.spec(env_id)
    made = load_env_creator(spec.entry_point) if isinstance(spec.entry_point, str) else spec.entry_point
    found: Any = getattr(made, "env_class", made)
    if not (isinstance(found, type) and issubclass(found, MurkEnv)):
        raise ParameterError(f"{caller} takes an id of a MurkEnv; {given!r} makes {found!r}.")
    limit = -1 if spec.max_episode_steps is None else spec.max_episode_steps
    return found, {"max_episode_steps": limit, **spec.kwargs}


def _class_in(package: Any, env_id: str) -> type[MurkEnv] | None:
    """Return the class of a package that is registered under an id that Gymnasium does not know.

    Classes whose agents have rewards of their own are not in Gymnasium's registry, and may not be loaded yet.
    """
    found: Any = getattr(package, env_id.rpartition("/")[2].partition("-v")[0], None)
    if isinstance(found, type) and issubclass(found, MurkEnv) and found.registered_id == env_id:
        return found
    return None
