"""The arguments to whose elements a rewritten function certainly assigns, if they are arrays."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from murk_env.kernels.numba_internals import numba_ir as ir

__all__ = ["assigned_for_certain"]

_Values = Mapping[str, Sequence[Any]]  # by variable, all values assigned to it


def assigned_for_certain(
    blocks: Mapping[int, Any], of_calls: Mapping[str, Mapping[int, Any]], changed: Mapping[int, Any]
) -> dict[int, Any]:
    """Return the arguments that a function assigns to, with a place where it does.

    Code under a condition on constants is not certain: numba drops it if it cannot run.

    Args:
        blocks: the function in numba's intermediate form.
        of_calls: the arguments assigned to by functions of records that it calls, by their variable.
        changed: the arguments that an operation changes in place, with the place.
    """
    values: dict[str, list[Any]] = {}
    for block in blocks.values():
        for one in block.body:
            if isinstance(one, ir.Assign):
                values.setdefault(one.target.name, []).append(one.value)
    found: dict[int, Any] = {}
    lines: set[int] = set()
    for label in _certain(blocks, values):
        for one in blocks[label].body:
            lines.add(one.loc.line)
            for target, loc in _targets(one, of_calls):
                argument = _argument(target, values)
                if argument is not None:
                    found.setdefault(argument, loc)
    return {**{index: loc for index, loc in changed.items() if loc.line in lines}, **found}


def _targets(statement: Any, of_calls: Mapping[str, Mapping[int, Any]]) -> Iterator[tuple[Any, Any]]:
    """Yield the targets of a statement's assignments, and their places."""
    if isinstance(statement, ir.SetItem | ir.StaticSetItem):
        yield statement.target, statement.loc
    call: Any = getattr(statement, "value", None)
    if getattr(call, "op", None) == "call":
        for index, loc in of_calls.get(call.func.name, {}).items():
            yield call.args[index], loc


def _argument(value: Any, values: _Values) -> int | None:
    """Return the argument that a value is, or is a row of; None if uncertain."""
    while not isinstance(value, ir.Arg):
        if isinstance(value, ir.Var):
            value = _only(value, values)
        elif getattr(value, "op", None) == "getitem" and isinstance(_only(value.index, values), ir.Const):
            value = value.value  # an integer index gives a row, while an index array gives a copy
        else:
            return None
    return value.index


def _only(variable: Any, values: _Values) -> Any:
    """Return the value assigned to a variable, None if there is not exactly one."""
    known = values.get(variable.name, [])
    return known[0] if len(known) == 1 else None


def _certain(blocks: Mapping[int, Any], values: _Values) -> set[int]:
    """Return the blocks that can be reached whatever the outcome of conditions on constants."""
    certain = _reached(blocks)
    for label, block in blocks.items():
        last = block.body[-1]
        if isinstance(last, ir.Branch) and _is_constant(last.cond, values, set()):
            for target in (last.truebr, last.falsebr):
                certain &= _reached(blocks, (label, target))
    return certain


def _reached(blocks: Mapping[int, Any], without: tuple[int, int] | None = None) -> set[int]:
    pending, reached = [min(blocks)], set[int]()
    while pending:
        label = pending.pop()
        if label not in reached:
            reached.add(label)
            pending += [one for one in blocks[label].terminator.get_targets() if (label, one) != without]
    return reached


def _is_constant(variable: Any, values: _Values, seen: set[str]) -> bool:
    """Return whether a variable depends on no argument."""
    if variable.name in seen:
        return True
    seen.add(variable.name)
    known = values.get(variable.name, [])
    if not known or any(isinstance(value, ir.Arg) for value in known):
        return False
    used = [one for value in known if isinstance(value, ir.Expr) for one in value.list_vars()]
    used += [value for value in known if isinstance(value, ir.Var)]
    return all(_is_constant(one, values, seen) for one in used)
