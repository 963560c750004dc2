"""A function's fingerprint: a hash of its code and, recursively, of all that its names refer to."""

import dis
import hashlib
import sys
import types
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from murk_env.kernels.numba_internals import (
    VERSIONS,
    NumbaType,
    intrinsic_definition,
    is_dispatcher,
    plan_of,
)

__all__ = ["fingerprint", "global_names"]

_VERSIONS = (sys.version, np.__version__, *VERSIONS)
_VERSIONED_PACKAGES = sys.stdlib_module_names | {"builtins", "numpy", "numba", "llvmlite"}
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


class _CannotDescribeError(Exception):
    """A value whose content cannot be told, so nothing that uses it may be cached."""


def fingerprint(value: Any) -> str | None:
    """Hash a function, or a value that one refers to, with all that it refers to and what compiles it.

    Two functions with one fingerprint compile to the same code. Read are the bytecode, constants, default
    values, closure cells and global names: numbers, strings, tuples, arrays, numpy types, other functions
    (compiled or plain) and, recursively, what those refer to. Where a function stands in a file, and its
    comments, do not count.

    Args:
        value: a plain function or a numba dispatcher; or a number, say, or a tuple of these.

    Returns:
        64 hexadecimal digits, or None if it refers to an object that cannot be described or
        is recursive.
    """
    digest = hashlib.sha256()
    try:
        for token in _Description().of((_VERSIONS, value)):
            digest.update(f"{len(token)}:".encode())
            digest.update(token)
    except _CannotDescribeError:
        return None
    return digest.hexdigest()


def global_names(code: types.CodeType) -> set[str]:
    """Return the global names that a code object and the functions defined in it load."""
    return set(_loaded(code, ("LOAD_GLOBAL", "LOAD_NAME")))


def _attribute_names(code: types.CodeType) -> set[str]:
    return set(_loaded(code, ("LOAD_ATTR", "LOAD_METHOD")))


@lru_cache(maxsize=1024)  # every environment that is made asks again
def _loaded(code: types.CodeType, operations: tuple[str, ...]) -> frozenset[str]:
    names = frozenset(step.argval for step in dis.get_instructions(code) if step.opname in operations)
    return names.union(*(_loaded(inner, operations) for inner in _inner_codes(code)))


def _inner_codes(code: types.CodeType) -> Iterable[types.CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, types.CodeType))


