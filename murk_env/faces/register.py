"""Registers an environment class in every form that it can have."""

import sys
import weakref
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import gymnasium

from murk_env.errors import DefinitionError
from murk_env.faces.entry_points import entry_point
from murk_env.faces.env import MurkEnv
from murk_env.faces.options import time_limit

__all__ = ["PETTINGZOO_FORMS", "class_with_agents", "register", "register_with_pettingzoo"]

SomeEnv = TypeVar("SomeEnv", bound=MurkEnv)
Agents = Literal["team", "apart"]

PETTINGZOO_FORMS = ("parallel", "aec")

_with_agents: dict[str, type[MurkEnv]] = {}  # by id; registered with PettingZoo when that is loaded
_by_name: dict[tuple[str, str], tuple[weakref.ref[type[MurkEnv]], str]] = {}  # the latest class, and its id


def register(
    env_id: str, *, max_episode_steps: int | None = None, agents: Agents | None = None
) -> Callable[[type[SomeEnv]], type[SomeEnv]]:
    """Register an environment class with Gymnasium and PettingZoo; a class decorator.

        @register("my/Pond-v0", max_episode_steps=200)
        class Pond(MurkEnv): ...

    An environment with one actor, or a team, is then available as `gymnasium.make("my/Pond-v0")` and
    `gymnasium.make_vec("my/Pond-v0", 1024)`; one with agents as `pettingzoo.make("parallel", ...)` and
    `"aec"`, once `murk_env.MurkParallelEnv` has been imported, which needs PettingZoo. Registering a class
    again is silent, so notebook cells and modules can be reloaded.

    Args:
        env_id: `namespace/Name-v0`.
        max_episode_steps: steps after which episodes are truncated, by default in every form; None or -1 for
            no limit.
        agents: for a blueprint with groups, `team` if the agents share one reward, `apart` if every agent has
            its own; None for one actor.

    Raises:
        DefinitionError: the decorated object is no subclass of MurkEnv, or an argument is invalid.
    """
    _check_arguments(env_id, agents)
    limit = time_limit(max_episode_steps)

    def mark(cls: type[SomeEnv]) -> type[SomeEnv]:
        if not (isinstance(cls, type) and issubclass(cls, MurkEnv)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DefinitionError(f"@register({env_id!r}) decorates a subclass of MurkEnv, not {cls!r}.")
        _check_name(cls, env_id)
        cls.registered_id, cls.max_episode_steps, cls.registered_agents = env_id, limit, agents
        if agents != "apart":
            _register_with_gymnasium(cls, env_id)
        if agents is not None:
            _with_agents[env_id] = cls
            if "pettingzoo" in sys.modules:
                register_with_pettingzoo()
        return cls

    return mark


def _check_arguments(env_id: object, agents: object) -> None:
    if not isinstance(env_id, str):
        raise DefinitionError(
            f"register takes an id, as in @register('namespace/Name-v0'), not {env_id!r} itself."
        )
    if agents not in (None, "team", "apart"):
        raise DefinitionError(f"register({env_id!r}): agents is 'team', 'apart' or None, not {agents!r}.")


def _check_name(cls: type[MurkEnv], env_id: str) -> None:
    """Ensure that every id leads to its own class: registries find classes by their names.

    Raises:
        DefinitionError: the module has registered another class of that name, under another id.
    """
    if not isinstance(entry_point("single", cls), str):
        return  # the registry holds the object itself
    name = cls.__module__, cls.__name__
    other, known = _by_name.get(name, (weakref.ref(cls), env_id))
    if other() is not cls and known != env_id:
        spec = getattr(sys.modules.get(cls.__module__), "__spec__", None)
        if getattr(spec, "_initializing", False):
            raise DefinitionError(
                f"{cls.__module__} registers two classes called {cls.__name__}, as {known!r} and {env_id!r}, "
                f"and both ids would lead to the second; give each class a name of its own."
            )
        _forget(known)  # the module was reloaded, and its class has another id now
    _by_name[name] = weakref.ref(cls), env_id


def _forget(env_id: str) -> None:
    """Remove an id from all registries."""
    gymnasium.registry.pop(env_id, None)
    _with_agents.pop(env_id, None)
    library: Any = sys.modules.get("pettingzoo")
    for form in PETTINGZOO_FORMS:
        getattr(library, f"{form}_registry", {}).pop(env_id, None)


def _register_with_gymnasium(cls: type[MurkEnv], env_id: str) -> None:
    single, vector = entry_point("single", cls), entry_point("vector", cls)
    known = gymnasium.registry.get(env_id)
    if known is not None:
        same = known.entry_point == single
        if same and known.max_episode_steps == cls.max_episode_steps:
            return
        before = getattr(known.entry_point, "env_class", None)
        if same or getattr(before, "__qualname__", "") == cls.__qualname__:
            del gymnasium.registry[env_id]  # its module was reloaded, or its notebook cell run again
    library: Any = gymnasium  # it does not type `register` in full
    library.register(env_id, single, vector_entry_point=vector, max_episode_steps=cls.max_episode_steps)


def class_with_agents(env_id: str) -> type[MurkEnv] | None:
    """Return the class with agents that is registered under an id; None if none has been loaded."""
    return _with_agents.get(env_id)


def register_with_pettingzoo() -> None:
    """Register all classes with agents with PettingZoo, which is loaded; before 1.27 it has no registry."""
    library: Any = sys.modules["pettingzoo"]
    if not hasattr(library, "register"):
        return
    for env_id, cls in _with_agents.items():
        for form in PETTINGZOO_FORMS:
            known = {"parallel": library.parallel_registry, "aec": library.aec_registry}[form]
            if env_id in known:
                if known[env_id].entry_point == entry_point(form, cls):
                    continue
                del known[env_id]
            library.register(
                form, env_id, entry_point=entry_point(form, cls), max_cycles=cls.max_episode_steps
            )
