"""Functions that other compiled functions call, and Python seldom or never.

With each function numba compiles an entry for Python and one for C, and makes machine code of it, and all
that again in every function that it is linked into, which makes a first start longer. Most of ours
are called by fused kernels alone. So they are compiled without entries and without machine code, and a copy
with both when Python calls them.
"""

import types
from collections.abc import Mapping
from typing import Any, cast

from murk_env.kernels.disk_cache import attach_cache
from murk_env.kernels.numba_internals import CPUDispatcher

__all__ = ["InnerDispatcher", "entered"]

_NO_C_ENTRY = {"no_cfunc_wrapper": True}  # which nobody calls
_NO_ENTRIES = {"no_cpython_wrapper": True, **_NO_C_ENTRY}


class InnerDispatcher(CPUDispatcher):
    """numba's dispatcher of a function without entries, which gets one when Python calls it.

    Args:
        py_func: the function.
        locals: types of its variables, as numba's own dispatcher takes them.
        targetoptions: numba's options.
        compiler: which compiler, where it is not numba's own (`pipeline_class`).
    """

    def __init__(
        self,
        py_func: types.FunctionType,
        locals: Any = None,  # numba's name, by which it makes one again from a pickle
        targetoptions: Mapping[str, Any] | None = None,
        **compiler: Any,
    ) -> None:
        self._options, self._compiler_class = dict(targetoptions or {}), compiler
        inherited: Any = super()
        inherited.__init__(py_func, locals or {}, self._options | _NO_ENTRIES, **compiler)
        self._name = py_func.__qualname__  # to which the cache adds what it holds
        self._entered: Any = None
        self._entries: set[Any] = set()

    def add_overload(self, cres: Any) -> None:
        """Keep what was compiled for other compiled functions: Python cannot call it."""
        cast(Any, self).overloads[tuple(cres.signature.args)] = cres

    def _compile_for_args(self, *args: Any, **kwargs: Any) -> Any:
        """Return what Python calls with arguments of new types; numba finds it by itself from then on."""
        entry = self.with_entry()._compile_for_args(*args, **kwargs)
        for kinds, made in self._entered.overloads.items():
            if kinds not in self._entries:
                self._entries.add(kinds)  # first, so that an interrupt never makes it two
                cast(Any, self)._insert([kind._code for kind in kinds], made.entry_point, False)
        return entry

    def with_entry(self) -> Any:
        """Return numba's own dispatcher of a copy of the function, which has machine code."""
        if self._entered is None:
            copy = _copy(cast(Any, self).py_func, self._name)
            options = self._options | {"no_cpython_wrapper": False}
            self._entered = entered(copy, targetoptions=options, **self._compiler_class)
            self._entered._cache_hits, self._entered._cache_misses = self._cache_hits, self._cache_misses
        return self._entered


def entered(function: types.FunctionType, *, targetoptions: Mapping[str, Any], **compiler: Any) -> Any:
    """Return numba's own dispatcher of a function that Python calls, with the disk cache of this package."""
    dispatcher = CPUDispatcher(function, targetoptions={**targetoptions, **_NO_C_ENTRY}, **compiler)
    attach_cache(dispatcher)
    return dispatcher


def _copy(function: types.FunctionType, name: str) -> types.FunctionType:
    """Return a copy that can have a name of its own."""
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
