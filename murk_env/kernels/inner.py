"""Functions called by other compiled functions, and rarely or never by Python.

For each function numba compiles an entry for Python and one for C, and generates machine code, and repeats
that in every function that it is linked into, which slows down a cold start. Most of ours are only called by
fused kernels. So they are compiled without entries and machine code, and a copy with both when Python calls
them.
"""

import types
from collections.abc import Mapping
from typing import Any, cast

from murk_env.kernels.disk_cache import attach_cache
from murk_env.kernels.numba_internals import CPUDispatcher

__all__ = ["InnerDispatcher", "entered"]

_NO_C_ENTRY = {"no_cfunc_wrapper": True}  # nobody would call it
_NO_ENTRIES = {"no_cpython_wrapper": True, **_NO_C_ENTRY}


class InnerDispatcher(CPUDispatcher):
    """A dispatcher of a function without entries, which compiles one when Python calls it.

    Args:
        py_func: the function.
        locals: types of its variables, as in numba's dispatcher.
        targetoptions: numba's options.
        compiler: the compiler, if it is not numba's own (`pipeline_class`).
    """

    def __init__(
        self,
        py_func: types.FunctionType,
        locals: Any = None,  # numba unpickles dispatchers by this name
        targetoptions: Mapping[str, Any] | None = None,
        **compiler: Any,
    ) -> None:
        self._options, self._compiler_class = dict(targetoptions or {}), compiler
        inherited: Any = super()
        inherited.__init__(py_func, locals or {}, self._options | _NO_ENTRIES, **compiler)
        self._name = py_func.__qualname__  # the cache appends the fingerprint to it
        self._entered: Any = None
        self._entries: set[Any] = set()

    def add_overload(self, cres: Any) -> None:
        """Register a version for other compiled functions, which Python cannot call."""
        cast(Any, self).overloads[tuple(cres.signature.args)] = cres

    def _compile_for_args(self, *args: Any, **kwargs: Any) -> Any:
        """Compile an entry for Python for new argument types; numba then finds it itself."""
        entry = self.with_entry()._compile_for_args(*args, **kwargs)
        for kinds, made in self._entered.overloads.items():
            if kinds not in self._entries:
                self._entries.add(kinds)  # first, so that an interrupt cannot register it twice
                cast(Any, self)._insert([kind._code for kind in kinds], made.entry_point, False)
        return entry

    def with_entry(self) -> Any:
        """Return numba's own dispatcher of a copy of the function, with machine code."""
        if self._entered is None:
            copy = _copy(cast(Any, self).py_func, self._name)
            options = self._options | {"no_cpython_wrapper": False}
            self._entered = entered(copy, targetoptions=options, **self._compiler_class)
            self._entered._cache_hits, self._entered._cache_misses = self._cache_hits, self._cache_misses
        return self._entered


def entered(function: types.FunctionType, *, targetoptions: Mapping[str, Any], **compiler: Any) -> Any:
    """Return numba's dispatcher of a function that Python calls, with the disk cache of this package."""
    dispatcher = CPUDispatcher(function, targetoptions={**targetoptions, **_NO_C_ENTRY}, **compiler)
    attach_cache(dispatcher)
    return dispatcher


def _copy(function: types.FunctionType, name: str) -> types.FunctionType:
    """Return a copy of a function with another qualified name."""
    copy = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    vars(copy).update(vars(function))
    copy.__kwdefaults__, copy.__qualname__ = function.__kwdefaults__, name
    return copy
