"""A suite: pytest's arguments under a name; and where the tests of a room lie."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["Suite", "room_tests", "suite"]


@dataclass(frozen=True)
class Suite:
    """Arguments of pytest.

    Attributes:
        label: its name in tables.
        arguments: all of them.
        options: those that are no files and folders of the tree.
    """

    label: str
    arguments: tuple[str, ...]
    options: tuple[str, ...]


def suite(text: str, root: Path) -> Suite:
    """Read `LABEL=ARGUMENTS`, or arguments only; they are their own label then."""
    named = re.match(r"(\w+)=", text)
    label, arguments = (named[1], text[named.end() :]) if named else (text, text)
    words = shlex.split(arguments)
    options = (word for word in words if not word or not (root / word.partition("::")[0]).exists())
    return Suite(label or "all", tuple(words), tuple(options))


def room_tests(room: str, tracked: Sequence[str]) -> list[str]:
    """Return the test files of a room: those in its folder below tests/, or in the nearest around it."""
    tests = [PurePosixPath(path) for path in tracked if path.startswith("tests/")]
    for folder in (_tests_folder(around) for around in [PurePosixPath(room), *PurePosixPath(room).parents]):
        found = [str(test) for test in tests if test.parent == folder and test.match("test_*.py")]
        if found or folder.parent.name == "tests":
            return found
    return []


def _tests_folder(room: PurePosixPath) -> PurePosixPath:
    """tests/env/kernels for murk_env/kernels, say, and tests/envs for envs/murk_envs."""
    parts = room.parts[1:] if room.parts[:1] == ("envs",) else room.parts
    return PurePosixPath("tests", *(part.removeprefix("murk_") for part in parts))
