"""The parts of numba in use, including its internals where this numba has them.

Imported by name, so that type checking does not depend on the partial types of the installed numba.
"""

import importlib
import types
from pathlib import Path
from typing import Any

__all__ = [
    "COMPILES",
    "NUMBA_DIRECTORY",
    "VERSIONS",
    "CPUDispatcher",
    "CompilationError",
    "CompileResult",
    "NumbaType",
    "TypingError",
    "address_of",
    "array_of",
    "cgutils",
    "definitions_of",
    "dump_bytes",
    "fold_arguments",
    "internal",
    "intrinsic",
    "intrinsic_definition",
    "ir",
    "is_dispatcher",
    "models",
    "numba_ir",
    "numba_types",
    "pack_array",
    "passed_on",
    "plan_of",
    "prepare_to_load",
    "register_model",
    "replace_variables",
]

_numba: Any = importlib.import_module("numba")

NUMBA_DIRECTORY = Path(_numba.__file__).resolve().parent
NumbaType: type = _numba.types.Type
VERSIONS: tuple[str, str] = (_numba.__version__, importlib.import_module("llvmlite").__version__)


def internal(module: str, name: str) -> Any:
    """Return a name from one of numba's modules, None if this numba does not have it."""
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None


CPUDispatcher: Any = importlib.import_module("numba.core.registry").CPUDispatcher
numba_types: Any = _numba.types
array_of: Any = numba_types.Array
cgutils: Any = importlib.import_module("numba.core.cgutils")
pack_array: Any = cgutils.pack_array
intrinsic: Any = importlib.import_module("numba.extending").intrinsic
models: Any = importlib.import_module("numba.extending").models
register_model: Any = importlib.import_module("numba.extending").register_model
ir: Any = importlib.import_module("llvmlite.ir")

COMPILES: bool = not _numba.config.DISABLE_JIT
"""Whether anything is compiled; with NUMBA_DISABLE_JIT=1 all code runs as Python."""

CompilationError: type[Exception] = _numba.core.errors.NumbaError
TypingError: Any = _numba.core.errors.TypingError
CompileResult: Any = internal("numba.core.compiler", "CompileResult")
dump_bytes: Any = internal("numba.core.serialize", "dumps")
numba_ir: Any = importlib.import_module("numba.core.ir")
passed_on: Any = importlib.import_module("numba.core.imputils").impl_ret_borrowed
fold_arguments: Any = importlib.import_module("numba.core.typing").fold_arguments
definitions_of: Any = importlib.import_module("numba.core.ir_utils").build_definitions
replace_variables: Any = importlib.import_module("numba.core.ir_utils").replace_vars
_runtime: Any = internal("numba.core.runtime", "rtsys")
_load_extensions: Any = internal("numba.core.entrypoints", "init_all")
_LATE_SYMBOLS = (b"_numba_hashsecret",)  # numba only defines them when it refreshes a context


def prepare_to_load(target_context: Any, content: bytes) -> None:
    """Prepare a context to link cached machine code, by defining all symbols that it refers to.

    numba would refresh the context, which loads its implementations of Python and numpy: a fifth of a second
    in every process that compiles nothing. The compiler refreshes it anyway before it compiles.
    """
    if _runtime is None or _load_extensions is None or any(name in content for name in _LATE_SYMBOLS):
        target_context.refresh()
        return
    _runtime.initialize(target_context)
    _load_extensions()


def plan_of(function: object) -> Any:
    """Return the plan that replaces a function's own intermediate form, None without one."""
    return getattr(function, "__plan__", None)


def is_dispatcher(value: object) -> bool:
    """Return whether a value is one of numba's dispatchers."""
    return isinstance(getattr(value, "py_func", None), types.FunctionType)


def intrinsic_definition(value: object) -> types.FunctionType | None:
    """Return the Python function that defines an intrinsic, None if the value is not an intrinsic."""
    found = getattr(value, "_defn", None)
    return found if isinstance(found, types.FunctionType) else None


def address_of(dispatcher: Any) -> int:
    """Return the address of the machine code of a function of three int64, 0 if unknown.

    The function is compiled now if it has not been, so that running it at its address never enters numba, on
    any thread. A compilation cut off by an interrupt is completed.

    Raises:
        CompilationError: it cannot be compiled.
    """
    signature = (numba_types.int64,) * 3
    if hasattr(dispatcher, "with_entry"):  # its own code is only linked into others
        dispatcher = dispatcher.with_entry()
    try:
        if signature not in dispatcher.overloads:
            dispatcher.compile(signature)
        compiled = dispatcher.overloads[signature]
        return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))
    except (AttributeError, KeyError, TypeError, ValueError):  # internals of another numba version
        return 0
