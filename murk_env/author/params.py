"""Parameters of an environment: keywords in, its frozen Params out."""

import dataclasses
import numbers
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from murk_env.errors import DefinitionError, MurkError, ParameterError, did_you_mean

if TYPE_CHECKING:
    from murk_env.faces.env import MurkEnv

__all__ = ["RESERVED_PARAMETERS", "check_params_class", "make_params"]

# Gymnasium's make and make_vec, or the faces, use these names themselves.
RESERVED_PARAMETERS = frozenset(
    {
        "num_envs",
        "num_worlds",
        "env_class",
        "group",
        "others",
        "vectorization_mode",
        "vector_kwargs",
        "wrappers",
        "autoreset_mode",
        "copy",
        "num_threads",
        "checked",
        "render_mode",
        "max_episode_steps",
        "max_cycles",
        "static_arena",
        "disable_env_checker",
        # what compiled hooks may name beside the parameters
        "action",
        "out",
        "rng",
        "moves",
        "neighbours",
    }
)


def check_params_class(cls: "type[MurkEnv]") -> None:
    """Raise DefinitionError for a Params class that cannot take a face's keywords."""
    params = cls.Params
    if not (dataclasses.is_dataclass(params) and params.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        raise DefinitionError(
            f"{cls.__name__}.Params must be a dataclass: @dataclass(frozen=True, kw_only=True)."
        )
    for field in dataclasses.fields(params):
        if field.name in RESERVED_PARAMETERS:
            raise DefinitionError(
                f"{cls.__name__}.Params.{field.name} cannot be a parameter: Gymnasium, the faces or "
                f"compiled hooks use that name; call it something else."
            )


def make_params(cls: "type[MurkEnv]", parameters: Mapping[str, Any]) -> Any:
    """Return the class's Params for some keywords, or say which of them is wrong."""
    known = [field.name for field in dataclasses.fields(cls.Params)]
    for name in parameters:
        if name not in known:
            raise ParameterError(f"{cls.__name__} has no parameter {name!r}; {did_you_mean(name, known)}")
    for field in dataclasses.fields(cls.Params):
        if field.name in parameters:
            _check_type(cls, field, parameters[field.name])
    try:
        return cls.Params(**parameters)
    except MurkError:
        raise
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{cls.__name__}({_listing(parameters)}): {error}") from error


def _check_type(cls: "type[MurkEnv]", field: "dataclasses.Field[Any]", value: object) -> None:
    """Raise ParameterError for a value of another kind than a default that is a number or text."""
    kinds: dict[Any, Any] = {bool: bool, int: numbers.Integral, float: numbers.Real, str: str}
    kind = kinds.get(type(field.default))
    if kind is not None and (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))):
        raise ParameterError(
            f"{cls.__name__}'s {field.name} is of type {type(field.default).__name__} "
            f"(default {field.default!r}), not {value!r}."
        )


def _listing(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items())
