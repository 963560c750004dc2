"""The global names and closure variables that a code object reads, and which of their attributes."""

import dis
import types
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

__all__ = ["NOTHING", "Reads", "attribute_reads", "global_names"]

_GLOBALS = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_VARIABLES = _GLOBALS | {"LOAD_DEREF"}
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


class Reads(NamedTuple):
    """The attributes that code reads of one name.

    Attributes:
        paths: the chains of attributes, `("sub", "f")` for `lib.sub.f`; `()` if the name is used alone, as in
            `known = lib`.
        anything: all attributes that occur anywhere in the code: those that may then be read of it.
    """

    paths: frozenset[tuple[str, ...]]
    anything: frozenset[str]


NOTHING = Reads(frozenset(), frozenset())


@lru_cache(maxsize=1024)  # every new environment asks again
def global_names(code: types.CodeType) -> frozenset[str]:
    """Return the global names that a code object and the functions defined in it load."""
    return frozenset(step.argval for step in _steps(code) if step.opname in _GLOBALS)


@lru_cache(maxsize=1024)
def attribute_reads(code: types.CodeType) -> Mapping[str, Reads]:
    """Return the attributes read of each global name and closure variable."""
    steps = [step for step in _steps(code) if step.opname != "EXTENDED_ARG"]
    found: dict[str, set[tuple[str, ...]]] = {}
    for place, step in enumerate(steps):
        if step.opname in _VARIABLES:
            found.setdefault(step.argval, set()).add(_path(steps, place + 1))
    anything = frozenset(step.argval for step in steps if step.opname in _ATTRIBUTES)
    return {name: Reads(frozenset(paths), anything) for name, paths in found.items()}


def _path(steps: list[dis.Instruction], place: int) -> tuple[str, ...]:
    path: list[str] = []
    while place < len(steps) and steps[place].opname in _ATTRIBUTES:
        path.append(steps[place].argval)
        place += 1
    return tuple(path)


def _steps(code: types.CodeType) -> Iterator[dis.Instruction]:
    yield from dis.get_instructions(code)
    for inner in _inner_codes(code):
        yield from _steps(inner)


def _inner_codes(code: types.CodeType) -> Iterable[types.CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
