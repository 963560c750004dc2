"""Checks of integers in compiled code, before storing, converting or computing them."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from murk_env.kernels.numba_internals import intrinsic, ir, numba_types, passed_on

__all__ = ["COMPUTED", "CONVERTED", "IN_PLACE", "UFUNCS", "stored"]

_BEYOND = "an array of whole numbers is set to one that it cannot hold"
_BROKEN = "an array of whole numbers is set to a number that is not whole"


def _holds_whole_numbers(kind: Any) -> bool:
    """Return whether a type is an array of signed integers: unsigned ones are for wrapping arithmetic."""
    is_array = isinstance(kind, numba_types.Array | numba_types.NumpyFlatType)
    return is_array and isinstance(kind.dtype, numba_types.Integer) and kind.dtype.signed


def _fits(kind: Any, into: Any) -> bool:
    """Return whether an array's type can hold all numbers of a type."""
    if isinstance(kind, numba_types.Integer):
        return kind.bitwidth < into.bitwidth or (kind.bitwidth == into.bitwidth and kind.signed)
    return not isinstance(kind, numba_types.Float)


@intrinsic
def stored(_typing: Any, array: Any, value: Any) -> Any:
    """Return a value to be stored in an array; raise if it is a number that the array cannot hold."""
    number = value.dtype if isinstance(value, numba_types.Array) else value
    passes = not _holds_whole_numbers(array) or _fits(number, array.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if not passes:
            check = _check_array if isinstance(value, numba_types.Array) else _check_number
            check(context, builder, (value, number, array.dtype), arguments[1])
        return passed_on(context, builder, signature.return_type, arguments[1])

    return value(array, value), generate


def _check_number(context: Any, builder: Any, kinds: Any, value: Any) -> None:
    _, kind, _ = kinds
    if isinstance(kind, numba_types.Float):
        whole = builder.fcmp_ordered("==", _rounded(builder, "floor", value), value)
        _raise_unless(context, builder, whole, ValueError, _BROKEN)
    _check_range(context, builder, kinds, value, _BEYOND)


def _rounded(builder: Any, how: str, value: Any) -> Any:
    return builder.call(builder.module.declare_intrinsic(f"llvm.{how}", [value.type]), [value])


def _check_range(context: Any, builder: Any, kinds: Any, value: Any, message: str) -> None:
    """Raise OverflowError for a number (a float must be integral) outside the range of a type."""
    _, kind, into = kinds
    low, high = -(2 ** (into.bitwidth - 1)), 2 ** (into.bitwidth - 1) - 1
    if isinstance(kind, numba_types.Float):  # 2**63 - 1 is not a float; 2**63 is, and is out of range
        first, last = ir.Constant(value.type, float(low)), ir.Constant(value.type, float(high + 1))
        inside = builder.and_(
            builder.fcmp_ordered(">=", value, first), builder.fcmp_ordered("<", value, last)
        )
    elif kind.signed:
        narrow = builder.trunc(value, ir.IntType(into.bitwidth))
        inside = builder.icmp_signed("==", builder.sext(narrow, value.type), value)
    else:
        inside = builder.icmp_unsigned("<=", value, ir.Constant(value.type, high))
    _raise_unless(context, builder, inside, OverflowError, message)


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


def _is_array(kind: Any) -> bool:
    return isinstance(kind, numba_types.Array)


def _is_narrow(kind: Any) -> bool:
    """Return whether a type is a signed integer, or an array of these, of less than 64 bits."""
    number = kind.dtype if _is_array(kind) else kind
    return isinstance(number, numba_types.Integer) and number.signed and number.bitwidth < 64


def _widest(*kinds: Any) -> Any:
    """Return the dtype of results computed from narrow types."""
    return np.result_type(*(np.dtype(str(kind.dtype if _is_array(kind) else kind)) for kind in kinds))


def _returned_check(checks: bool, check: Callable[..., None], *kinds: Any) -> Any:
    """Return an intrinsic's signature and code: the check, or nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if checks:
            context.compile_internal(builder, check, signature, arguments)
        return context.get_dummy_value()

    return numba_types.void(*kinds), generate


def _converted(kind: type[np.signedinteger[Any]]) -> Any:
    """Return a check that a number, or all numbers of an array, fit into the type they are converted to."""
    into, message = getattr(numba_types, kind.__name__), f"np.{kind.__name__} cannot hold what it is given"

    @intrinsic
    def check(_typing: Any, value: Any) -> Any:
        number = value.dtype if _is_array(value) else value
        is_number = isinstance(number, numba_types.Integer | numba_types.Float)

        def check_all(values: Any) -> None:
            for one in values.flat:
                check(one)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            if is_number and not _fits(number, into) and _is_array(value):
                context.compile_internal(builder, check_all, signature, arguments)
            elif is_number and not _fits(number, into):
                is_float = isinstance(number, numba_types.Float)
                whole = _rounded(builder, "trunc", arguments[0]) if is_float else arguments[0]
                _check_range(context, builder, (value, number, into), whole, message)
            return context.get_dummy_value()

        return numba_types.void(value), generate

    return check


# In the following functions `* 1` widens narrow numbers to 64 bits.


def _in_place(operation: Any) -> Any:
    """Return a check that the results of an in-place operation fit into its array."""

    @intrinsic
    def check(_typing: Any, array: Any, value: Any) -> Any:
        checks = _is_array(array) and _is_narrow(array)
        dtype = _widest(array) if checks else None

        def check_all(numbers: Any, other: Any) -> None:
            narrow = np.empty(1, dtype)
            for number in operation(numbers * 1, other).flat:
                stored(narrow, number)

        return _returned_check(checks, check_all, array, value)

    return check


def _computed(operation: Any) -> Any:
    """Return a check that the results of an operation on narrow numbers, one of them an array, are narrow."""

    @intrinsic
    def check(_typing: Any, left: Any, right: Any) -> Any:
        checks = (_is_array(left) or _is_array(right)) and _is_narrow(left) and _is_narrow(right)
        dtype = _widest(left, right) if checks else None

        def check_all(first: Any, second: Any) -> None:
            narrow = np.empty(1, dtype)
            for number in operation(first * 1, second).flat:
                stored(narrow, number)

        return _returned_check(checks, check_all, left, right)

    return check


def _of_one(ufunc: Any) -> Any:
    """Return a check that the results of a ufunc of one array fit into its output array."""

    @intrinsic
    def check(_typing: Any, given: Any, out: Any) -> Any:
        checks = _is_array(given) and _is_array(out) and _is_narrow(out)
        dtype = _widest(out) if checks else None

        def check_all(numbers: Any, _: Any) -> None:
            narrow = np.empty(1, dtype)
            for number in ufunc(numbers * 1).flat:
                stored(narrow, number)

        return _returned_check(checks, check_all, given, out)

    return check


def _of_two(ufunc: Any) -> Any:
    """Return a check that the results of a ufunc of two arrays fit into its output array."""

    @intrinsic
    def check(_typing: Any, left: Any, right: Any, out: Any) -> Any:
        checks = (_is_array(left) or _is_array(right)) and _is_array(out) and _is_narrow(out)
        dtype = _widest(out) if checks else None

        def check_all(first: Any, second: Any, _: Any) -> None:
            narrow = np.empty(1, dtype)
            for number in ufunc(first * 1, second).flat:
                stored(narrow, number)

        return _returned_check(checks, check_all, left, right, out)

    return check


# Created beforehand: numba does not find functions that are created while it compiles.
_OPERATORS: Any = operator
_CHANGING = ("add", "sub", "mul", "floordiv", "mod", "pow", "lshift", "and_", "or_", "xor")
IN_PLACE = {getattr(_OPERATORS, name): _in_place(getattr(_OPERATORS, name)) for name in _CHANGING}
COMPUTED = {getattr(_OPERATORS, name): _computed(getattr(_OPERATORS, name)) for name in _CHANGING[:7]}

CONVERTED = {kind: _converted(kind) for kind in (np.int8, np.int16, np.int32, np.int64)}

_UNARY: tuple[np.ufunc, ...] = (np.negative, np.absolute, np.square, np.positive)
_BINARY: tuple[np.ufunc, ...] = (
    *(np.add, np.subtract, np.multiply, np.floor_divide, np.remainder, np.power, np.left_shift),
    *(np.maximum, np.minimum, np.bitwise_and, np.bitwise_or, np.bitwise_xor),
)
UFUNCS: dict[tuple[np.ufunc | None, int], Any] = {
    **{(ufunc, 2): _of_one(ufunc) for ufunc in _UNARY},
    **{(ufunc, 2): _computed(ufunc) for ufunc in _BINARY},
    **{(ufunc, 3): _of_two(ufunc) for ufunc in _BINARY},
}
"""Checks by operation, and for a ufunc by its number of arguments."""
