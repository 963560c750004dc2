"""Which parts of a function may never run, because of what its class declares.

A base class may name a field that only some of its subclasses have, under a condition on the class. A
condition on the worlds' values does not depend on the class: the code it guards runs sooner or later.
"""

import builtins
import dis
import types
from collections.abc import Collection
from itertools import pairwise
from typing import Any, cast

import numpy as np

__all__ = ["names_of", "unsure_parts"]

_ASKING = frozenset(
    {"hasattr", "getattr", "isinstance", "issubclass", "type", "vars", "dir", "callable", "suppress"}
    | {"fields", "__class__", "__dict__", "__contains__"}
)
_LEAVING = ("RETURN_", "RAISE", "RERAISE")


def unsure_parts(
    function: types.FunctionType, worlds: Collection[str], arrays: Collection[str]
) -> list[range]:
    """Return the ranges of bytecode offsets that may depend on the class; too many rather than too few.

    Args:
        function: the function.
        worlds: names of the parameters whose members are values of the worlds.
        arrays: names of the parameters that are values of the worlds themselves.
    """
    code = function.__code__
    steps = list(dis.get_instructions(code))
    whole = range(steps[-1].offset + 1)
    if _ASKING & {*code.co_names} or _catches(steps):
        return [whole]
    conditions = _Conditions(function, worlds, arrays)
    branches = [step for step, then in pairwise(steps) if conditions.follow(step, then)]
    return [_reach(branch, steps, whole.stop) for branch in branches]


def names_of(step: Any) -> tuple[str, ...]:
    """Return the variables that an instruction loads or stores."""
    value = step.argval
    return cast(tuple[str, ...], value) if isinstance(value, tuple) else (str(value),)


class _Conditions:
    """Goes through a function's instructions and finds the branches that may depend on the class."""

    def __init__(
        self, function: types.FunctionType, worlds: Collection[str], arrays: Collection[str]
    ) -> None:
        self._globals = function.__globals__
        self._worlds = worlds
        self._of_worlds = {*arrays}  # variables that hold nothing but values of the worlds
        self._of_others: set[str] = set()
        self._asks_worlds = False  # since the last value was stored or tested
        self._asks_else = False

    def follow(self, step: Any, then: Any) -> bool:
        """Return whether a step branches on a value that may depend on the class; `then` is the next step."""
        name = step.opname
        if name.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_CLOSURE")):
            self._load(name, names_of(step), then)
        elif name.startswith("STORE_FAST"):
            names = names_of(step)
            self._store(names[:1] if "LOAD" in name else names)
            if "LOAD" in name:
                self._load(name, names[1:], then)
        elif name.startswith("STORE_") or name == "POP_TOP":
            self._forget()
        elif "_IF_" in name:
            unsure = self._asks_else or not self._asks_worlds
            self._forget()
            return unsure
        return name == "FOR_ITER" and self._asks_else  # what it yields is stored next

    def _load(self, opname: str, names: Collection[str], then: Any) -> None:
        for one in names:
            if "GLOBAL" in opname:
                self._asks_else |= not self._is_plain(one)
            elif one in self._of_worlds or (one in self._worlds and _is_value(then)):
                self._asks_worlds = True
            else:
                self._asks_else = True

    def _is_plain(self, name: str) -> bool:
        """Whether a global name is a builtin, or numpy."""
        return self._globals.get(name) is np or (name not in self._globals and hasattr(builtins, name))

    def _store(self, names: Collection[str]) -> None:
        if self._asks_else or not self._asks_worlds:
            self._of_others |= {*names}
        self._of_worlds = (self._of_worlds | {*names}) - self._of_others
        self._forget()

    def _forget(self) -> None:
        self._asks_worlds = self._asks_else = False


def _is_value(step: Any) -> bool:
    """Whether a step loads a value of the object before it, rather than asking which names it has."""
    return step.opname in ("LOAD_ATTR", "LOAD_METHOD") and step.argval not in (
        "get",
        "items",
        "keys",
        "values",
    )


def _catches(steps: list[Any]) -> bool:
    """Whether there is an `except` or a `finally`, and not just `with`."""
    return any(
        one.opname == "PUSH_EXC_INFO" and then.opname != "WITH_EXCEPT_START" for one, then in pairwise(steps)
    )


def _reach(branch: Any, steps: list[Any], end: int) -> range:
    """Return the range that runs or not, depending on a branch."""
    stop = branch.argval if branch.argval > branch.offset else end
    for step in steps:
        if not branch.offset < step.offset < stop:
            continue
        if step.opname.startswith(_LEAVING):
            return range(branch.offset, end)
        if "JUMP" in step.opname:
            leaves = step.argval < branch.offset
            stop = end if leaves else max(stop, step.argval)
    return range(branch.offset, stop)
