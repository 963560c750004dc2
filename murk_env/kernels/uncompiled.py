"""Functions that run as Python, with numbers as wide as in compiled code.

They do with NUMBA_DISABLE_JIT=1, and when a failed function is run again to find the place of the error.

To numba a number such as `0.1` is a float64, and so is its product with a float32. To numpy Python's own
floats have no width, and the product is a float32. So in a copy of the function, which keeps the author's
lines, every float becomes a numpy float64: constants, global names, closures, and arguments.
"""

import math
import operator
import types
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, cast

import numpy as np

from murk_env.kernels.namespaces import is_namespace
from murk_env.kernels.numba_internals import is_dispatcher
from murk_env.kernels.watched import check_convertible, plain

__all__ = ["conversions_checked", "wide", "widened"]

_CHECKED = ContextVar("conversions are checked", default=False)


@contextmanager
def conversions_checked() -> Generator[None]:
    """Make `np.int32(x)` raise OverflowError for a number out of range, as in checked compiled code."""
    token = _CHECKED.set(True)
    try:
        yield
    finally:
        _CHECKED.reset(token)


def wide(value: Any) -> Any:
    """Return a value with the width it has in compiled code; a value with a width is unchanged."""
    if type(value) is float:
        return np.float64(value)
    if type(value) is tuple:
        return tuple(map(wide, cast("tuple[Any, ...]", value)))
    if value is math:
        return _MATH
    if value is np:
        return _NUMPY
    if isinstance(value, type) and value in _CONVERSIONS:
        return _CONVERSIONS[value]
    if is_dispatcher(value):
        return _uncompiled(value)
    if is_namespace(value):
        return _WideNamespace(value)
    if isinstance(value, types.FunctionType) and not isinstance(value.__globals__, _Globals):
        return value if value.__module__.partition(".")[0] == "numpy" else widened(value)
    return value


def _uncompiled(dispatcher: Any) -> Any:
    """Return a compiled function as Python, except for this package's own, which is called compiled."""
    if dispatcher.py_func.__module__.partition(".")[0] != "murk_env":
        return widened(dispatcher.py_func)

    def call(*arguments: Any) -> Any:
        return dispatcher(*map(plain, arguments))

    return call


@cache
def widened(function: types.FunctionType) -> types.FunctionType:
    """Return a copy of a function in which every float is a numpy float64."""
    constants = tuple(map(wide, function.__code__.co_consts))
    code = function.__code__.replace(co_consts=constants)
    cells = tuple(map(_cell, function.__closure__ or ()))
    defaults = wide(function.__defaults__)
    copy = types.FunctionType(code, _Globals(function.__globals__), function.__name__, defaults, cells)
    copy.__kwdefaults__ = {name: wide(value) for name, value in (function.__kwdefaults__ or {}).items()}
    copy.__doc__, copy.__qualname__, copy.__module__ = (
        function.__doc__,
        function.__qualname__,
        function.__module__,
    )
    return copy


def _cell(cell: types.CellType) -> types.CellType:
    try:
        return types.CellType(wide(cell.cell_contents))
    except ValueError:  # an empty cell
        return cell


class _Globals(dict[str, Any]):
    """A module's current names, with wide numbers."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(
            __builtins__=names.get("__builtins__", __builtins__), __name__=names.get("__name__", "")
        )
        self._names = names

    def __getitem__(self, name: str) -> Any:
        if name in _EXTREMES and name not in self._names:
            return _EXTREMES[name]
        return wide(self._names[name])


class _WideNamespace:
    """An author's module or class, with wide numbers."""

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        return wide(getattr(self._namespace, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._namespace(*args, **kwargs)


class _Numpy:
    """numpy, with conversions that can be checked."""

    def __getattr__(self, name: str) -> Any:
        found: Any = getattr(np, name)
        return _CONVERSIONS.get(found, found) if isinstance(found, type) else found


class _Conversion:
    """An integer type, as a function and as a dtype."""

    def __init__(self, kind: type[np.signedinteger[Any]]) -> None:
        self._kind, self.dtype = kind, np.dtype(kind)

    def __call__(self, value: Any) -> Any:
        if _CHECKED.get():
            check_convertible(self.dtype, value)
        return self._kind(value)


def _extreme(precedes: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    """Return `min` or `max` as in compiled code: the last of equals, in a type that holds all."""

    def call(*numbers: Any) -> Any:
        found = numbers[0]
        for number in numbers[1:]:
            found = found if precedes(found, number) else number
        kinds: set[Any] = {type(number) for number in numbers}
        return np.float64(found) if kinds & {np.float32, np.float64} and kinds != {np.float32} else found

    return call


def _of_width(function: Callable[..., float]) -> Callable[..., Any]:
    """Return a function of the math module that returns a float32 for float32, as in compiled code."""

    def call(*numbers: Any) -> Any:
        kind = np.float32 if all(type(number) is np.float32 for number in numbers) else np.float64
        return kind(function(*numbers))

    return call


_NUMPY = _Numpy()
_CONVERSIONS: dict[type, _Conversion] = {
    kind: _Conversion(kind) for kind in (np.int8, np.int16, np.int32, np.int64)
}
_EXTREMES = {"min": _extreme(operator.lt), "max": _extreme(operator.gt)}
_FLOATING = (
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "atan",
    "atan2",
    "hypot",
    "pow",
    "tanh",
)
_MATH = types.SimpleNamespace(
    **{name: wide(value) if isinstance(value, float) else value for name, value in vars(math).items()}
    | {name: _of_width(getattr(math, name)) for name in _FLOATING}
)
