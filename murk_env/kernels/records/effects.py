"""The arguments that a rewritten function may write, determined from its statements alone.

In doubt an argument counts as written: types are not known here, so a value read from an array may be a view
of it, such as a row, and a function that gets it may write there.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from murk_env.kernels.numba_internals import numba_ir as ir
from murk_env.kernels.records.assignments import assigned_for_certain
from murk_env.kernels.records.meanings import Meanings

__all__ = ["Effects", "effects_of"]

_READING: tuple[Any, ...] = (abs, bool, complex, divmod, float, int, len, max, min, pow, range, round, sum)
_ITERATING: tuple[Any, ...] = (enumerate, iter, reversed, zip)
_READING_METHODS = frozenset(
    {"all", "any", "argmax", "argmin", "argsort", "astype", "copy", "item", "max", "mean", "min", "prod"}
    | {"std", "sum", "var"}
)


@dataclass(frozen=True)
class Effects:
    """A function's effects on its arguments, by their positions.

    Attributes:
        written: those whose elements it may write.
        assigned: those of them to whose elements it certainly assigns, on some path at least, if they are
            arrays; with one of the places where it does.
        kept: those of which its result may contain a part.
        silent: the function, itself or one whose result it returns, that may return None; None if every path
            returns a value.
    """

    written: frozenset[int]
    assigned: Mapping[int, Any]
    kept: frozenset[int]
    silent: Any


def effects_of(
    form: Any, meanings: Meanings, of_calls: Mapping[str, Effects], changed: Mapping[int, Any]
) -> Effects:
    """Return the effects of a rewritten function.

    Args:
        form: the function in numba's intermediate form.
        meanings: the meanings of its variables.
        of_calls: the effects of the functions of records that it calls, by the variable of the function.
        changed: the arguments that an operation changes in place if they are arrays, with the place.
    """
    return _Walk(form, meanings, of_calls, changed).effects


class _Walk:
    """Iterates over one function's statements until nothing new is learnt."""

    def __init__(
        self, form: Any, meanings: Meanings, of_calls: Mapping[str, Effects], changed: Mapping[int, Any]
    ) -> None:
        self._meanings = meanings
        self._of_calls = of_calls
        self._parts: dict[str, frozenset[int]] = {}  # by variable, the arguments it may be a part of
        self._attributes: dict[str, str] = {}  # by variable, the attribute that it was read from
        self._written: set[int] = set()
        self._kept: set[int] = set()
        statements = [statement for block in form.blocks.values() for statement in block.body]
        before = -1
        while before < (before := self._learn(statements)):
            pass
        assigned = assigned_for_certain(
            form.blocks, {name: one.assigned for name, one in of_calls.items()}, changed
        )
        self.effects = Effects(
            frozenset(self._written), assigned, frozenset(self._kept), _silent(form, statements, of_calls)
        )

    def _learn(self, statements: Iterable[Any]) -> int:
        for statement in statements:
            self._statement(statement)
        return sum(map(len, self._parts.values()))

    def _statement(self, statement: Any) -> None:
        if isinstance(statement, ir.Assign):
            name = statement.target.name
            self._parts[name] = self._parts.get(name, frozenset()) | self._value(name, statement.value)
        elif isinstance(statement, ir.SetItem | ir.StaticSetItem):
            self._written |= self._part(statement.target)
        elif isinstance(statement, ir.Return):
            self._kept |= self._part(statement.value)
        elif not isinstance(statement, ir.Branch | ir.Print | ir.Raise):
            self._written |= self._any_part(statement)

    def _value(self, name: str, value: Any) -> frozenset[int]:
        if isinstance(value, ir.Var):
            return self._part(value)
        if isinstance(value, ir.Arg):
            return frozenset([value.index])
        if not isinstance(value, ir.Inst):
            return frozenset()
        return self._expression(name, value, getattr(value, "op", ""))

    def _expression(self, name: str, value: Any, operation: str) -> frozenset[int]:
        if operation in ("binop", "unary"):
            return frozenset()
        if operation == "inplace_binop":
            self._written |= self._part(value.lhs)
            return self._part(value.lhs)
        if operation in ("getitem", "static_getitem"):
            return self._part(value.value)
        if operation == "getattr":
            self._attributes[name] = value.attr
        return self._call(value) if operation == "call" else self._any_part(value)

    def _call(self, call: Any) -> frozenset[int]:
        if call.func.name in self._of_calls:
            known, handed = self._of_calls[call.func.name], list(map(self._part, call.args))
            self._written.update(*(handed[index] for index in known.written))
            return _union(handed[index] for index in known.kept)
        function = self._meanings.known(call.func)
        if _only_reads(function, call) or self._attributes.get(call.func.name) in _READING_METHODS:
            return frozenset()
        if not _is_one_of(function, _ITERATING):
            self._written |= self._any_part(call)
        return self._any_part(call)

    def _part(self, variable: Any) -> frozenset[int]:
        return self._parts.get(variable.name, frozenset())

    def _any_part(self, used: Any) -> frozenset[int]:
        return _union(map(self._part, used.list_vars()))


def _union(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    empty: frozenset[int] = frozenset()
    return empty.union(*sets)


def _only_reads(function: Any, call: Any) -> bool:
    """Return whether a function of Python or numpy writes nothing and returns no part of its arguments."""
    module = getattr(function, "__module__", None)
    if module == math.__name__ or _is_one_of(function, _READING):
        return True
    if isinstance(function, type):
        return module == np.__name__
    if call.kws or call.vararg:  # out= perhaps
        return False
    return isinstance(function, np.ufunc) and len(call.args) <= function.nargs - function.nout


def _is_one_of(value: Any, functions: Iterable[Any]) -> bool:
    return any(value is function for function in functions)


def _silent(form: Any, statements: Iterable[Any], of_calls: Mapping[str, Effects]) -> Any:
    """Return the function that may return None: this one, or one whose result it returns; else None."""
    values: dict[str, list[Any]] = {}  # by temporary, all values assigned to it
    for one in statements:
        if isinstance(one, ir.Assign) and one.target.name.startswith("$"):
            values.setdefault(one.target.name, []).append(one.value)
    pending: list[tuple[Any, bool]] = [(one.value, True) for one in statements if isinstance(one, ir.Return)]
    found = None if pending else form.func_id.func
    while pending:
        value, alone = pending.pop()  # `alone`: no other value may be returned here, as in `f(self) or 1.0`
        value = value.value if isinstance(value, ir.Expr) and value.op == "cast" else value
        if isinstance(value, ir.Var) and value.name.startswith("$"):
            assigned = values.pop(value.name, [])  # empty for one that has been visited
            pending += [(one, alone and len(assigned) == 1) for one in assigned]
        elif isinstance(value, ir.Const) and value.value is None:
            return form.func_id.func
        elif alone and getattr(value, "op", None) == "call" and value.func.name in of_calls:
            found = found or of_calls[value.func.name].silent
    return found
