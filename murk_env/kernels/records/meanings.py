"""The meanings of a function's variables that stand for records or for values known at compile time."""

import difflib
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from murk_env.kernels.numba_internals import numba_ir as ir
from murk_env.kernels.records.members import RECORD, Member, Method, Path, RecordError, dotted

__all__ = ["BoundMethod", "Known", "Meaning", "Meanings", "Record", "refuse_missing"]


@dataclass(frozen=True)
class Record:
    """A variable that stands for a record."""

    path: Path


@dataclass(frozen=True)
class BoundMethod:
    """A variable that stands for a method of a record."""

    function: Callable[..., Any]
    path: Path


@dataclass(frozen=True, eq=False)
class Known:
    """A variable that stands for a global, a closure's variable, or a member of a module or class."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Known) and other.value is self.value

    __hash__ = None  # pyright: ignore[reportAssignmentType]


Meaning: TypeAlias = Record | BoundMethod | Known


class Meanings:
    """The meanings of one function's variables, valid throughout the function.

    Args:
        blocks: the function's blocks in numba's intermediate form.
        records: its parameters that are records.
        member: returns the member at a path, given the place where the function uses it.

    Raises:
        RecordError: a variable means a record in one place and something else in another.
    """

    def __init__(
        self, blocks: Mapping[int, Any], records: Collection[str], member: Callable[[Path, Any], Member]
    ) -> None:
        statements = [statement for block in blocks.values() for statement in block.body]
        self._assignments = [one for one in statements if isinstance(one, ir.Assign)]
        self._records = records
        self._member = member
        self._of: dict[str, Meaning] = {}
        self._ambiguous: set[str] = set()  # variables that stand for several known things
        self._propagate()
        while self._ambiguous_found():
            self._of.clear()
            self._propagate()

    def of(self, variable: Any) -> Meaning | None:
        """Return what a variable stands for, None for any other value."""
        return self._of.get(variable.name)

    def record(self, variable: Any) -> Path | None:
        """Return the path of the record that a variable stands for, None if it does not."""
        meaning = self.of(variable)
        return meaning.path if isinstance(meaning, Record) else None

    def known(self, variable: Any) -> Any:
        """Return the value that a variable is known to have, None if it is not."""
        meaning = self.of(variable)
        return meaning.value if isinstance(meaning, Known) else None

    def _propagate(self) -> None:
        changed = True
        while changed:
            changed = False
            for assignment in self._assignments:
                name = assignment.target.name
                if name in self._of or name in self._ambiguous:
                    continue
                meaning = self._meaning(assignment.value, assignment.loc)
                if meaning is not None:
                    self._of[name] = meaning
                    changed = True

    def _ambiguous_found(self) -> bool:
        before = len(self._ambiguous)
        for assignment in self._assignments:
            meaning = self._of.get(assignment.target.name)
            other = self._meaning(assignment.value, assignment.loc)
            if meaning is None or meaning == other:
                continue
            if not (isinstance(meaning, Known) and (other is None or isinstance(other, Known))):
                raise _two_meanings(assignment, meaning, other)
            self._ambiguous.add(assignment.target.name)
        return len(self._ambiguous) > before

    def _meaning(self, value: Any, loc: Any) -> Meaning | None:
        if isinstance(value, ir.Var):
            return self.of(value)
        if isinstance(value, ir.Arg):
            return Record((value.name,)) if value.name in self._records else None
        if isinstance(value, ir.Global | ir.FreeVar):
            return Known(value.value)
        if isinstance(value, ir.Expr) and value.op == "getattr":
            return self._attribute(self.of(value.value), value.attr, loc)
        return None

    def _attribute(self, owner: Meaning | None, name: str, loc: Any) -> Meaning | None:
        if isinstance(owner, Known) and isinstance(owner.value, types.ModuleType | type):
            try:
                return Known(getattr(owner.value, name))
            except Exception:  # whatever a module raises for a missing attribute
                return None
        if not isinstance(owner, Record):
            return None
        member = self._member((*owner.path, name), loc)
        if isinstance(member, Method):
            return BoundMethod(member.function, owner.path)
        return Record((*owner.path, name)) if member is RECORD else None


def refuse_missing(owner: object, name: str, loc: Any) -> None:
    """Raise RecordError if a module or class does not have an attribute."""
    if isinstance(owner, types.ModuleType | type) and not hasattr(owner, name):
        near = difflib.get_close_matches(name, dir(owner), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise RecordError(f"{owner.__name__} has no {name}{hint}", loc.filename, loc.line)


def _two_meanings(assignment: Any, meaning: Meaning, other: Meaning | None) -> RecordError:
    one, two = (
        dotted(each.path) if isinstance(each, Record | BoundMethod) else "something else"
        for each in (meaning, other)
    )
    name = assignment.target.name.partition(".")[0]
    subject = "a value" if name.startswith("$") else name
    loc = assignment.loc
    return RecordError(
        f"{subject} may be {one} or {two} here; it has to be the same wherever its name is used",
        loc.filename,
        loc.line,
    )