class _Description:
    """The description of one value as a stream of byte strings; equal streams mean equal values."""

    def __init__(self) -> None:
        self._open: set[int] = set()  # functions whose description has begun
        self._finished: dict[int, int] = {}  # functions already described, numbered

    def of(self, value: Any) -> Iterator[bytes]:
        """Describe any value, or raise _CannotDescribeError."""
        yield type(value).__name__.encode()
        if isinstance(value, Enum):
            yield f"{type(value).__qualname__}.{value.name}".encode()
            yield from self.of(value.value)
        elif isinstance(value, (bool, int, float, complex, str, bytes, types.NoneType, types.EllipsisType)):
            yield repr(value).encode()
        elif isinstance(value, (tuple, list)):
            yield from self._sequence(cast("tuple[Any, ...]", value))
        elif isinstance(value, frozenset):
            yield from self._sequence(sorted(cast("frozenset[Any]", value), key=repr))
        elif isinstance(value, slice):
            bounds = cast(Any, value)
            yield from self._sequence((bounds.start, bounds.stop, bounds.step))
        elif isinstance(value, (np.ndarray, np.generic)):
            yield from self._array(np.asarray(cast(Any, value)))
        else:
            yield from self._code_or_name(value)

    def _sequence(self, values: Iterable[Any]) -> Iterator[bytes]:
        members = list(values)
        yield str(len(members)).encode()
        for member in members:
            yield from self.of(member)

    def _array(self, array: np.ndarray[Any, Any]) -> Iterator[bytes]:
        if array.dtype.hasobject:
            raise _CannotDescribeError
        yield f"{array.dtype!r} {array.shape} {array.flags.c_contiguous} {array.flags.f_contiguous}".encode()
        yield array.tobytes()

    def _code_or_name(self, value: Any) -> Iterator[bytes]:
        definition = intrinsic_definition(value)
        if definition is not None and definition.__closure__:
            raise _CannotDescribeError  # what it closes over may be anything
        if definition is not None:
            yield definition.__name__.encode()  # it writes machine code: all of its file counts
            yield _source_file(definition)
        elif is_dispatcher(value):
            yield repr(sorted(value.targetoptions.items())).encode()
            yield from self.of(value.py_func)
        elif isinstance(value, types.FunctionType) and not _is_versioned(value.__module__):
            yield from self._function(value)
        elif isinstance(value, types.CodeType):
            for attribute in _CODE_ATTRIBUTES:
                yield from self.of(getattr(value, attribute))
            yield from self.of(value.co_consts)
        elif isinstance(value, (np.dtype, NumbaType)):
            yield repr(cast(object, value)).encode()
        elif isinstance(value, types.ModuleType) and _is_versioned(value.__name__):
            yield value.__name__.encode()
        else:
            yield _qualified_name(value)

    def _function(self, function: types.FunctionType) -> Iterator[bytes]:
        if id(function) in self._finished:
            yield f"described as {self._finished[id(function)]}".encode()
            return
        if id(function) in self._open:  # numba's recursive functions may crash when loaded from disk
            raise _CannotDescribeError
        self._open.add(id(function))
        yield f"{function.__module__}.{function.__name__}".encode()
        yield from self.of(function.__code__)
        yield from self.of(plan_of(function))
        yield from self.of(function.__defaults__)
        yield from self.of(tuple(sorted((function.__kwdefaults__ or {}).items())))
        for cell in function.__closure__ or ():
            yield from self._cell(cell)
        for name in sorted(global_names(function.__code__)):
            yield name.encode()
            yield from self._global(function, name)
        self._finished[id(function)] = len(self._finished)

    def _cell(self, cell: types.CellType) -> Iterator[bytes]:
        try:
            content = cell.cell_contents
        except ValueError as error:
            raise _CannotDescribeError from error
        yield from self.of(content)

    def _global(self, function: types.FunctionType, name: str) -> Iterator[bytes]:
        if name not in function.__globals__:
            yield b"builtin"
            return
        value = function.__globals__[name]
        if isinstance(value, types.ModuleType) and not _is_versioned(value.__name__):
            yield from self._attributes(value, _attribute_names(function.__code__))
        else:
            yield from self.of(value)

    def _attributes(self, module: types.ModuleType, names: set[str]) -> Iterator[bytes]:
        """Describe a module by those of its members that a function may mean, and theirs."""
        yield module.__name__.encode()
        for name in sorted(names & vars(module).keys()):
            member = getattr(module, name)
            yield name.encode()
            if isinstance(member, types.ModuleType) and not _is_versioned(member.__name__):
                yield from self._attributes(member, names - {name})
            else:
                yield from self.of(member)


def _source_file(function: types.FunctionType) -> bytes:
    try:
        return Path(function.__code__.co_filename).read_bytes()
    except OSError as error:  # installed without sources
        raise _CannotDescribeError from error


def _is_versioned(module: str | None) -> bool:
    """Whether a module's content is fixed by the versions that every fingerprint holds."""
    return module is not None and module.partition(".")[0] in _VERSIONED_PACKAGES


def _qualified_name(value: Any) -> bytes:
    """Name a type or function of a package whose version is in the fingerprint, such as numpy.sqrt."""
    if isinstance(value, np.ufunc):
        return f"numpy.{value.__name__}".encode()
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if name is None or not _is_versioned(module):
        raise _CannotDescribeError
    return f"{module}.{name}".encode()
