"""A function of records, compiled as a function of the members that it uses."""

import types
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from murk_env.kernels.numba_internals import is_dispatcher
from murk_env.kernels.records.discovery import Context, Made, make
from murk_env.kernels.records.members import Path, Resolve
from murk_env.kernels.records.plain_records import call_with_records
from murk_env.kernels.twins import line_in_twin
from murk_env.kernels.uncompiled import widened

__all__ = ["Flat", "flatten"]


@dataclass(frozen=True)
class Flat:
    """A function of records, compiled as a function of the members that it uses.

    Attributes:
        function: the compiled function.
        paths: the members that are its first arguments, in this order, each once.
        arguments: the author's other arguments, in order, which follow; defaults are not filled in.
        returns: whether it returns a value on every path.
        silent: returns the function that lacks a return: this one, or one whose result it returns.
        uncompiled: returns the same function as Python.
        written: the paths of members that it may write, too many rather than too few: also an array that it
            passes to an unknown function, or of which it changes a part that may be a number.
        assigned: the paths of members to whose elements it certainly assigns if they are arrays.
        assigned_at: returns the file and line of one of the assignments to such a path.
        own_place: returns the file and line in this function for a place that the compiler names, which may
            be in an equal function elsewhere.
    """

    function: Callable[..., Any]
    paths: tuple[Path, ...]
    arguments: tuple[str, ...]
    returns: bool
    silent: Callable[[], Callable[..., Any]]
    uncompiled: Callable[[], Callable[..., Any]]
    written: frozenset[Path]
    assigned: frozenset[Path]
    assigned_at: Callable[[Path], tuple[str, int]]
    own_place: Callable[[str, int], tuple[str, int]]


def flatten(
    function: Callable[..., Any], records: Collection[str], resolve: Resolve, *, checked: bool
) -> Flat:
    """Compile a function of records.

    A record may be bound to other local names, be passed to plain functions, which are compiled for it, and
    have its methods called. Equal functions with equal members give the same compiled function.

    With compilation switched off (`NUMBA_DISABLE_JIT`), the function is the author's own, called with objects
    that hold the members.

    Args:
        function: a plain function in numba's dialect.
        records: those of its parameters that are records; names of others are ignored.
        resolve: returns the member at a path that begins with one of `records`; None if there is none.
        checked: whether an index outside an array raises IndexError; otherwise it is not detected.

    Raises:
        RecordError: the function uses a record in a way that cannot be compiled.
        TypeError: `function` is not a plain Python function.
    """
    function = function.py_func if is_dispatcher(function) else function  # pyright: ignore[reportFunctionMemberAccess]
    if not isinstance(function, types.FunctionType):
        raise TypeError(f"expected a plain Python function to compile, got {function!r}")
    origins = {name: (name,) for name in records}
    made = make(function, origins, Context(resolve, checked, ()))
    plan, known = made.plan, made.effects

    def uncompiled() -> Callable[..., Any]:
        return call_with_records(widened(function), plan.records, plan.paths, plan.arguments, resolve)

    def fresh() -> Made:
        """Return the result for this very function, not for an equal one elsewhere."""
        return make(function, origins, Context(resolve, checked, (), fresh=True))

    def assigned_at(path: Path) -> tuple[str, int]:
        own = fresh()
        place = own.effects.assigned[own.plan.paths.index(path)]
        return place.filename, place.line

    def own_place(filename: str, line: int) -> tuple[str, int]:
        return line_in_twin(made.compiled, function, fresh().plan, filename, line)

    def silent() -> Callable[..., Any]:
        return fresh().effects.silent or function

    run = made.compiled if is_dispatcher(made.compiled) else uncompiled()
    written, assigned = (
        frozenset(plan.paths[index] for index in indices if index < len(plan.paths))
        for indices in (known.written, known.assigned)
    )
    told = (known.silent is None, silent, uncompiled, written, assigned, assigned_at, own_place)
    return Flat(run, plan.paths, plan.arguments, *told)
