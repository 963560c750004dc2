"""Draws faults from source code and plants them in it.

A fault is an edit of a node's text and of nothing else, so no line moves. None is drawn where tests could not
or need not see it: imports, annotations and type aliases, docstrings, assertions, messages of errors and
whatever else an f-string says, overloads, `__all__`, `if TYPE_CHECKING` and `if __name__`.
"""

import ast
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from tests.mutants.kinds import KINDS, Function

__all__ = ["SOURCES", "Fault", "draw", "faults_in", "rooms"]

SOURCES = ("murk_arena", "murk_env", "envs")

_UNSEEN = (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert, ast.JoinedStr)
_UNSEEN_FIELDS = {"annotation", "returns", "bases"}
_UNSEEN_NAMES = {"__all__", "__slots__"}
_UNSEEN_KEYWORDS = {"frozen", "strict", "slots", "stacklevel"}  # right code does not depend on them
_UNSEEN_CONDITIONS = {"TYPE_CHECKING", "__name__"}
_TYPE_CALLS = {"cast", "TypeVar", "NewType", "ParamSpec"}
_LOOSE = (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.IfExp, ast.Lambda)  # in need of parentheses


@dataclass(frozen=True)
class Fault:
    """An edit of a module's text.

    Attributes:
        path: the module, from the root of the tree.
        line: where the replaced text begins, from 1.
        column: the same, from 0, in characters.
        kind: one of `KINDS`.
        before: the replaced text.
        after: what stands there instead, of as many lines.
    """

    path: str
    line: int
    column: int
    kind: str
    before: str
    after: str

    def planted(self, source: str) -> str:
        """Return the module's text with the fault.

        Raises:
            ValueError: the text to replace is not there.
        """
        start = sum(map(len, source.split("\n")[: self.line - 1])) + self.line - 1 + self.column
        if not source.startswith(self.before, start):
            raise ValueError(f"{self.path} has changed: {self.before!r} is not in line {self.line}")
        return source[:start] + self.after + source[start + len(self.before) :]

    def diff(self, source: str) -> str:
        """Return the edit of a module's text in one line."""
        lines = slice(self.line - 1, self.line + self.before.count("\n"))
        old, new = (
            " ".join(" ".join(text.split("\n")[lines]).split()) for text in (source, self.planted(source))
        )
        return f"{self.path}:{self.line}:{self.column} ({self.kind})  - {old}  + {new}"


def rooms(paths: Iterable[str]) -> dict[str, list[str]]:
    """Sort the source modules among some paths by their folders."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in map(PurePosixPath, sorted(paths)):
        if path.suffix == ".py" and path.parts[0] in SOURCES:
            found[str(path.parent)].append(str(path))
    return dict(found)


def draw(root: Path, modules: Mapping[str, Sequence[str]], count: int, seed: int) -> list[Fault]:
    """Draw faults in turn from each room, there from a random kind; the same for a seed and a tree.

    Args:
        root: the tree.
        modules: the modules of each room, from the root.
        count: how many faults; fewer if there are not so many.
        seed: an integer. A room's faults do not depend on the other rooms.
    """
    left = [_shuffled(root, modules[room], random.Random(f"{seed} {room}")) for room in sorted(modules)]
    drawn: list[Fault] = []
    while left and len(drawn) < count:
        found = [(room, next(room, None)) for room in left]
        left = [room for room, fault in found if fault is not None]
        drawn += [fault for _, fault in found if fault is not None]
    return drawn[:count]


def _shuffled(root: Path, paths: Sequence[str], rng: random.Random) -> Iterator[Fault]:
    kinds: defaultdict[str, list[Fault]] = defaultdict(list)
    for path in paths:
        for fault in faults_in((root / path).read_text(encoding="utf-8"), path):
            kinds[fault.kind].append(fault)
    while kinds:
        kind = rng.choice(sorted(kinds))
        yield kinds[kind].pop(rng.randrange(len(kinds[kind])))
        if not kinds[kind]:
            del kinds[kind]


def faults_in(source: str, path: str) -> Iterator[Fault]:
    """Return all faults that a module's text may have."""
    lines = source.split("\n")
    for node, function in _walk(ast.parse(source), None):
        for kind, changes in KINDS.items():
            for old, new in changes(node, function):
                column, before = _place(lines, cast(ast.expr, old))
                after = _text(new, before.count("\n"))
                if ast.dump(old) != ast.dump(new) and after.count("\n") == before.count("\n"):
                    yield Fault(path, cast(ast.expr, old).lineno, column, kind, before, after)


def _place(lines: Sequence[str], node: ast.expr) -> tuple[int, str]:
    """A node's column and its text; syntax trees count bytes."""
    covered = [line.encode() for line in lines[node.lineno - 1 : node.end_lineno]]
    covered[-1] = covered[-1][: node.end_col_offset]
    column = len(covered[0][: node.col_offset].decode())
    covered[0] = covered[0][node.col_offset :]
    return column, b"\n".join(covered).decode()


def _text(node: ast.AST, line_breaks: int) -> str:
    """A node's text, stretched to the lines of the one that it replaces."""
    text = ast.unparse(node)
    if isinstance(node, ast.expr) and (line_breaks or isinstance(node, _LOOSE)):
        return f"({text}" + "\n" * line_breaks + ")"
    return text + "\n" * line_breaks


def _walk(node: ast.AST, function: Function) -> Iterator[tuple[ast.AST, Function]]:
    """The nodes in which faults are drawn, each with the function around it."""
    if isinstance(node, _UNSEEN) or _is_unseen(node, function):
        return
    yield node, function
    inner = node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else function
    for field, value in ast.iter_fields(node):
        if field not in _UNSEEN_FIELDS:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _walk(child, inner)


def _is_unseen(node: ast.AST, function: Function) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg in _UNSEEN_KEYWORDS
    if isinstance(node, ast.FunctionDef):
        return any(ast.unparse(one) == "overload" for one in node.decorator_list)  # a declaration
    if isinstance(node, ast.If):
        return any(name in ast.unparse(node.test) for name in _UNSEEN_CONDITIONS)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in _TYPE_CALLS
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        is_alias = function is None and name.lstrip("_")[:1].isupper() and not name.isupper()
        return name in _UNSEEN_NAMES or is_alias
    return False
