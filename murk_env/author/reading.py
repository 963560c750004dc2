"""Reads from an array hook's bytecode which members of its arguments it names.

It follows the plain cases: an argument's name, its attributes, and calls of the author's functions (of other
modules, too) and methods with arguments that it can follow. It ignores everything else, and code that may
never run.
"""

import dis
import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from murk_env.author.conditions import names_of, unsure_parts
from murk_env.kernels.places import is_authors

__all__ = ["Super", "Use", "uses"]

_SKIPPED = {"CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL", "RESUME", "COPY_FREE_VARS", "MAKE_CELL"}
_TAKEN = {"BINARY_OP": 2, "BINARY_SUBSCR": 2, "COMPARE_OP": 2, "BINARY_SLICE": 3, "UNARY_NEGATIVE": 1}


class Use(NamedTuple):
    """A member of an argument that a hook names.

    Attributes:
        kind: the kind of the argument, as given in `kinds` of `uses`.
        path: the argument's name and the members, as in `("tick", "heat")`.
        sets: whether the member is set.
        filename: the author's file.
        line: the line there.
    """

    kind: Any
    path: tuple[str, ...]
    sets: bool
    filename: str
    line: int


class _Part(NamedTuple):
    """A value on the stack that is an argument, or a member of one."""

    kind: Any
    path: tuple[str, ...]


class _Bound(NamedTuple):
    """A method on the stack, and its owner."""

    function: Any
    owner: _Part


class Super(NamedTuple):
    """The kind of `super()` in a method: that of its first argument, with names looked up after `owner`."""

    kind: Any
    owner: type


def uses(
    function: types.FunctionType, kinds: Mapping[str, Any], method: Callable[[Any, str], Any]
) -> Iterator[Use]:
    """Yield the members of its arguments that a function, and those that it calls, name.

    Args:
        function: the hook, a plain function.
        kinds: the kind of each argument by the parameter's name: a class whose members are values of the
            worlds, None for an array of such values, or something else.
        method: returns the function behind a member of a kind, or of a Super; None if it is no method.
    """
    yield from _Reader(method).function(function, kinds)


