"""Entry points of registered environments, as strings: `murk_env.faces.forms:vector.package.module.Class`.

Registries hold strings, so that registering loads nothing; the part before the first dot is the form:
`single`, `vector`, `parallel` or `aec`.
"""

import dataclasses
import importlib
from collections.abc import Callable
from typing import Any

from murk_env.errors import ParameterError

__all__ = ["FORMS", "form_of_class"]

FORMS = ("single", "vector", "parallel", "aec")


def form_of_class(form: str, cls: type[Any]) -> Callable[..., Any]:
    """Return a factory for one form of a class; it can be pickled, as Gymnasium pickles the specs of envs."""
    return {"single": _Single, "vector": _Vector, "parallel": _Parallel, "aec": _Aec}[form](cls)


@dataclasses.dataclass(frozen=True)
class _Single:
    """Makes single envs of a class without a time limit: `gymnasium.make` wraps them with its own."""

    env_class: type[Any]

    @property
    def metadata(self) -> dict[str, Any]:
        """The class's metadata, by which `gymnasium.make` chooses wrappers for render modes."""
        return self.env_class.metadata

    def __call__(self, **keywords: Any) -> Any:
        return self.env_class(**{"max_episode_steps": -1, **keywords})


@dataclasses.dataclass(frozen=True)
class _Vector:
    """Makes vector envs of a class, in every render mode that `gymnasium.make` knows."""

    env_class: type[Any]

    def __call__(self, num_envs: int = 1, *, render_mode: str | None = None, **keywords: Any) -> Any:
        from murk_env.faces.vector import MurkVectorEnv
        from murk_env.faces.vector_modes import with_render_mode

        def make(mode: str | None) -> MurkVectorEnv:
            return MurkVectorEnv(self.env_class, num_envs, render_mode=mode, **keywords)

        return with_render_mode(make, render_mode, self.env_class.metadata["render_modes"])


@dataclasses.dataclass(frozen=True)
class _Parallel:
    """Makes PettingZoo parallel envs of a class; the time limit is called max_cycles there."""

    env_class: type[Any]

    def __call__(self, *, max_cycles: int | None = None, **keywords: Any) -> Any:
        from murk_env.faces.parallel import MurkParallelEnv

        if "max_episode_steps" in keywords:
            raise ParameterError(
                f"{self.env_class.__name__} got an unexpected keyword argument 'max_episode_steps': the "
                f"time limit is called max_cycles in PettingZoo; pass "
                f"max_cycles={keywords['max_episode_steps']!r}."
            )
        return MurkParallelEnv(self.env_class, max_episode_steps=max_cycles, **keywords)


@dataclasses.dataclass(frozen=True)
class _Aec:
    """Makes PettingZoo AEC envs of a class: parallel envs converted by `parallel_to_aec`."""

    env_class: type[Any]

    def __call__(self, **keywords: Any) -> Any:
        parallel = _Parallel(self.env_class)(**keywords)
        from pettingzoo.utils import parallel_to_aec  # pyright: ignore

        return parallel_to_aec(parallel)


def __getattr__(name: str) -> Any:
    """Return the factory that an entry point names."""
    form, _, path = name.partition(".")
    module, _, class_name = path.rpartition(".")
    if form not in FORMS or not module:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(module), class_name, None)
    if found is None:
        raise AttributeError(
            f"{module} has no {class_name}: a class is registered by its own name, which must be bound to it "
            f"in its module. Name the class as the variable that holds it."
        )
    return form_of_class(form, found)
