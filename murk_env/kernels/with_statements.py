"""Finds `with` in functions: numba's message would name the line of the `def`, or context managers."""

import dis
import types

__all__ = ["NO_WITH", "line_of_with"]

NO_WITH = "uses with, which compiled code does not have"
_NAMES = ("BEFORE_WITH", "LOAD_SPECIAL")  # the second from Python 3.14 on
_NUMBERS = frozenset(dis.opmap[name] for name in _NAMES if name in dis.opmap)


def line_of_with(code: types.CodeType) -> int | None:
    """Return the line of the first `with` of a function, None if there is none."""
    if _NUMBERS.isdisjoint(code.co_code[::2]):  # much faster than disassembling
        return None
    for step in dis.get_instructions(code):
        if step.opname in _NAMES:
            return (step.positions and step.positions.lineno) or code.co_firstlineno
    return None
