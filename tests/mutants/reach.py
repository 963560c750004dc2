"""Which lines of the packages each test reaches, and in what order tests are asked about a fault.

The map is measured with the code as it is, so no file is named by hand and none is missed when modules are
split. Compiled functions and what runs on import reach no line; there the tests of the room are asked.
"""

import itertools
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import FrameType
from typing import Any

import pytest
from numba.core import event

from tests.mutants.faults import Fault
from tests.mutants.suites import room_tests

__all__ = ["Chosen", "Reach", "Recorder", "asked", "portions"]

Lines = dict[str, set[int]]  # by module, from the root of the tree
_PORTIONS = (3.0, 15.0)  # seconds of tests that are collected and run together; the last portion has the rest
_NEARBY = 4  # lines
_FEW = 0.2  # of the tests
_LONGEST = 90.0  # seconds of tests that are asked about a fault; the figures are a lower bound


@dataclass(frozen=True)
class Reach:
    """What a test did when nothing was wrong.

    Attributes:
        seconds: how long it took.
        lines: the lines of the packages that it ran, by module.
    """

    seconds: float
    lines: Lines


class Recorder:
    """A plugin of pytest that records the reach of each test.

    Args:
        root: of the tree.
        modules: whose lines are recorded, from the root.
    """

    def __init__(self, root: Path, modules: Collection[str]) -> None:
        self.found: dict[str, Reach] = {}
        self.failed: list[str] = []  # tracing allocates memory, for example
        self._paths = {str(root / module): module for module in modules}
        self._lines: Lines = {}
        event.register("numba:compiler_lock", _Untraced())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Trace a test with its fixtures."""
        self._lines, begin = {}, time.perf_counter()
        threading.settrace(self._call)
        sys.settrace(self._call)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # pyright: ignore[reportArgumentType]
            self.found[item.nodeid] = Reach(time.perf_counter() - begin, self._lines)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that fails."""
        if report.failed:
            self.failed.append(report.nodeid)

    def _call(self, frame: FrameType, happened: str, argument: Any) -> Any:
        """Trace lines where they are asked for, and nothing elsewhere."""
        module = self._paths.get(frame.f_code.co_filename)
        if module is None:
            return None
        lines = self._lines.setdefault(module, set())

        def line(frame: FrameType, happened: str, argument: Any) -> Any:
            lines.add(frame.f_lineno)
            return line

        return line(frame, happened, argument)


class _Untraced(event.Listener):
    """Takes the trace off while numba compiles, which would take three times as long."""

    def __init__(self) -> None:
        self._traces: list[Any] = []  # the compiler's lock is taken again by who has it

    def on_start(self, event: event.Event) -> None:
        """Keep the trace."""
        self._traces.append(sys.gettrace())
        sys.settrace(None)

    def on_end(self, event: event.Event) -> None:
        """Put it back."""
        sys.settrace(self._traces.pop())


class Chosen:
    """A plugin of pytest that runs some tests, in their order, and writes down the first that fails.

    Args:
        tests: their ids; none for all that are collected.
        by: the file for the id of the first that fails.
    """

    def __init__(self, tests: Sequence[str] | None, by: Path) -> None:
        self._places = None if tests is None else {test: place for place, test in enumerate(tests)}
        self._by = by

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that are asked."""
        if (places := self._places) is not None:
            items[:] = sorted(
                (item for item in items if item.nodeid in places), key=lambda item: places[item.nodeid]
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down a test that fails."""
        if report.failed and not self._by.exists():
            self._by.write_text(report.nodeid, encoding="utf-8")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Write down a module that cannot be imported."""
        if report.failed and not self._by.exists():
            self._by.write_text(report.nodeid, encoding="utf-8")


def asked(fault: Fault, reaches: Mapping[str, Reach]) -> list[str]:
    """Return the tests that are asked about a fault, in the order in which they probably find it soon.

    First those that reach its line, then others of their files, which may use what those have made, then the
    tests of its room; where no test reaches its line, those that reach its module. All tests reach what every
    env runs: so each time those come first whose files are named after the module, and then those that reach
    a line nearby that few of them reach. A minute and a half of tests is asked.
    """
    room = str(PurePosixPath(fault.path).parent)
    stem = PurePosixPath(fault.path).stem.strip("_").removesuffix("s")
    lines = set(range(fault.line, fault.line + fault.before.count("\n") + 1))
    nearby = set(range(fault.line - _NEARBY, max(lines) + _NEARBY + 1))
    reaching = {test for test, reach in reaches.items() if lines & reach.lines.get(fault.path, set())}
    if not reaching:
        reaching = {test for test, reach in reaches.items() if fault.path in reach.lines}
        nearby = {line for test in reaching for line in reaches[test].lines[fault.path]}
    found = Counter(line for test in reaching for line in nearby & reaches[test].lines[fault.path])
    rare = {line for line, count in found.items() if count <= len(reaching) * _FEW}
    files, rooms = set(map(file_of, reaching)), set(room_tests(room, [*map(file_of, reaches)]))

    def place(test: str) -> tuple[Any, ...]:
        file, reached = file_of(test), reaches[test].lines.get(fault.path, set())
        nearness = (test in reaching, stem in file, bool(rare & reached), file in files, file in rooms)
        return (*(not near for near in nearness), reaches[test].seconds)

    near = sorted((test for test in reaches if file_of(test) in files | rooms), key=place)
    ends = [*itertools.accumulate(reaches[test].seconds for test in near)]
    return [test for test, end in zip(near, ends, strict=True) if end <= _LONGEST]


def portions(tests: Sequence[str], reaches: Mapping[str, Reach]) -> list[list[str]]:
    """Cut tests into a small portion, a larger one and the rest; in each, a file's tests stay together."""
    cut: list[list[str]] = [[]]
    limits, taken = [*_PORTIONS], 0.0
    for test in tests:
        taken += reaches[test].seconds
        if limits and taken > limits[0] and cut[-1]:
            limits.pop(0)
            taken = reaches[test].seconds
            cut.append([])
        cut[-1].append(test)
    return [_by_file(portion) for portion in cut if portion]


def file_of(test: str) -> str:
    """Return the file of a test, from the root."""
    return test.partition("::")[0]


def _by_file(tests: Sequence[str]) -> list[str]:
    files = {file: place for place, file in reversed([*enumerate(map(file_of, tests))])}
    return sorted(tests, key=lambda test: files[file_of(test)])
