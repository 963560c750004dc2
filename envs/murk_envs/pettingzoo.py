"""The environments with agents, in PettingZoo's own registry (from its version 1.27 on).

`import murk_envs` never loads PettingZoo. Whichever of the two is imported first, both registries know
`murk/Name-v0` as soon as both are: `pettingzoo.make("parallel", "murk/HexPursuit-v0")`, or "aec" for agents
that act in turn.
"""

import importlib
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from murk_env import MurkEnv

__all__ = ["register", "register_when_imported"]

FORMS = {"parallel": "parallel_env", "aec": "env"}  # PettingZoo's two kinds, and how a module calls them


def register(environments: Iterable[type[MurkEnv]]) -> None:
    """Register environments with PettingZoo, which this imports; those it knows already stay as they are.

    Their modules have to offer `parallel_env` and `env`. Before 1.27 PettingZoo has no registry, and nothing
    happens.
    """
    library: Any = importlib.import_module("pettingzoo")
    if not hasattr(library, "register"):
        return
    registries = {"parallel": library.parallel_registry, "aec": library.aec_registry}
    for env_class in environments:
        for kind, form in FORMS.items():
            name = f"murk/{env_class.__name__}-v0"
            if name not in registries[kind]:
                entry_point = f"{env_class.__module__}:{form}"
                library.register(kind, name, entry_point=entry_point, max_cycles=env_class.max_episode_steps)


def register_when_imported(environments: Sequence[type[MurkEnv]]) -> None:
    """Register environments with PettingZoo: now where it is loaded, else as soon as somebody imports it."""
    if sys.modules.get("pettingzoo") is not None:
        register(environments)
        return
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != _Watch.__name__]
    sys.meta_path.insert(0, _Watch(environments))


class _Watch(MetaPathFinder):
    """Leaves the import of PettingZoo to the other finders, and registers after it."""

    def __init__(self, environments: Sequence[type[MurkEnv]]) -> None:
        self._environments = environments

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load PettingZoo, where that is what is looked for."""
        if fullname != "pettingzoo":
            return None
        others = (finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec"))
        found = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        if found is not None and found.loader is not None:
            self._follow(found.loader)
        return found

    def _follow(self, loader: Any) -> None:
        """Let a loader register the environments once it has run the module."""
        run = loader.exec_module

        def run_and_register(module: ModuleType) -> None:
            run(module)
            register(self._environments)
            if self in sys.meta_path:
                sys.meta_path.remove(self)

        loader.exec_module = run_and_register
