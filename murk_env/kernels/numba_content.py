"""The dependencies of numba's machine code besides the function: options, types, settings, extensions."""

import importlib
import os
import sys
import types
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from murk_env.kernels.compilers import CarefulCompiler, PlannedCompiler
from murk_env.kernels.numba_internals import (
    NUMBA_DIRECTORY,
    internal,
    numba_types,
)

__all__ = [
    "environment_of",
    "extensions",
    "has_no_cache",
    "is_overloaded",
    "options_of",
    "parts_of_signature",
    "parts_of_type",
    "settings",
]

_config: Any = importlib.import_module("numba.core.config")
_compiler: Any = importlib.import_module("numba.core.compiler").Compiler
_dispatcher: Any = importlib.import_module("numba.core.dispatcher").Dispatcher
_no_cache: Any = internal("numba.core.caching", "NullCache")
_environment: Any = internal("numba.core.environment", "Environment")
_normalized: Any = internal("numba.core.sigutils", "normalize_signature")
_typing: Any = internal("numba.core.typing.templates", "builtin_registry")

_IDLE_SETTINGS = {"NUMBA_NUM_THREADS", "NUMBA_DEFAULT_NUM_THREADS", "CACHE_DIR", "CACHE_LOCATOR_CLASSES"} | {
    "COLOR_SCHEME",
    "THREADING_LAYER",
    "THREADING_LAYER_PRIORITY",
}  # they differ between machines, but do not affect the code


def options_of(dispatcher: Any) -> tuple[Any, ...]:
    """Return the options that a compiled function's code depends on; empty if unknown.

    A function declared with signatures compiles no others: it converts its arguments.
    """
    if not isinstance(dispatcher, _dispatcher):  # for example one from `vectorize`
        return ()
    compiler = dispatcher._compiler.pipeline_class
    if compiler not in (_compiler, CarefulCompiler, PlannedCompiler):
        return ()
    if compiler is CarefulCompiler:  # it rejects more, and compiles the rest identically
        compiler = _compiler
    options = {name: _ordered(value) for name, value in dispatcher.targetoptions.items()}
    variables: Mapping[str, Any] = dispatcher.locals or {}  # None in numba 0.61
    declared = [] if dispatcher._can_compile else [one.signature for one in dispatcher.overloads.values()]
    return (
        type(dispatcher).__name__,
        tuple(sorted(options.items())),
        tuple(sorted(variables.items())),
        compiler.__name__,
        tuple(map(parts_of_signature, declared)),
    )


def _ordered(option: Any) -> Any:
    """Return an option, such as a set for `fastmath`, in a fixed order."""
    if isinstance(option, set | frozenset):
        return tuple(sorted(cast("set[str]", option)))
    return tuple(sorted(cast("dict[str, Any]", option).items())) if isinstance(option, dict) else option


def parts_of_signature(signature: Any) -> tuple[Any, ...]:
    """Return numba's types of a function's arguments, and of its result, None if undeclared."""
    args, result = _normalized(signature)
    return (*args, result)


def parts_of_type(kind: Any) -> tuple[Any, ...]:
    """Return everything that identifies one of numba's types, as plain values, classes and types."""
    if isinstance(kind, numba_types.Dispatcher):
        return (kind.dispatcher,)
    if isinstance(kind, numba_types.Omitted):
        return (kind.value,)
    return type(kind).__qualname__, kind.key


def has_no_cache(dispatcher: Any) -> bool:
    """Return whether a compiled function has no disk cache, neither ours nor numba's."""
    return _no_cache is not None and isinstance(getattr(dispatcher, "_cache", None), _no_cache)


def environment_of(module: str, constants: Any, name: str) -> Any:
    """Return the environment object of compiled code, without importing its module."""
    known = _environment._memo.get(name)
    if known is not None:
        return known
    made = _environment(vars(sys.modules[module]) if module in sys.modules else {"__name__": module})
    made.consts[:] = constants
    made.env_name = name
    _environment._memo[name] = made
    return made


def settings() -> tuple[tuple[str, str], ...]:
    """Return numba's settings, from environment variables or set at run time, that affect its code."""
    found = cast("dict[str, Any]", vars(_config))
    names = sorted(name for name in found if name.isupper() and not _is_idle(name))
    return tuple((name, repr(found[name])) for name in names)


def _is_idle(setting: str) -> bool:
    return setting.startswith("CUDA_") or setting in _IDLE_SETTINGS


def extensions() -> tuple[tuple[object, types.FunctionType], ...]:
    """Return third-party extensions of numba: each function or type, and its implementation."""
    return _foreign(len(_typing.functions) + len(_typing.attributes))


def is_overloaded(function: types.FunctionType) -> bool:
    """Return whether an extension of numba replaces a function, which we then do not compile."""
    return any(overloaded is function for overloaded, _ in extensions())


@cache
def _foreign(_count: int) -> tuple[tuple[object, types.FunctionType], ...]:
    templates = [*_typing.functions, *_typing.attributes]
    pairs = [(one.key, one._overload_func) for one in templates if hasattr(one, "_overload_func")]
    own = f"{NUMBA_DIRECTORY}{os.sep}"
    files = [(pair, pair[1].__code__.co_filename) for pair in pairs]
    others = [(pair, file) for pair, file in files if not file.startswith(own)]  # of more than a thousand
    return tuple(pair for pair, file in others if not Path(file).is_relative_to(NUMBA_DIRECTORY))