class _Reader:
    """Follows a function's instructions, and those of the functions it calls."""

    def __init__(self, method: Callable[[Any, str], Any]) -> None:
        self._method = method
        self._seen: set[Any] = set()

    def function(self, function: types.FunctionType, kinds: Mapping[str, Any]) -> Iterator[Use]:
        """Yield the uses in one function, unless it was followed already."""
        key = function.__code__, *kinds.items()
        if key in self._seen:
            return
        self._seen.add(key)
        worlds = [name for name, kind in kinds.items() if isinstance(kind, type)]
        unsure = unsure_parts(function, worlds, [name for name, kind in kinds.items() if kind is None])
        steps = list(dis.get_instructions(function.__code__))
        stored = {name for step in steps for name in _stored(step)}
        parts = {
            name: _Part(kind, (name,))
            for name, kind in kinds.items()
            if kind is not None and name not in stored
        }
        stack: list[Any] = []
        for step in steps:
            if step.is_jump_target:
                stack.clear()
            found = self._step(step, stack, parts, function)
            if not any(step.offset in part for part in unsure):
                yield from found
            else:
                stack.clear()

    def _step(
        self, step: Any, stack: list[Any], parts: Mapping[str, _Part], function: types.FunctionType
    ) -> Iterator[Use]:
        name, code = step.opname, function.__code__
        place = code.co_filename, (step.positions and step.positions.lineno) or code.co_firstlineno
        if name in ("LOAD_ATTR", "LOAD_METHOD"):
            yield from self._load(_pop(stack), step.argval, stack, place)
        elif name == "LOAD_SUPER_ATTR":
            first, given = _pop(stack), bool(step.arg & 2)  # super(...) with arguments is not followed
            _take(stack, 2)
            yield from self._load(None if given else _super(first, function), step.argval, stack, place)
        elif name == "STORE_ATTR":
            target = _pop(stack)
            _pop(stack)
            if isinstance(target, _Part):
                yield Use(target.kind, (*target.path, step.argval), True, *place)
        elif name == "CALL":
            yield from self._call(step.argval, stack, parts, function)
        elif name not in _SKIPPED:
            _move(step, stack, parts, function)

    def _load(self, owner: Any, name: str, stack: list[Any], place: tuple[str, int]) -> Iterator[Use]:
        if not isinstance(owner, _Part):  # a module's attribute may be a function that is called next
            stack.append(vars(owner).get(name) if isinstance(owner, types.ModuleType) else None)
            return
        path = (*owner.path, name)
        found = self._method(owner.kind, name) if len(owner.path) == 1 else None
        stack.append(_Part(owner.kind, path) if found is None else _Bound(found, owner))
        yield Use(owner.kind, path, False, *place)

    def _call(self, count: int, stack: list[Any], parts: Mapping[str, _Part], function: Any) -> Iterator[Use]:
        if count >= len(stack):
            stack[:] = [None]
            return
        given = _take(stack, count)
        called = _pop(stack)
        if called is super and not given:
            stack.append(_super(parts.get(function.__code__.co_varnames[0]), function))
            return
        stack.append(None)
        if isinstance(called, _Bound):
            kind = called.owner.kind
            first = kind.kind if isinstance(kind, Super) else kind
            yield from self._follow(called.function, [_Part(first, ("self",)), *given])
        elif isinstance(called, types.FunctionType):
            yield from self._follow(called, given)

    def _follow(self, called: types.FunctionType, given: list[Any]) -> Iterator[Use]:
        if not is_authors(called.__code__.co_filename):
            return
        try:
            bound = inspect.signature(called, follow_wrapped=False).bind(*given).arguments
        except TypeError:
            return
        whole = {
            name: part.kind for name, part in bound.items() if isinstance(part, _Part) and len(part.path) == 1
        }
        if whole:
            yield from self.function(called, whole)


def _move(step: Any, stack: list[Any], parts: Mapping[str, _Part], function: types.FunctionType) -> None:
    """Update the stack for a step that names no member; clear it for a step that is not known."""
    name = step.opname
    if name.startswith(("LOAD_FAST", "LOAD_DEREF")):
        stack += [parts.get(one) for one in names_of(step)]
    elif name in ("STORE_FAST", "STORE_DEREF", "STORE_FAST_LOAD_FAST", "POP_TOP"):
        _pop(stack)
        stack += [parts.get(one) for one in names_of(step)[1:]]
    elif name == "LOAD_CONST":
        stack.append(None)
    elif name == "LOAD_GLOBAL":
        stack.append(super if step.argval == "super" else function.__globals__.get(step.argval))
    elif name == "COPY":
        stack.append(stack[-step.arg] if step.arg <= len(stack) else None)
    elif name == "SWAP" and step.arg <= len(stack):
        stack[-1], stack[-step.arg] = stack[-step.arg], stack[-1]
    elif name in _TAKEN:
        _take(stack, _TAKEN[name])
        stack.append(None)
    else:
        stack.clear()


def _stored(step: Any) -> tuple[str, ...]:
    """Return the names that a step binds to other values."""
    if step.opname == "STORE_FAST_LOAD_FAST":
        return names_of(step)[:1]
    binds = ("STORE_FAST", "STORE_DEREF", "DELETE_FAST", "DELETE_DEREF")
    return names_of(step) if step.opname.startswith(binds) else ()


def _take(stack: list[Any], count: int) -> list[Any]:
    """Take up to `count` values off the stack."""
    first = max(0, len(stack) - count)
    taken = stack[first:]
    del stack[first:]
    return taken


def _pop(stack: list[Any]) -> Any:
    return stack.pop() if stack else None


def _super(first: Any, function: types.FunctionType) -> _Part | None:
    """Return the value of `super()` in a method whose first argument is known."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name == "__class__" and isinstance(first, _Part):
            return _Part(Super(first.kind, cell.cell_contents), ("super()",))
    return None
