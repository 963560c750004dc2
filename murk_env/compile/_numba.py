"""The one place that knows numba: what is used of it, and of its internals, if they are where they were.

Imported by name, so that type checking does not depend on the partial types of the numba at hand.
"""

import importlib
import types
from pathlib import Path
from typing import Any

__all__ = [
    "NUMBA_DIRECTORY",
    "VERSIONS",
    "CompilationError",
    "CompileResult",
    "NumbaType",
    "address_of",
    "array_of",
    "cgutils",
    "dump_bytes",
    "intrinsic",
    "intrinsic_definition",
    "ir",
    "is_dispatcher",
    "njit",
    "numba_types",
    "pack_array",
]

_numba: Any = importlib.import_module("numba")

njit: Any = _numba.njit
NUMBA_DIRECTORY = Path(_numba.__file__).resolve().parent
NumbaType: type = _numba.types.Type
VERSIONS: tuple[str, str] = (_numba.__version__, importlib.import_module("llvmlite").__version__)


def _internal(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None


numba_types: Any = _numba.types
array_of: Any = numba_types.Array
cgutils: Any = importlib.import_module("numba.core.cgutils")
pack_array: Any = cgutils.pack_array
intrinsic: Any = importlib.import_module("numba.extending").intrinsic
ir: Any = importlib.import_module("llvmlite.ir")

CompilationError: type[Exception] = _numba.core.errors.NumbaError
CompileResult: Any = _internal("numba.core.compiler", "CompileResult")
dump_bytes: Any = _internal("numba.core.serialize", "dumps")


def is_dispatcher(value: object) -> bool:
    """Whether a value is a function that numba compiles."""
    return isinstance(getattr(value, "py_func", None), types.FunctionType)


def intrinsic_definition(value: object) -> types.FunctionType | None:
    """Return the Python function that defines an intrinsic, None if the value is none."""
    found = getattr(value, "_defn", None)
    return found if isinstance(found, types.FunctionType) else None


def address_of(dispatcher: Any) -> int | None:
    """Return the address of the machine code of a function compiled for one signature, None if not known."""
    try:
        (compiled,) = dispatcher.overloads.values()
        return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)) or None
    except (AttributeError, KeyError, TypeError, ValueError):  # KeyError: an interrupt came as it was entered
        return None
