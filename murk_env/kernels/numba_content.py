"""What numba's machine code depends on beside the Python function: options, types, settings, extensions."""

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
}  # they differ from machine to machine, and no code does for them


def options_of(dispatcher: Any) -> tuple[Any, ...]:
    """Return all that a compiled function's code depends on beside the Python function; nothing if unknown.

    A function that was declared with signatures compiles no others: it converts what it is given.
    """
    if not isinstance(dispatcher, _dispatcher):  # one that numba makes of `vectorize`, say
        return ()
    compiler = dispatcher._compiler.pipeline_class
    if compiler not in (_compiler, CarefulCompiler, PlannedCompiler):
        return ()
    if compiler is CarefulCompiler:  # it refuses more, and makes the same of the rest
        compiler = _compiler
    options = {name: _ordered(value) for name, value in dispatcher.targetoptions.items()}
    variables: Mapping[str, Any] = dispatcher.locals or {}  # numba 0.61 has None for none
    declared = [] if dispatcher._can_compile else [one.signature for one in dispatcher.overloads.values()]
    return (
        type(dispatcher).__name__,
        tuple(sorted(options.items())),
        tuple(sorted(variables.items())),
        compiler.__name__,
        tuple(map(parts_of_signature, declared)),
    )


def _ordered(option: Any) -> Any:
    """Return an option, such as the set that `fastmath` may be, in an order of its own."""
    if isinstance(option, set | frozenset):
        return tuple(sorted(cast("set[str]", option)))
    return tuple(sorted(cast("dict[str, Any]", option).items())) if isinstance(option, dict) else option


def parts_of_signature(signature: Any) -> tuple[Any, ...]:
    """Return numba's types of a function's arguments, and of its result, None if it is not declared."""
    args, result = _normalized(signature)
    return (*args, result)


def parts_of_type(kind: Any) -> tuple[Any, ...]:
    """Return all that tells one of numba's types from the others, as plain values, classes and types."""
    if isinstance(kind, numba_types.Dispatcher):
        return (kind.dispatcher,)
    if isinstance(kind, numba_types.Omitted):
        return (kind.value,)
    return type(kind).__qualname__, kind.key


def has_no_cache(dispatcher: Any) -> bool:
    """Whether a compiled function keeps nothing on disk, neither in our way nor in numba's."""
    return _no_cache is not None and isinstance(getattr(dispatcher, "_cache", None), _no_cache)


def environment_of(module: str, constants: Any, name: str) -> Any:
    """Return the objects that compiled code holds, of a module that is not imported for it."""
    known = _environment._memo.get(name)
    if known is not None:
        return known
    made = _environment(vars(sys.modules[module]) if module in sys.modules else {"__name__": module})
    made.consts[:] = constants
    made.env_name = name
    _environment._memo[name] = made
    return made


def settings() -> tuple[tuple[str, str], ...]:
    """Return numba's settings, from environment variables or set since, that its code may depend on."""
    found = cast("dict[str, Any]", vars(_config))
    names = sorted(name for name in found if name.isupper() and not _is_idle(name))
    return tuple((name, repr(found[name])) for name in names)


def _is_idle(setting: str) -> bool:
    return setting.startswith("CUDA_") or setting in _IDLE_SETTINGS


def extensions() -> tuple[tuple[object, types.FunctionType], ...]:
    """Return what others than numba have taught it: each function or type, and what is compiled for it."""
    return _foreign(len(_typing.functions) + len(_typing.attributes))


def is_overloaded(function: types.FunctionType) -> bool:
    """Whether somebody has told numba what to compile in place of a function, which is then none of ours."""
    return any(overloaded is function for overloaded, _ in extensions())


@cache
def _foreign(_count: int) -> tuple[tuple[object, types.FunctionType], ...]:
    templates = [*_typing.functions, *_typing.attributes]
    pairs = [(one.key, one._overload_func) for one in templates if hasattr(one, "_overload_func")]
    own = f"{NUMBA_DIRECTORY}{os.sep}"
    files = [(pair, pair[1].__code__.co_filename) for pair in pairs]
    others = [(pair, file) for pair, file in files if not file.startswith(own)]  # of more than a thousand
    return tuple(pair for pair, file in others if not Path(file).is_relative_to(NUMBA_DIRECTORY))
