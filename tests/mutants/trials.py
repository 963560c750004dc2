"""Runs suites on copies of the checkout, each with a fault planted in it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from tests.mutants.faults import Fault, rooms
from tests.mutants.suites import Suite, room_tests

__all__ = ["Outcome", "Trials", "tracked_files"]

_PYTEST = ["-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
_NOTHING_FAILED = (0, 5)  # 5: there were no tests
_LIMITED = f'ulimit -v {16 << 20}; exec "$@"'  # KiB of addresses, for faults that allocate without end
_REST = "the rest"
_ORIGINS = """
import importlib.util, sys
print(*(importlib.util.find_spec(name).origin for name in sys.argv[1:]), sep="\\n")
"""


@dataclass(frozen=True)
class Outcome:
    """What a suite says of a fault.

    Attributes:
        caught: whether a test failed.
        by: the first that did, or how else the fault showed.
        seconds: how long that took.
    """

    caught: bool
    by: str
    seconds: float


def tracked_files(root: Path) -> list[str]:
    """Return the files of a checkout that git tracks and that are there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True)
    return sorted(path for path in listed.stdout.split("\0") if path and (root / path).is_file())


class Trials:
    """Copies of a checkout and what runs in them; a suite's `baseline` comes before its trials.

    Args:
        root: the checkout.
        scratch: an empty folder for the copies and for compiled functions.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self._root = root
        self._scratch = scratch.resolve()
        self._compiled = self._scratch / "compiled"
        self._compiled.mkdir()
        self._tracked = tracked_files(root)
        folders = {PurePosixPath(room) for room in rooms(self._tracked)}
        self._packages = sorted(folder for folder in folders if folder.parent not in folders)
        self._limits: dict[tuple[str, str], float] = {}  # seconds, by suite and room
        self._running: set[int] = set()
        self._stopped = False

    def baseline(self, suite: Suite, drawn: Iterable[str]) -> float:
        """Run a suite on the code as it is: it must pass, and says how long it may take.

        It also fills the cache of compiled functions, of which each trial gets a copy of its own.

        Returns:
            Seconds.

        Raises:
            RuntimeError: it fails.
        """
        total = 0.0
        with self._copy() as copy:
            for room, arguments in _stages(suite, {room: room_tests(room, self._tracked) for room in drawn}):
                outcome = self._run(copy, self._compiled, arguments, None)
                if outcome.caught:
                    said = copy.with_name("log").read_text(encoding="utf-8", errors="replace")
                    raise RuntimeError(f"{said}\nsuite {suite.label!r} fails without a fault: {outcome.by}")
                total += outcome.seconds
                self._limits[suite.label, room] = time_limit(total if room == _REST else outcome.seconds)
        return total

    def trial(self, fault: Fault, suite: Suite) -> Outcome:
        """Run a suite on a copy with a fault: first the tests of its module and its room."""
        module = PurePosixPath(fault.path)
        room, stem = str(module.parent), module.stem.strip("_")
        tests = sorted(room_tests(room, self._tracked), key=lambda test: stem not in test)
        seconds = 0.0
        with self._copy() as copy:
            changed = copy / fault.path
            changed.write_text(fault.planted(changed.read_text(encoding="utf-8")), encoding="utf-8")
            compiled = copy.with_name("compiled")
            shutil.copytree(
                self._compiled, compiled, copy_function=os.link
            )  # a fault may spoil what is there
            for name, arguments in _stages(suite, {room: tests}):
                outcome = self._run(copy, compiled, arguments, self._limits[suite.label, name])
                seconds += outcome.seconds
                if outcome.caught:
                    return replace(outcome, seconds=seconds)
        return Outcome(False, "", seconds)

    def stop(self) -> None:
        """Kill whatever runs; nothing runs afterwards."""
        self._stopped = True
        for group in [*self._running]:
            _kill(group)

    @contextmanager
    def _copy(self) -> Generator[Path]:
        with TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as folder:
            copy = Path(folder) / "checkout"
            for path in self._tracked:
                (copy / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._root / path, copy / path)
            self._check_imports(copy)
            yield copy

    def _check_imports(self, copy: Path) -> None:
        """Prove that it is the copy's packages that are imported in it."""
        names = [package.name for package in self._packages]
        command = [sys.executable, "-c", _ORIGINS, *names]
        found = subprocess.run(
            command, cwd=copy, env=self._environment(copy), check=True, capture_output=True, text=True
        )
        expected = [str(copy / package / "__init__.py") for package in self._packages]
        assert found.stdout.split("\n")[:-1] == expected, f"not the copy's: {found.stdout}"

    def _environment(self, copy: Path) -> dict[str, str]:
        folders = dict.fromkeys(str(copy / package.parent) for package in self._packages)
        return os.environ | {"PYTHONPATH": os.pathsep.join(folders)}

    def _run(self, copy: Path, compiled: Path, arguments: Sequence[str], limit: float | None) -> Outcome:
        """Run pytest in a copy, as a process group, so that nothing of it is left."""
        command = ["sh", "-c", _LIMITED, "sh", sys.executable, *_PYTEST, *arguments]
        environment = self._environment(copy) | {"MURK_ENV_CACHE_DIR": str(compiled)}
        begin, log = time.monotonic(), copy.with_name("log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=copy, env=environment, stdout=output, stderr=output, start_new_session=True
            )
            self._running.add(process.pid)
            try:
                code = None if self._stopped else process.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                self._running.discard(process.pid)
                _kill(process.pid)
                process.wait()
        by = "" if code in _NOTHING_FAILED else _first_failure(log, code)
        return Outcome(bool(by), by, time.monotonic() - begin)


def time_limit(seconds: float) -> float:
    """Return after how many seconds tests that take so many without a fault count as hanging."""
    return 60 + 4 * seconds


def _stages(suite: Suite, tests: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
    """Pytest's arguments for the tests of each room, then for the rest, each with its name."""
    for room, own in tests.items():
        if (first := suite.first(own)) is not None:
            yield room, first
    if (rest := suite.rest([test for own in tests.values() for test in own])) is not None:
        yield _REST, rest


def _first_failure(log: Path, code: int | None) -> str:
    if code is None:
        return "a hang"
    text = log.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", text, flags=re.MULTILINE)
    return found[1] if found else f"exit code {code}"


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
