"""Integer overflow in arrays: in checked mode compiled functions raise instead of wrapping.

In numba's intermediate form every store into an array is a statement. In checked mode the stored value passes
through `stored` first, which raises if the array cannot hold it. Operations on arrays, and conversions to
signed integers, are preceded by a check.
"""

import inspect
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from murk_env.kernels.bytecode import intermediate
from murk_env.kernels.numba_internals import definitions_of, replace_variables
from murk_env.kernels.numba_internals import numba_ir as form_of
from murk_env.kernels.whole_numbers import COMPUTED, CONVERTED, IN_PLACE, UFUNCS, stored

__all__ = ["StoreChecks", "check_stores"]

_OBJECTS = form_of.Global, form_of.FreeVar, form_of.Const


class StoreChecks(NamedTuple):
    """The plan of every plain function whose stores are checked; see `murk_env.kernels.records.plan`."""

    def intermediate(self, function: Any, kinds: Any) -> Any:
        """Return the function's intermediate form, for numba's compiler."""
        code = function.__code__
        given = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
        form = intermediate(function, code.co_varnames[:given])
        check_stores(form)
        return form


def check_stores(form: Any) -> None:
    """Rewrite a function in numba's intermediate form so that it raises where a store does not fit."""
    names = _Names(form.blocks[min(form.blocks)].scope, count(), {})
    definitions = definitions_of(form.blocks)
    for block in form.blocks.values():
        block.body = [new for one in block.body for new in _checked(one, names, definitions)]
    replace_variables(form.blocks, names.kept)
    form._definitions = definitions_of(form.blocks)


class _Names(NamedTuple):
    """Creates variables whose names cannot clash with an author's.

    Attributes:
        scope: their scope.
        numbers: numbers that make their names unique.
        kept: replacements for temporaries that are read twice: numba expects one read, and does not set them
            where it fuses several array operations into one loop.
    """

    scope: Any
    numbers: Iterator[int]
    kept: dict[str, Any]

    def new(self, name: str, loc: Any) -> Any:
        """Return a new variable."""
        return self.scope.get_or_define(f"${name}{next(self.numbers)}.of_store", loc)

    def keep(self, variable: Any) -> None:
        """Allow a variable to be read twice."""
        if variable.is_temp and variable.name not in self.kept:
            name = f"operand{next(self.numbers)}.of_store"
            self.kept[variable.name] = self.scope.get_or_define(name, variable.loc)


def _checked(statement: Any, names: _Names, definitions: Any) -> list[Any]:
    """Return a statement, preceded by its checks."""
    loc = statement.loc
    if isinstance(statement, form_of.SetItem | form_of.StaticSetItem):
        before, statement.value = _called(stored, names, loc, statement.target, statement.value)
        return [*before, statement]
    check, operands = _check_of(getattr(statement, "value", None), definitions)
    if check is None:
        return [statement]
    for operand in operands:
        names.keep(operand)
    return [*_called(check, names, loc, *operands)[0], statement]


def _check_of(value: Any, definitions: Any) -> tuple[Any, Sequence[Any]]:
    """Return the check of an expression, None if it needs none, and the check's arguments."""
    operation = getattr(value, "op", None)
    if operation == "inplace_binop":
        return IN_PLACE.get(value.immutable_fn), (value.lhs, value.rhs)
    if operation == "binop":
        return COMPUTED.get(value.fn), (value.lhs, value.rhs)
    if operation != "call" or value.kws or value.vararg is not None:
        return None, ()
    called = _origin(value.func, definitions)
    if getattr(called, "op", None) == "getattr" and called.attr == "fill" and len(value.args) == 1:
        return stored, (called.value, value.args[0])
    if getattr(called, "op", None) == "getattr" and called.attr == "astype" and len(value.args) == 1:
        kind = _named(_origin(value.args[0], definitions), definitions)
        return _conversion(kind), (called.value,)
    named = _named(called, definitions)
    if isinstance(named, np.ufunc):
        return UFUNCS.get((named, len(value.args))), value.args
    return (_conversion(named), value.args) if len(value.args) == 1 else (None, ())


def _conversion(kind: Any) -> Any:
    """Return the check of a conversion to a type, None if it needs none."""
    return CONVERTED.get(kind) if isinstance(kind, type) else None


def _origin(variable: Any, definitions: Any) -> Any:
    """Return the value assigned to a variable, None if there is not exactly one."""
    found = definitions.get(variable.name, ())
    return found[0] if len(found) == 1 else None


def _named(origin: Any, definitions: Any) -> Any:
    """Return the object of a global name or of an attribute of numpy; None for anything else."""
    if getattr(origin, "op", None) == "getattr":
        module = _object(_origin(origin.value, definitions))
        return getattr(np, origin.attr, None) if module is np else None
    return _object(origin)


def _object(origin: Any) -> Any:
    """Return a global, a variable of an enclosing function, or a constant; None for what is computed."""
    return origin.value if isinstance(origin, _OBJECTS) else None


def _called(function: Any, names: _Names, loc: Any, *arguments: Any) -> tuple[list[Any], Any]:
    """Return the statements of a call, and the variable of its result."""
    named, result = names.new("check", loc), names.new("checked", loc)
    name = form_of.Global("check", function, loc)
    call = form_of.Expr.call(named, list(arguments), (), loc)
    return [form_of.Assign(name, named, loc), form_of.Assign(call, result, loc)], result
