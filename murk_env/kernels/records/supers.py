"""Finds `super()` in functions of records, where it has no meaning: a record has no class."""

import dis
import types
from itertools import dropwhile

from murk_env.kernels.records.members import RecordError

__all__ = ["refuse_super"]

_LOADS = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")


def refuse_super(function: types.FunctionType) -> None:
    """Raise RecordError, with the replacement to write, for a function that calls `super`."""
    code = function.__code__
    if "super" not in code.co_names or "super" in function.__globals__:
        return
    steps = dropwhile(lambda step: step.argval != "super", dis.get_instructions(code))
    first = next(steps)
    method = next((str(step.argval) for step in steps if step.opname in _LOADS), "method")
    line = (first.positions and first.positions.lineno) or code.co_firstlineno
    raise RecordError(
        f"super() cannot be compiled; call {_owner(function, method)}.{method}(self, ...) by its class, with "
        f"the arguments that it names, if it is per_world too or a method for one world",
        code.co_filename,
        line,
    )


def _owner(function: types.FunctionType, method: str) -> str:
    """Return the name of the class whose method `super()` would have found."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name == "__class__":
            bases: tuple[type, ...] = cell.cell_contents.__mro__[1:]
            return next((base.__name__ for base in bases if method in vars(base)), "Base")
    return "Base"
