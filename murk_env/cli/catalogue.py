"""Finds environment classes: registered ones by id or name, and any by `module:Class`."""

import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from murk_env.cli.refusals import CommandError

__all__ = ["Found", "Registered", "catalogue", "find", "here_is_importable"]

_VECTOR = "murk_env.faces.forms:vector."


class Registered(NamedTuple):
    """The place of a registered class, and the parameters that its id sets, such as a size."""

    module: str
    class_name: str
    preset: Mapping[str, Any]


class Found(NamedTuple):
    """The result of a search: the name, the class, and the parameters that the id sets."""

    name: str
    env_class: Any
    preset: Mapping[str, Any]


def catalogue() -> dict[str, Registered]:
    """Return every registered environment of murk_env, by id.

    These are those of murk_envs, those of installed packages with an entry point in the group
    `murk_env.environments`, which names a module that registers them, and those of imported modules.

    Raises:
        CommandError: the module of an entry point cannot be imported.
    """
    from importlib.metadata import entry_points

    import gymnasium

    found: dict[str, Registered] = {}
    with contextlib.suppress(ModuleNotFoundError):  # the framework works without them
        ours = cast("Mapping[str, tuple[str, ...]]", importlib.import_module("murk_envs").ENVIRONMENTS)
        found |= {env_id: Registered(module, name, {}) for name, (env_id, module, *_) in ours.items()}
    for entry in entry_points(group="murk_env.environments"):
        _import(entry.value)
    for env_id, spec in gymnasium.registry.items():
        if isinstance(spec.vector_entry_point, str) and spec.vector_entry_point.startswith(_VECTOR):
            module, _, name = spec.vector_entry_point.removeprefix(_VECTOR).rpartition(".")
            found[env_id] = Registered(module, name, spec.kwargs)
    loaded: Any = sys.modules.get("murk_env.faces.env")  # rewards per agent: not registered
    if loaded is not None:
        for cls in _subclasses(loaded.MurkEnv):
            known = getattr(sys.modules.get(cls.__module__), cls.__qualname__, None)
            if "registered_id" in vars(cls) and known is cls:  # no class of a function, which has no address
                found.setdefault(cls.registered_id, Registered(cls.__module__, cls.__qualname__, {}))
    return found


def _subclasses(cls: Any) -> Iterator[Any]:
    for one in cls.__subclasses__():
        yield one
        yield from _subclasses(one)


def find(name: str) -> Found:
    """Return the environment with a name.

    Args:
        name: an id, with or without its version and namespace; Gymnasium's `package:namespace/Name-v0`; or
            `module:Class`.

    Raises:
        CommandError: there is none; the message has similar names, or the error of the import.
    """
    module, colon, rest = name.rpartition(":")
    if colon and "/" in rest:  # the package in front of an id registers it
        _import(module)
        name, colon = rest, ""
    if colon:
        return Found(name, _attribute(module, rest), {})
    known = catalogue()
    if name in known:
        return _registered(name, known[name])
    short = {_short(env_id): env_id for env_id in known}
    if "-v" not in name and _short(name) in short:  # an explicit version must match
        return _registered(short[_short(name)], known[short[_short(name)]])
    raise CommandError(_unknown(name, list(known)))


def _registered(env_id: str, row: Registered) -> Found:
    return Found(env_id, _attribute(row.module, row.class_name), row.preset)


def _short(env_id: str) -> str:
    """Return the part of an id that is compared: its name, without namespace, version and case."""
    return env_id.rpartition("/")[2].partition("-v")[0].replace("_", "").lower()


def _unknown(name: str, known: list[str]) -> str:
    from murk_env.errors import did_you_mean

    if "/" in name or "-v" in name:
        return f"there is no environment {name!r}; {did_you_mean(name, known)}"
    names = {env_id.rpartition("/")[2].partition("-v")[0]: env_id for env_id in known}
    return (
        f"there is no environment {name!r}; {did_you_mean(name, names)} `murk list` shows all; a class of "
        f"your own is module:Class."
    )


def _attribute(module: str, name: str) -> Any:
    """Import a module, and return one of its classes.

    Raises:
        CommandError: it cannot be imported, or has no such environment class.
    """
    from murk_env.errors import did_you_mean

    loaded = _import(module)
    found: Any = getattr(loaded, name, None)
    if _is_environment(found):
        return found
    names = [key for key in dir(loaded) if _is_environment(getattr(loaded, key))]
    hint = did_you_mean(name, names) if names else "it has none."
    what = "is not a subclass of MurkEnv" if found is not None else "is not there"
    raise CommandError(f"{module}:{name} {what}; {hint}")


def _is_environment(value: Any) -> bool:
    from murk_env.faces.env import MurkEnv

    return isinstance(value, type) and issubclass(value, MurkEnv) and value is not MurkEnv


def here_is_importable() -> None:
    """Make modules of the working directory importable, as with `python -m`, for the installed script."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def _import(module: str) -> Any:
    """Import a module, also from the working directory; raise CommandError with the import's error."""
    here_is_importable()
    try:
        return importlib.import_module(module)
    except Exception as error:
        lines = traceback.extract_tb(error.__traceback__)
        own = [line for line in lines if "importlib" not in line.filename and line.filename != __file__]
        place = f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
        if isinstance(error, SyntaxError):
            place = f" ({error.filename}, line {error.lineno})"
        said = getattr(error, "msg", None) or str(error)
        raise CommandError(f"{module} cannot be imported: {type(error).__name__}: {said}{place}") from error
