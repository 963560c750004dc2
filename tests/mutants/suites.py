"""A suite: pytest's arguments under a name, in an order that finds a fault soon."""

import argparse
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["Suite", "room_tests", "suite"]


@dataclass(frozen=True)
class Suite:
    """Arguments of pytest.

    Attributes:
        label: its name in tables.
        arguments: all of them.
        paths: those that are files and folders of the tree; none for all tests.
        ignored: what --ignore leaves out.
    """

    label: str
    arguments: tuple[str, ...]
    paths: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    def first(self, tests: Sequence[str]) -> list[str] | None:
        """Return arguments for those of some test files that the suite has; None if it has none."""
        own = self._own(tests)
        return [*(word for word in self.arguments if word not in self.paths), *own] if own else None

    def rest(self, tests: Sequence[str]) -> list[str] | None:
        """Return arguments for everything but those test files; None if that is nothing."""
        own = self._own(tests)
        if self.paths and set(self.paths) <= set(own):
            return None
        return [*(word for word in self.arguments if word not in own), *(f"--ignore={test}" for test in own)]

    def _own(self, tests: Sequence[str]) -> list[str]:
        return [test for test in tests if _holds(self.paths or [""], test) and not _holds(self.ignored, test)]


def _holds(paths: Iterable[str], test: str) -> bool:
    return any(PurePosixPath(test).is_relative_to(path) for path in paths)


def suite(text: str, root: Path) -> Suite:
    """Read `LABEL=ARGUMENTS`, or arguments only; they are their own label then."""
    named = re.match(r"(\w+)=", text)
    label, arguments = (named[1], text[named.end() :]) if named else (text, text)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--ignore", action="append", default=[])
    known, words = parser.parse_known_args(shlex.split(arguments))
    paths = tuple(word for word in words if word and (root / word.partition("::")[0]).exists())
    words += [f"--ignore={path}" for path in known.ignore]
    return Suite(label or "all", tuple(words), paths, tuple(known.ignore))


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
