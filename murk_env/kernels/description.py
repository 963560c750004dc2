"""The description of a value as a stream of bytes; equal streams imply equal compiled code."""

import inspect
import struct
import sys
import types
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from murk_env.kernels.names import Reads, attribute_reads, global_names
from murk_env.kernels.namespaces import is_namespace, is_versioned, members
from murk_env.kernels.numba_content import extensions, options_of, parts_of_type
from murk_env.kernels.numba_internals import NumbaType, intrinsic_definition, is_dispatcher, plan_of

__all__ = ["CannotDescribeError", "Description"]

_CODE_ATTRIBUTES = (
    "co_name",
    "co_code",
    "co_flags",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_names",
    "co_varnames",
    "co_cellvars",
    "co_freevars",
    "co_exceptiontable",
)


class CannotDescribeError(Exception):
    """A value's content cannot be determined, so nothing that uses it may be cached."""


class Description:
    """Describes values, each function once.

    Args:
        accepts: returns whether a compiled function may be referred to.

    Attributes:
        tokens: the description so far, in order.
    """

    def __init__(self, accepts: Callable[[Any], bool]) -> None:
        self.tokens: list[bytes] = []  # a list, since yielding would pass each through a frame per level
        self._accepts = accepts
        self._open: set[int] = set()  # functions whose description has begun
        self._finished: dict[int, tuple[int, object]] = {}  # described functions, numbered and kept alive

    def add(self, value: Any) -> None:
        """Describe any value; raise CannotDescribeError if that is impossible."""
        self.tokens.append(type(value).__name__.encode())
        if isinstance(value, Enum):
            self._class_name(type(value))
            self.tokens.append(value.name.encode())
            self.add(value.value)
        elif isinstance(value, (bool, int, float, complex, str, bytes, types.NoneType, types.EllipsisType)):
            self.tokens.append(_plain(value))
        elif isinstance(value, (tuple, list)):
            items = cast("tuple[Any, ...]", value)
            if type(items) not in (tuple, list):  # a namedtuple, whose fields have names
                self.add(type(items))
            self._sequence(items)
        elif isinstance(value, frozenset):
            self._sequence(sorted(cast("frozenset[Any]", value), key=repr))
        elif isinstance(value, slice):
            bounds = cast(Any, value)
            self._sequence((bounds.start, bounds.stop, bounds.step))
        elif isinstance(value, (np.ndarray, np.generic)):
            self._array(np.asarray(cast(Any, value)))
        else:
            self._code_or_name(value)

    def _sequence(self, values: Iterable[Any]) -> None:
        described = list(values)
        self.tokens.append(str(len(described)).encode())
        for one in described:
            self.add(one)

    def _array(self, array: np.ndarray[Any, Any]) -> None:
        if array.dtype.hasobject:
            raise CannotDescribeError
        flags = array.flags
        layout = flags.c_contiguous, flags.f_contiguous, flags.aligned
        self.tokens.append(f"{array.dtype!r} {array.shape} {layout}".encode())
        if not (flags.c_contiguous or flags.f_contiguous):
            self.tokens.append(repr(array.strides).encode())
        self.tokens.append(array.tobytes())

    def _code_or_name(self, value: Any) -> None:
        definition = intrinsic_definition(value)
        if definition is not None:
            self._intrinsic(definition)
        elif is_dispatcher(value):
            self._dispatcher(value)
        elif isinstance(value, types.FunctionType) and _is_the_librarys(value):
            self._library_function(value)
        elif isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, types.CodeType):
            self.tokens.extend(_code(value))
        elif isinstance(value, np.dtype):
            self.tokens.append(repr(cast(object, value)).encode())
        elif isinstance(value, NumbaType):
            self._type(value)
        elif isinstance(value, types.ModuleType) and is_versioned(value.__name__):
            self.tokens.append(value.__name__.encode())
        elif isinstance(value, type) and not is_versioned(value.__module__):
            self._class(cast("type[Any]", value))
        else:
            self.tokens.append(_qualified_name(value))

    def _type(self, value: Any) -> None:
        parts = parts_of_type(value)
        if any(isinstance(part, str) and " at 0x" in part for part in parts):
            raise CannotDescribeError  # an object of this process
        self._sequence(parts)

    def _class(self, value: type[Any]) -> None:
        """Describe those parts of a class that numba reads."""
        self._class_name(value)
        if issubclass(value, Enum):
            self.add(tuple(value.__members__.items()))
        elif issubclass(value, tuple) and hasattr(cast(object, value), "_fields"):
            named = cast(Any, value)
            self.add((named._fields, tuple(named._field_defaults.items())))
        elif not issubclass(value, BaseException) or not _is_importable(value):
            raise CannotDescribeError  # exceptions are known by name; any other class may do anything

    def _class_name(self, value: type[Any]) -> None:
        self.tokens.append(f"{value.__module__}.{value.__qualname__}".encode())
        bases = (f"{base.__module__}.{base.__qualname__}" for base in value.__mro__)
        self.tokens.append(" ".join(base for base in bases if is_versioned(base.partition(".")[0])).encode())

    def _intrinsic(self, definition: types.FunctionType) -> None:
        """Describe an intrinsic, which generates code: its whole file counts, and the files of its names."""
        if definition.__closure__:
            raise CannotDescribeError  # what it closes over may be anything
        self.tokens.append(definition.__name__.encode())
        self.tokens.append(_source_file(definition.__code__.co_filename))
        for name in sorted(global_names(definition.__code__)):
            value = definition.__globals__.get(name)
            module = value if isinstance(value, types.ModuleType) else inspect.getmodule(value)
            if module is not None and not is_versioned(module.__name__):
                self.tokens.append(_source_file(module.__file__ or ""))

    def _dispatcher(self, dispatcher: Any) -> None:
        options = options_of(dispatcher)
        if not options or not self._accepts(dispatcher):
            raise CannotDescribeError
        self._sequence(options)
        self.add(dispatcher.py_func)

    def _library_function(self, function: types.FunctionType) -> None:
        if function.__closure__ or "<locals>" in function.__qualname__:
            raise CannotDescribeError  # the library created it for somebody else
        self.tokens.append(f"{function.__globals__['__name__']}.{function.__qualname__}".encode())

    def _function(self, function: types.FunctionType) -> None:
        if id(function) in self._finished:
            self.tokens.append(f"described as {self._finished[id(function)][0]}".encode())
            return
        if id(function) in self._open:  # recursive functions may crash when numba loads them from disk
            raise CannotDescribeError
        self._open.add(id(function))
        self.tokens.append(f"{function.__module__}.{function.__name__}".encode())
        self.add(function.__code__)
        self.add(plan_of(function))
        self.add(function.__defaults__)
        self.add(tuple(sorted((function.__kwdefaults__ or {}).items())))
        self.add(vars(function).get("__wrapped__"))  # numba takes its parameters
        for overloaded, definition in extensions():
            if overloaded is function:
                self._function(definition)
        reads = attribute_reads(function.__code__)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self._variable(_content(cell), reads.get(name))
        for name in sorted(global_names(function.__code__)):
            self.tokens.append(name.encode())
            if name in function.__globals__:
                self._variable(function.__globals__[name], reads.get(name))
            else:
                self.tokens.append(b"builtin")
        self._finished[id(function)] = len(self._finished), function

    def _variable(self, value: Any, reads: Reads | None) -> None:
        """Describe the object of a name; of an author's module or class, only the members that are read."""
        if reads is None or not is_namespace(value):
            self.add(value)
            return
        self.tokens.append(value.__name__.encode())
        for name, member, further in members(value, reads):
            self.tokens.append(name.encode())
            self._variable(member, further)


