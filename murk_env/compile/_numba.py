"""The one place that knows numba: what is used of it, and of its internals, if they are where they were.

Imported by name, so that type checking does not depend on the partial types of the numba at hand.
"""

import importlib
import types
from typing import Any

__all__ = [
    "VERSIONS",
    "CompilationError",
    "CompileResult",
    "NumbaType",
    "dump_bytes",
    "is_dispatcher",
    "njit",
]

_numba: Any = importlib.import_module("numba")

njit: Any = _numba.njit
NumbaType: type = _numba.types.Type
VERSIONS: tuple[str, str] = (_numba.__version__, importlib.import_module("llvmlite").__version__)


def _internal(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None


CompilationError: type[Exception] = _numba.core.errors.NumbaError
CompileResult: Any = _internal("numba.core.compiler", "CompileResult")
dump_bytes: Any = _internal("numba.core.serialize", "dumps")


def is_dispatcher(value: object) -> bool:
    """Whether a value is a function that numba compiles."""
    return isinstance(getattr(value, "py_func", None), types.FunctionType)
