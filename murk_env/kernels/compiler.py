"""Compiled functions: numba behind three calls, with a disk cache that cannot go stale.

Everything compiled in this package is compiled here, so that one set of options holds everywhere:
no fast-math (all faces of an environment give the same results), the GIL released, numpy's rules
for division by zero.
"""

import linecache
import types
import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from murk_env.kernels.fingerprint import fingerprint
from murk_env.kernels.functions import compile_with_helpers, compiled, to_check
from murk_env.kernels.numba_internals import COMPILES, CompilationError, is_dispatcher

__all__ = ["COMPILES", "CompilationError", "compile_function", "compile_source", "inlined", "kernel"]

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])

# By text and the identities of the objects its names refer to, which are kept alive: describing them again
# for every new environment would take longer than the rest of creating it.
_sources: dict[tuple[Any, ...], tuple[Callable[..., Any], Mapping[str, object]]] = {}
_nameless: dict[tuple[Any, ...], tuple[Callable[..., Any], Mapping[str, object]]] = {}  # without fingerprint
_NAMELESS = 256  # kept at most: every new environment may add some
_made: dict[tuple[str, bool], Callable[..., Any]] = {}


def kernel(function: AnyFunction) -> AnyFunction:
    """Compile a function of this package; the decorator of every kernel.

    The function is compiled at its first call with a new set of argument types, or loaded from the
    cache on disk. Its annotations are for the reader: numba uses the types of the actual arguments.

    Args:
        function: a plain function in numba's dialect; it may call other kernels.

    Returns:
        numba's dispatcher, typed like the function.
    """
    return compiled(function, checked=False)


def inlined(function: AnyFunction) -> AnyFunction:
    """Compile a function like `kernel`, and inline it into every kernel that calls it.

    Loops over a function of a few dozen operations without branches can then be vectorised.
    """
    return compiled(function, checked=False, inlined=True)


def compile_source(
    source: str,
    name: str,
    namespace: Mapping[str, object],
    *,
    checked: bool = False,
    entry: bool = False,
    inlined: bool = False,
) -> Callable[..., Any]:
    """Compile a function given as text, such as the loop over worlds around a compiled hook.

    Tracebacks show the lines of the text. Equal text with equal names gives the same compiled function, so
    building an environment twice compiles once.

    Args:
        source: Python source that defines ``name`` at its top level.
        name: the function to compile.
        namespace: the source's global names: kernels and plain constants.
        checked: whether an index outside an array raises IndexError; otherwise it is not detected.
        entry: whether Python will call it. Functions called by other compiled functions are compiled without
            an entry for Python, and a second time if Python calls them after all.
        inlined: whether it is inlined into every kernel that calls it. The compiler may call a large one
            instead, to which it then copies seven words or more for every array.

    Returns:
        The compiled function.
    """
    known = (source, name, checked, inlined, *((key, id(value)) for key, value in sorted(namespace.items())))
    for kept in (_sources, _nameless):
        if known in kept:
            return kept[known][0]
    made = _compiled_source(source, name, namespace, checked=checked, entry=entry, inlined=inlined)
    if any(made is one for one in _made.values()):
        _sources[known] = made, namespace
    else:
        _nameless[known] = made, namespace
        if len(_nameless) > _NAMELESS:
            del _nameless[next(iter(_nameless))]
    return made


def _compiled_source(
    source: str, name: str, namespace: Mapping[str, object], *, checked: bool, entry: bool, inlined: bool
) -> Callable[..., Any]:
    filename = f"<murk_env {name} {zlib.crc32(source.encode()):08x}>"  # the same for the same text
    variables: dict[str, Any] = {"__name__": __name__, **namespace}
    exec(compile(source, filename, "exec"), variables)

    def make(function: types.FunctionType) -> Callable[..., Any]:
        made = compiled(function, checked=checked, entry=entry, inlined=inlined)
        return made if COMPILES else np.errstate(all="ignore")(made)  # compiled code does not warn either

    made = _unique(variables[name], checked, make)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return made


def compile_function(function: Callable[..., Any], *, checked: bool = False) -> Callable[..., Any]:
    """Compile a plain function together with the plain functions it calls.

    The function may be a closure over numbers, other plain functions or kernels. Its names are resolved now:
    a global rebound later has no effect. Equal functions over equal values give the same compiled function,
    so a closure that every environment of a class creates again is compiled once.

    Args:
        function: a plain function in numba's dialect, or an already compiled one, which is returned
            unchanged, except that an author's own is recompiled if indices are checked.
        checked: whether an index outside an array raises IndexError; otherwise it is not detected.

    Returns:
        The compiled function.

    Raises:
        TypeError: ``function`` is not a plain Python function.
    """
    function = to_check(function) if checked else function
    if is_dispatcher(function):
        return function
    if not isinstance(function, types.FunctionType):
        raise TypeError(f"expected a plain Python function to compile, got {function!r}")
    return _unique(function, checked, lambda plain: compile_with_helpers(plain, {}, checked))


def _unique(
    function: types.FunctionType, checked: bool, make: Callable[[types.FunctionType], Callable[..., Any]]
) -> Callable[..., Any]:
    """Return the compiled function of an equal function, or compile this one with ``make``."""
    key = fingerprint(function)
    if key is None:
        return make(function)
    if (key, checked) not in _made:
        _made[key, checked] = make(function)
    return _made[key, checked]