@lru_cache(maxsize=4096)
def _code(code: types.CodeType) -> tuple[bytes, ...]:
    """Describe a code object; cached, since it never changes and recurs with every caller."""
    description = Description(lambda _: True)
    for part in (*(getattr(code, attribute) for attribute in _CODE_ATTRIBUTES), code.co_consts):
        description.add(part)
    return tuple(description.tokens)


def _plain(value: Any) -> bytes:
    """Return the content of a number or string, also of an author's subclass."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, complex):
        return struct.pack("<dd", value.real, value.imag)
    if isinstance(value, int):
        return int.__repr__(value).encode()
    if isinstance(value, str):
        return str.encode(value, "utf-8", "surrogatepass")
    return bytes(value) if isinstance(value, bytes) else repr(value).encode()


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError as error:
        raise CannotDescribeError from error


def _source_file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:  # installed without sources
        raise CannotDescribeError from error


def _is_the_librarys(function: types.FunctionType) -> bool:
    """Return whether a function really is of a versioned package, not only by name (`functools.wraps`)."""
    name: str = function.__globals__.get("__name__", "")
    return is_versioned(name) and getattr(sys.modules.get(name), "__dict__", None) is function.__globals__


def _is_importable(value: type[Any]) -> bool:
    found: Any = sys.modules.get(value.__module__)
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value and value.__module__ != "__main__"


def _qualified_name(value: Any) -> bytes:
    """Name a type or function of a package whose version is in the fingerprint, such as numpy.sqrt."""
    if isinstance(value, np.ufunc):
        if getattr(np, value.__name__, None) is not value:  # somebody else's, of that name
            raise CannotDescribeError
        return f"numpy.{value.__name__}".encode()
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if name is None or not is_versioned(module):
        raise CannotDescribeError
    return f"{module}.{name}".encode()
