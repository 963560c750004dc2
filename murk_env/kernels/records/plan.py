"""The plan of a flat function: how to rewrite its code whenever numba compiles it."""

import inspect
import types
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from murk_env.kernels.bytecode import intermediate
from murk_env.kernels.checked_stores import check_stores
from murk_env.kernels.numba_internals import TypingError, numba_types
from murk_env.kernels.records.members import Member, Path, dotted
from murk_env.kernels.records.rewrite import Call, Rewriter

__all__ = ["Plan", "planned"]


class Plan(NamedTuple):
    """How to rewrite a function: everything that is not in its code, to be part of its fingerprint.

    Attributes:
        parameters: the author's parameters.
        records: those of them that are records.
        paths: the members that are passed, by paths from the function's own parameters.
        names: the names of the arguments for these.
        arguments: the other parameters.
        members: the members at the paths that the function uses.
        calls: the replacements of calls of functions of records, in the order of the calls.
        checked: whether stores into integer arrays are checked.
    """

    parameters: tuple[str, ...]
    records: tuple[str, ...]
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    arguments: tuple[str, ...]
    members: tuple[tuple[Path, Member], ...]
    calls: tuple[Call, ...]
    checked: bool

    def intermediate(self, function: types.FunctionType, kinds: Sequence[Any]) -> Any:
        """Return the rewritten function, for numba's compiler.

        Args:
            function: a copy of the author's function whose global names refer to compiled functions.
            kinds: numba's types of the arguments.
        """
        form = intermediate(function, self.parameters)
        rewriter = Rewriter(form, self.records, _Replay(self))
        kind_of = dict(zip(self.paths, kinds, strict=False))
        for path, loc in rewriter.arrays:
            if not isinstance(kind_of[path], numba_types.Array):
                reason = f"{dotted(path)} is a number here; only an array can be changed or indexed"
                raise TypingError(reason, loc=loc)
        for path, loc in rewriter.changed:
            if isinstance(kind_of[path], numba_types.Array) and not kind_of[path].mutable:
                raise TypingError(f"Cannot modify readonly array {dotted(path)}", loc=loc)
        rewriter.set_parameters((*self.names, *self.arguments))
        if self.checked:
            check_stores(form)
        return form


class _Replay:
    """A guide that repeats the answers recorded in a plan."""

    def __init__(self, plan: Plan) -> None:
        self._members = dict(plan.members)
        self._names = dict(zip(plan.paths, plan.names, strict=True))
        self._calls = iter(plan.calls)

    def member(self, path: Path, loc: Any) -> Member:
        return self._members[path]

    def variable(self, path: Path) -> str:
        return self._names[path]

    def call(self, function: types.FunctionType, records: Mapping[str, Path], loc: Any) -> Call:
        return next(self._calls)


def planned(function: types.FunctionType, plan: Plan) -> types.FunctionType:
    """Return a copy of a function that numba compiles by a plan."""
    copy = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, None, function.__closure__
    )
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    names = (*plan.names, *plan.arguments)
    signature = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    vars(copy).update(__plan__=plan, __signature__=signature)
    return copy
