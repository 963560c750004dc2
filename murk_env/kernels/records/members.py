"""The kinds of members of a record, and the error for an unsupported use of a record."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Literal, NamedTuple, TypeAlias

__all__ = [
    "RECORD",
    "VALUE",
    "Constant",
    "Member",
    "Method",
    "Path",
    "RecordError",
    "Resolve",
    "dotted",
    "refusal",
]

Path: TypeAlias = tuple[str, ...]


class _Kind(Enum):
    VALUE = "value"
    RECORD = "record"


VALUE: Literal[_Kind.VALUE] = _Kind.VALUE  # passed at the call: an array or a number
RECORD: Literal[_Kind.RECORD] = _Kind.RECORD  # has members itself


class Constant(NamedTuple):
    """A member that is known when the function is compiled: a number or a tuple of numbers."""

    value: Any


class Method(NamedTuple):
    """A member that is called: a plain function whose first argument is the record."""

    function: Callable[..., Any]


Member: TypeAlias = _Kind | Constant | Method
Resolve: TypeAlias = Callable[[Path], Member | None]


class RecordError(Exception):
    """A function uses a record in a way that cannot be compiled.

    Attributes:
        reason: one sentence that says what is wrong.
        filename: the author's file.
        line: the line there.
        path: the missing member, if that is the reason; else None.
    """

    def __init__(self, reason: str, filename: str, line: int, path: Path | None = None) -> None:
        super().__init__(f"{reason} ({filename}:{line})")
        self.reason = reason
        self.filename = filename
        self.line = line
        self.path = path


def dotted(path: Path) -> str:
    """Return a path as the author writes it."""
    return ".".join(path)


def refusal(reason: str, loc: Any) -> RecordError:
    """Return a RecordError at one of numba's places."""
    return RecordError(reason, loc.filename, loc.line)
