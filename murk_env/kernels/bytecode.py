"""Reads a function's bytecode into numba's intermediate form, with values that := binds and passes on."""

import importlib
import types
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from murk_env.kernels.numba_internals import CompilationError, TypingError
from murk_env.kernels.numba_internals import numba_ir as ir

__all__ = ["intermediate", "reading_with_care"]

_bytecode: Any = importlib.import_module("numba.core.bytecode")
_compiler_lock: Any = importlib.import_module("numba.core.compiler_lock").global_compiler_lock
_interpreter: Any = importlib.import_module("numba.core.interpreter")
_Interpreter: Any = _interpreter.Interpreter


class _Reader(_Interpreter):
    """numba's reader; it keeps a value that is bound to a variable and used again, as in `(x := a[0]) > 0`.

    numba computes such a value into the variable, replaces some of its other uses by the variable, which may
    be bound anew before, and leaves some without a value.
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
        """Drop copies that nobody reads; compute a value that only a variable takes into the variable."""
        unused, uses = self.assigner.unused_dests, self._uses()
        kept: list[Any] = []
        for one in self.current_block.body:
            if isinstance(one, ir.Assign) and one.target.name in unused and not uses[one.target.name]:
                continue
            if kept and self._takes(one, kept[-1]) and uses[one.value.name] == 1:
                self._rename(kept[-1], one.target)
            else:
                kept.append(one)
        self.current_block.body = kept

    def _uses(self) -> Counter[str]:
        """Return how often this block reads each temporary variable, and hands it to the next one."""
        uses: Counter[str] = Counter(self.dfainfo.outgoing_phis.values())
        for one in self.current_block.body:
            read = [variable for variable in one.list_vars() if variable.is_temp]
            uses.update(variable.name for variable in read)
            if isinstance(one, ir.Assign) and one.target.is_temp:
                uses[one.target.name] -= 1
        return uses

    def _takes(self, statement: Any, last: Any) -> bool:
        """Return whether a statement sets a variable to what the last one has computed."""
        return (
            isinstance(last, ir.Assign)
            and isinstance(statement, ir.Assign)
            and isinstance(statement.value, ir.Var)
            and statement.value.is_temp
            and statement.value.name == last.target.name
            and not self._var_used_in_binop(statement.target.name, last.value)  # it would become `x += ...`
        )

    def _rename(self, statement: Any, target: Any) -> None:
        """Let a statement compute its value into another variable."""
        value, definitions = statement.target, self.definitions
        statement.target = target
        definitions[target.name].remove(value)
        definitions[target.name].extend(definitions.pop(value.name))


@contextmanager
def reading_with_care() -> Generator[None]:
    """Let numba read all functions that it compiles in the block so, nested ones included.

    It looks its reader up in its module whenever it reads a function. Nobody else compiles meanwhile.
    """
    with _compiler_lock:
        before = _interpreter.Interpreter
        try:
            _interpreter.Interpreter = _Reader
            yield
        finally:
            _interpreter.Interpreter = before


def intermediate(function: types.FunctionType, parameters: Sequence[str]) -> Any:
    """Return numba's intermediate form of a function with the given parameters."""
    identity = _bytecode.FunctionIdentity.from_function(function)
    identity.arg_names, identity.arg_count = list(parameters), len(parameters)
    return _Reader(identity).interpret(_bytecode.ByteCode(identity))
