"""What a record's members may be, and the error of a function that uses a record as it cannot be used."""

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


VALUE: Literal[_Kind.VALUE] = _Kind.VALUE  # handed over at the call: an array or a number
RECORD: Literal[_Kind.RECORD] = _Kind.RECORD  # with members of its own


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
        reason: one sentence on what is wrong.
        filename: the author's file.
        line: the line there.
        path: the member that was looked up and is none, if that is what is wrong; else None.
    """

    def __init__(self, reason: str, filename: str, line: int, path: Path | None = None) -> None:
        super().__init__(f"{reason} ({filename}:{line})")
        self.reason = reason
        self.filename = filename
        self.line = line
        self.path = path


def dotted(path: Path) -> str:
    """Return a path as an author writes it."""
    return ".".join(path)


def refusal(reason: str, loc: Any) -> RecordError:
    """Return the error of a place in a function, as numba has it."""
    return RecordError(reason, loc.filename, loc.line)
