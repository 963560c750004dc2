"""Parameters of an environment: keywords in, its frozen Params out."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from murk_env.errors import MurkError, ParameterError, did_you_mean

if TYPE_CHECKING:
    from murk_env.env import MurkEnv

__all__ = ["RESERVED_PARAMETERS", "make_params"]

# Gymnasium's make and make_vec, or the faces, use these names themselves.
RESERVED_PARAMETERS = frozenset(
    {
        "num_envs",
        "vectorization_mode",
        "vector_kwargs",
        "wrappers",
        "autoreset_mode",
        "copy",
        "num_threads",
        "checked",
        "render_mode",
        "max_episode_steps",
        "static_arena",
        "disable_env_checker",
    }
)


def make_params(cls: "type[MurkEnv]", parameters: Mapping[str, Any]) -> Any:
    """Return the class's Params for some keywords, or say which of them is wrong."""
    known = [field.name for field in dataclasses.fields(cls.Params)]
    for name in parameters:
        if name not in known:
            raise ParameterError(f"{cls.__name__} has no parameter {name!r}; {did_you_mean(name, known)}")
    try:
        return cls.Params(**parameters)
    except MurkError:
        raise
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{cls.__name__}({_listing(parameters)}): {error}") from error


def _listing(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items())
