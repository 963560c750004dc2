"""Passes functions to numba, alone or with the plain functions that they call."""

import types
from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar, cast

from murk_env.kernels.checked_stores import StoreChecks
from murk_env.kernels.compilers import CarefulCompiler, PlannedCompiler
from murk_env.kernels.disk_cache import attach_cache
from murk_env.kernels.inner import InnerDispatcher, entered
from murk_env.kernels.names import NOTHING, Reads, attribute_reads, global_names
from murk_env.kernels.namespaces import is_namespace, members
from murk_env.kernels.numba_content import is_overloaded
from murk_env.kernels.numba_internals import (
    COMPILES,
    is_dispatcher,
    plan_of,
)
from murk_env.kernels.uncompiled import widened

__all__ = ["compile_with_helpers", "compiled", "to_check"]

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


def compiled(
    function: AnyFunction, *, checked: bool, entry: bool = False, inlined: bool = False
) -> AnyFunction:
    """Return a dispatcher of a function, with the options and the disk cache of this package.

    Args:
        function: a plain function.
        checked: whether an index outside an array raises IndexError.
        entry: whether Python calls it, rather than other compiled functions.
        inlined: whether it is inlined into the compiled functions that call it.
    """
    if not COMPILES:
        return cast(AnyFunction, widened(cast(Any, function)))
    compiler = {"pipeline_class": CarefulCompiler if plan_of(function) is None else PlannedCompiler}
    options = {"nopython": True, "nogil": True, "error_model": "numpy", "boundscheck": checked}
    if inlined:
        options["forceinline"] = True
    if entry:
        return entered(cast(Any, function), targetoptions=options, **compiler)
    dispatcher = InnerDispatcher(cast(Any, function), targetoptions=options, **compiler)
    attach_cache(dispatcher)
    return cast(AnyFunction, dispatcher)


def to_check(function: Any) -> Any:
    """Return the plain function of one compiled by an author, whose indices numba would not check."""
    if is_dispatcher(function) and function.py_func.__module__.partition(".")[0] != "murk_env":
        return function.py_func
    return function


def _is_read_for_members(value: Any, read: Reads) -> bool:
    """Return whether a value is an IntEnum of which only members are read."""
    if not isinstance(value, type) or not issubclass(value, IntEnum):
        return False
    return all(len(path) == 1 and path[0] in value.__members__ for path in read.paths)


def _plan(function: types.FunctionType, checked: bool) -> dict[str, Any]:
    """Return the attributes that tell the compiler what replaces a function's own code."""
    if plan_of(function) is not None:  # made by murk_env.kernels.records
        return {name: vars(function)[name] for name in ("__plan__", "__signature__")}
    return {"__plan__": StoreChecks()} if checked else {}


def compile_with_helpers(
    function: types.FunctionType, made: dict[types.FunctionType, Callable[..., Any]], checked: bool
) -> Callable[..., Any]:
    """Compile a copy of ``function`` whose plain helpers are replaced by newly compiled ones.

    An author's modules and classes are replaced by their members that it reads, with compiled functions.
    ``made`` holds functions already in progress, so that mutually recursive functions terminate.
    """
    if function in made:
        return made[function]
    cells = tuple(types.CellType() for _ in function.__closure__ or ())
    variables: dict[str, Any] = {"__name__": function.__module__, "__builtins__": function.__builtins__}
    copy = types.FunctionType(function.__code__, variables, function.__name__, function.__defaults__, cells)
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__ = function.__qualname__
    vars(copy).update(_plan(function, checked))
    made[function] = compiled(copy, checked=checked)
    reads = attribute_reads(function.__code__)

    def ready(value: Any, read: Reads) -> Any:
        value = to_check(value) if checked else value
        if isinstance(value, types.FunctionType) and not is_overloaded(value):
            return compile_with_helpers(value, made, checked)
        if isinstance(value, IntEnum) and not any(read.paths):
            return int(value)  # numba can add an int to a float, but not a member
        if not is_namespace(value) and not _is_read_for_members(value, read):
            return value
        namespace = types.ModuleType(value.__name__)  # numba only reads members of modules
        for name, member, further in members(value, read):
            setattr(namespace, name, ready(member, further))
        return namespace

    for name in global_names(function.__code__) & function.__globals__.keys():
        variables[name] = ready(function.__globals__[name], reads[name])
    for name, cell, original in zip(
        function.__code__.co_freevars, cells, function.__closure__ or (), strict=True
    ):
        cell.cell_contents = ready(original.cell_contents, reads.get(name, NOTHING))
    return made[function]
