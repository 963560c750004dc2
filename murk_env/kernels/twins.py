"""Maps lines of one function to those of an equal one elsewhere.

Equal functions are compiled once, so the compiler's messages name the lines of the first.
"""

import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from murk_env.kernels.names import global_names
from murk_env.kernels.numba_internals import is_dispatcher, plan_of

__all__ = ["line_in_twin"]


def line_in_twin(compiled: Any, twin: Any, plan: Any, filename: str, line: int) -> tuple[str, int]:
    """Return the file and line in a twin that correspond to a line of a compiled function.

    Args:
        compiled: a compiled function.
        twin: a function equal to it, including all functions that the two call.
        plan: its plan, None if it is not rewritten.
        filename: a file.
        line: a line of the compiled function or of one that it calls; any other is returned unchanged.
    """
    for one, other in _twins(compiled, twin, plan):
        if _absolute(one.co_filename) == _absolute(filename):
            found = _line(one, other, line)
            if found is not None:
                return other.co_filename, found
    return filename, line


def _twins(compiled: Any, twin: Any, plan: Any) -> Iterator[tuple[types.CodeType, types.CodeType]]:
    """Yield the code of the compiled function and its twin, and of all pairs of functions that they call."""
    rest, seen = [(compiled, twin, plan)], set[tuple[int, int]]()
    while rest:
        one, other, plan = rest.pop()
        one, other = (each.py_func if is_dispatcher(each) else each for each in (one, other))
        if not isinstance(one, types.FunctionType) or not isinstance(other, types.FunctionType):
            continue
        if one is other or (id(one), id(other)) in seen:
            continue
        seen.add((id(one), id(other)))
        yield one.__code__, other.__code__
        rest += [(*pair, None) for pair in zip(_named(one), _named(other), strict=False)]
        for first, second in zip(_calls(plan_of(one)), _calls(plan), strict=False):
            rest.append((first.compiled, second.function, plan_of(second.compiled.py_func)))


def _named(function: types.FunctionType) -> list[Any]:
    """Return the objects that a function refers to, in an order that is the same for equal ones."""
    cells: list[Any] = [cell.cell_contents for cell in function.__closure__ or ()]
    return [*(function.__globals__.get(name) for name in sorted(global_names(function.__code__))), *cells]


def _calls(plan: Any) -> Sequence[Any]:
    return getattr(plan, "calls", ())


def _line(one: types.CodeType, other: types.CodeType, line: int) -> int | None:
    """Return the line in `other` of an instruction on this line of `one`, None if there is none."""
    if line == one.co_firstlineno:
        return other.co_firstlineno
    lines = {start: number for start, _, number in other.co_lines()}
    for start, _, number in one.co_lines():
        if number == line and start in lines:
            return lines[start]
    nested = zip(one.co_consts, other.co_consts, strict=False)
    inner = (_line(*pair, line) for pair in nested if isinstance(pair[0], types.CodeType))
    return next((found for found in inner if found is not None), None)


def _absolute(filename: str) -> str:
    return filename if filename.startswith("<") else str(Path(filename).resolve())
