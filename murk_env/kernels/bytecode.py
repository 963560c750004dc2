"""Reads a function's bytecode into numba's intermediate form, with values that := binds and passes on."""

import importlib
import types
from collections.abc import Sequence
from typing import Any

from murk_env.kernels.numba_internals import CompilationError, TypingError
from murk_env.kernels.numba_internals import numba_ir as ir

__all__ = ["ReadBytecode", "intermediate"]

_bytecode: Any = importlib.import_module("numba.core.bytecode")
_Interpreter: Any = importlib.import_module("numba.core.interpreter").Interpreter
_machinery: Any = importlib.import_module("numba.core.compiler_machinery")


class _Reader(_Interpreter):
    """numba's reader; it keeps a value that is bound to a variable and used again, as in `(x := a[0]) > 0`.

    numba renames such a value to the variable, and does not rename its other uses.
    """

    def interpret(self, bytecode: Any) -> Any:
        """Read a function; unexpected errors of numba become errors that it expects, with their line."""
        inherited: Any = super()
        try:
            return inherited.interpret(bytecode)
        except CompilationError:
            raise
        except Exception as error:
            raise TypingError(f"{type(error).__name__}: {error}", loc=self.loc) from error

    def _remove_unused_temporaries(self) -> None:
        inherited: Any = super()
        block, definitions = self.current_block, self.definitions
        before = [
            (one, one.target) for one in block.body if isinstance(one, ir.Assign) and one.target.is_temp
        ]
        inherited._remove_unused_temporaries()
        used = {var.name for one in block.body for var in one.list_vars()}
        used.update(self.dfainfo.outgoing_phis.values())
        for statement, value in before:
            if statement.target is not value and value.name in used:
                again: Any = ir.Assign(statement.target, value, statement.loc)
                place = next(at for at, one in enumerate(block.body) if one is statement)
                block.body.insert(place + 1, again)
                definitions[value.name].append(statement.target)


@_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class ReadBytecode(_machinery.FunctionPass):
    """The first pass of the compiler."""

    _name = "murk_env_read_bytecode"

    def __init__(self) -> None:
        _machinery.FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Read the function to be compiled."""
        state["func_ir"] = _Reader(state["func_id"]).interpret(state["bc"])
        return True


def intermediate(function: types.FunctionType, parameters: Sequence[str]) -> Any:
    """Return numba's intermediate form of a function with the given parameters."""
    identity = _bytecode.FunctionIdentity.from_function(function)
    identity.arg_names, identity.arg_count = list(parameters), len(parameters)
    return _Reader(identity).interpret(_bytecode.ByteCode(identity))
