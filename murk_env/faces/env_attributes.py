"""The attributes of an env: those that Gymnasium and its wrappers set, and those declared on the class."""

from typing import Any

from murk_env.author.environment import Environment
from murk_env.author.params import parameters_of
from murk_env.errors import FrozenAttributeError, ReentrantStepError
from murk_env.faces.screen import MODES

__all__ = ["FACE_ATTRIBUTES", "ClassMetadata", "OfRunningEnvs", "refuse_attribute"]

# Attributes that Gymnasium, PettingZoo, their wrappers and checkers set on an env.
FACE_ATTRIBUTES = frozenset(
    {
        "spec",
        "metadata",
        "render_mode",
        "np_random",
        "_np_random",
        "_np_random_seed",
        "action_space",
        "observation_space",
        "closed",
        "max_cycles",
        "agents",
    }
)
_DRAWN: dict[str, Any] = {"render_modes": list(MODES), "render_fps": 10}
_NOT_DRAWN: dict[str, Any] = {"render_modes": []}


class ClassMetadata:
    """A class's metadata, computed when read, as a class pickled by value exists before its fields do."""

    def __get__(self, instance: object, owner: type[Environment]) -> dict[str, Any]:
        return _DRAWN if any(field.over == "cells" for field in owner.fields.values()) else _NOT_DRAWN


class OfRunningEnvs:
    """A class attribute for members of a running env; raises where `self` of an array hook reads one."""

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None:
            return self
        raise ReentrantStepError(
            f"self in an array hook of {owner.__name__} is not a running env: it only has params and "
            f"lattice; read and write fields through tick, before and after, and draw from tick.rng."
        )


def refuse_attribute(env: Environment, name: str, value: object) -> None:
    """Raise FrozenAttributeError for an attribute that cannot be set on a finished env."""
    if name in FACE_ATTRIBUTES or name in type(env).fields:
        return
    owner = type(env).__name__
    if name in parameters_of(env.params):
        raise FrozenAttributeError(
            f"{owner}.{name} is one of its Params, which an env keeps: make another "
            f"env, {owner}({name}={value!r}), or let the class declare a "
            f"murk_env.Parameter, which differs from world to world and can be set."
        )
    raise FrozenAttributeError(
        f"{owner}.{name} cannot be set: the state of an environment lives in its "
        f"fields, so that snapshots hold all of it. Declare a Field, over='world' for one value each."
    )
