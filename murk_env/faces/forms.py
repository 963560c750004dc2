"""Entry points of registered environments, as strings: `murk_env.faces.forms:vector.package.module.Class`.

Registries hold strings, so that registering loads nothing; the part before the first dot says which form is
made: `vector`, `parallel` or `aec`. The single env is the class itself, `package.module:Class`.
"""

import importlib
from collections.abc import Callable
from typing import Any

from murk_env.author.environment import Environment
from murk_env.errors import ParameterError

__all__ = ["FORMS", "entry_point", "form_of_class"]

FORMS = ("vector", "parallel", "aec")


def entry_point(form: str, cls: type[Environment]) -> Any:
    """Return what a registry is given for a form of a class: a string where it can be imported again."""
    if cls.__module__ == "__main__" or "." in cls.__qualname__:
        return cls if form == "single" else form_of_class(form, cls)
    if form == "single":
        return f"{cls.__module__}:{cls.__name__}"
    return f"{__name__}:{form}.{cls.__module__}.{cls.__name__}"


def form_of_class(form: str, cls: type[Any]) -> Callable[..., Any]:
    """Return the function that makes one form of a class."""
    return {"vector": _vector, "parallel": _parallel, "aec": _aec}[form](cls)


def _vector(cls: type[Any]) -> Callable[..., Any]:
    from murk_env.faces.vector import MurkVectorEnv

    def vector_env(num_envs: int = 1, **keywords: Any) -> MurkVectorEnv:
        return MurkVectorEnv(cls, num_envs, **keywords)

    return vector_env


def _parallel(cls: type[Any]) -> Callable[..., Any]:
    def parallel_env(*, max_cycles: int | None = None, **keywords: Any) -> Any:
        """Make a PettingZoo parallel env, which calls the time limit max_cycles."""
        from murk_env.faces.parallel import MurkParallelEnv

        if "max_episode_steps" in keywords:
            raise ParameterError(
                f"PettingZoo calls the time limit max_cycles: make {cls.__name__} with "
                f"max_cycles={keywords['max_episode_steps']!r} instead of max_episode_steps."
            )
        return MurkParallelEnv(cls, max_episode_steps=max_cycles, **keywords)

    return parallel_env


def _aec(cls: type[Any]) -> Callable[..., Any]:
    make = _parallel(cls)

    def env(**keywords: Any) -> Any:
        """Make a PettingZoo env whose agents act in turn: the parallel one under `parallel_to_aec`."""
        parallel = make(**keywords)
        from pettingzoo.utils import parallel_to_aec  # pyright: ignore

        return parallel_to_aec(parallel)

    return env


def __getattr__(name: str) -> Any:
    """Return the form that an entry point names."""
    form, _, path = name.partition(".")
    module, _, class_name = path.rpartition(".")
    if form not in FORMS or not module:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return form_of_class(form, getattr(importlib.import_module(module), class_name))
