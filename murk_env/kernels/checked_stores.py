"""Whole numbers that an array cannot hold: in checked mode compiled functions raise instead of wrapping them.

In numba's intermediate form every store into an array is a statement. Checked, what is stored goes through
`stored` first, which lets it pass if the array holds it.
"""

import hashlib
import inspect
import operator
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from murk_env.kernels.numba_internals import (
    definitions_of,
    intermediate,
    intrinsic,
    ir,
    numba_types,
    passed_on,
)
from murk_env.kernels.numba_internals import numba_ir as form_of

__all__ = ["check_stores", "store_checks"]

_SOURCES = ("checked_stores.py", "numba_internals.py")
_BEYOND = "an array of whole numbers is set to one that it cannot hold"
_BROKEN = "an array of whole numbers is set to a number that is not whole"


class StoreChecks(NamedTuple):
    """The plan of a plain function whose stores are checked; see `murk_env.kernels.records.plan`.

    Attributes:
        sources: a hash of the modules that rewrite.
    """

    sources: object

    def intermediate(self, function: Any, kinds: Any) -> Any:
        """Return the function's intermediate form, as numba's compiler asks for it."""
        code = function.__code__
        given = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
        form = intermediate(function, code.co_varnames[:given])
        check_stores(form)
        return form


@cache
def store_checks() -> StoreChecks:
    """Return the plan of every plain function whose stores are checked."""
    try:
        contents = [Path(__file__).with_name(name).read_bytes() for name in _SOURCES]
    except OSError:  # installed without sources
        return StoreChecks(object())
    return StoreChecks(hashlib.sha256(b"".join(contents)).hexdigest())


def check_stores(form: Any) -> None:
    """Let a function in numba's intermediate form, which is changed, raise where a store does not fit."""
    names = _Names(form.blocks[min(form.blocks)].scope, count())
    for block in form.blocks.values():
        block.body = [new for one in block.body for new in _checked(one, names)]
    form._definitions = definitions_of(form.blocks)


class _Names(NamedTuple):
    """Makes variables that no author has."""

    scope: Any
    numbers: Iterator[int]

    def new(self, name: str, loc: Any) -> Any:
        """Return a new variable."""
        return self.scope.get_or_define(f"${name}{next(self.numbers)}.of_store", loc)


def _checked(statement: Any, names: _Names) -> list[Any]:
    """Return a statement with what checks it before."""
    loc = statement.loc
    if isinstance(statement, form_of.SetItem | form_of.StaticSetItem):
        before, statement.value = _called(stored, names, loc, statement.target, statement.value)
        return [*before, statement]
    value: Any = getattr(statement, "value", None)
    if getattr(value, "op", None) != "inplace_binop" or value.immutable_fn not in _IN_PLACE:
        return [statement]
    before, _ = _called(_IN_PLACE[value.immutable_fn], names, loc, value.lhs, value.rhs)
    return [*before, statement]


def _called(function: Any, names: _Names, loc: Any, *arguments: Any) -> tuple[list[Any], Any]:
    """Return the statements of a call, and the variable of its result."""
    named, result = names.new("check", loc), names.new("checked", loc)
    name = form_of.Global("check", function, loc)
    call = form_of.Expr.call(named, list(arguments), (), loc)
    return [form_of.Assign(name, named, loc), form_of.Assign(call, result, loc)], result


def _holds_whole_numbers(kind: Any) -> bool:
    """Whether a type is an array of signed integers: unsigned ones are for arithmetic that wraps."""
    is_array = isinstance(kind, numba_types.Array)
    return is_array and isinstance(kind.dtype, numba_types.Integer) and kind.dtype.signed


def _fits(kind: Any, into: Any) -> bool:
    """Whether a type of numbers has none that an array's type cannot hold."""
    if isinstance(kind, numba_types.Integer):
        return kind.bitwidth < into.bitwidth or (kind.bitwidth == into.bitwidth and kind.signed)
    return not isinstance(kind, numba_types.Float)


@intrinsic
def stored(_typing: Any, array: Any, value: Any) -> Any:
    """Return a value that is stored in an array; raise if it is a number that the array cannot hold."""
    number = value.dtype if isinstance(value, numba_types.Array) else value
    passes = not _holds_whole_numbers(array) or _fits(number, array.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if not passes:
            check = _check_array if isinstance(value, numba_types.Array) else _check_number
            check(context, builder, (value, number, array.dtype), arguments[1])
        return passed_on(context, builder, signature.return_type, arguments[1])

    return value(array, value), generate


def _in_place(operation: Any) -> Any:
    """Return what raises if an operation in place gives numbers that its array cannot hold."""

    @intrinsic
    def check(_typing: Any, array: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            if _holds_whole_numbers(array) and array.dtype.bitwidth < 64:
                context.compile_internal(builder, check_all, signature, arguments)
            return context.get_dummy_value()

        dtype = np.dtype(str(array.dtype)) if _holds_whole_numbers(array) else None

        def check_all(numbers: Any, other: Any) -> None:
            narrow = np.empty(1, dtype)
            for number in operation(numbers.astype(np.int64), other).flat:
                stored(narrow, number)

        return numba_types.void(array, value), generate

    return check


_OPERATORS: Any = operator
_CHANGING = ("add", "sub", "mul", "floordiv", "mod", "pow", "lshift")
# Made beforehand: numba does not find functions that are made while it compiles.
_IN_PLACE = {getattr(_OPERATORS, name): _in_place(getattr(_OPERATORS, name)) for name in _CHANGING}


def _check_number(context: Any, builder: Any, kinds: Any, value: Any) -> None:
    _, kind, into = kinds
    low, high = -(2 ** (into.bitwidth - 1)), 2 ** (into.bitwidth - 1) - 1
    if isinstance(kind, numba_types.Float):
        floor = builder.module.declare_intrinsic("llvm.floor", [value.type])
        whole = builder.fcmp_ordered("==", builder.call(floor, [value]), value)
        _raise_unless(context, builder, whole, ValueError, _BROKEN)
        # 2**63 - 1 is no float; 2**63 is, and is beyond
        first, last = ir.Constant(value.type, float(low)), ir.Constant(value.type, float(high + 1))
        inside = builder.and_(
            builder.fcmp_ordered(">=", value, first), builder.fcmp_ordered("<", value, last)
        )
    elif kind.signed:
        narrow = builder.trunc(value, ir.IntType(into.bitwidth))
        inside = builder.icmp_signed("==", builder.sext(narrow, value.type), value)
    else:
        inside = builder.icmp_unsigned("<=", value, ir.Constant(value.type, high))
    _raise_unless(context, builder, inside, OverflowError, _BEYOND)


def _raise_unless(context: Any, builder: Any, holds: Any, error: type[Exception], message: str) -> None:
    with builder.if_then(builder.not_(holds), likely=False):
        context.call_conv.return_user_exc(builder, error, (message,))


def _check_array(context: Any, builder: Any, kinds: Any, value: Any) -> None:
    array, _, into = kinds

    dtype = np.dtype(str(into))

    def check(values: Any) -> None:
        narrow = np.empty(1, dtype)
        for number in values.flat:
            stored(narrow, number)

    context.compile_internal(builder, check, numba_types.void(array), [value])
