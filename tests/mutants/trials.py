"""Runs suites on copies of the checkout, each with a fault planted in it."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path, PurePosixPath
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from murk_env.kernels.cache_directory import cache_directory
from tests.mutants.children import Run, arguments_for, first_failure, recorded, said, start, stop
from tests.mutants.faults import Fault, rooms
from tests.mutants.reach import Reach, asked, portions
from tests.mutants.suites import Suite

__all__ = ["Outcome", "Trials", "tracked_files"]

_NOTHING_FAILED = (0, 5)  # 5: there were no tests
_LONG_AGO = 1e9  # seconds


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
        modules: in which faults are planted, from the root.
        jobs: how many trials may run at a time.
    """

    def __init__(self, root: Path, scratch: Path, modules: Iterable[str], jobs: int = 1) -> None:
        tracked = tracked_files(root)
        folders = {PurePosixPath(room) for room in rooms(tracked)}
        self._packages = tuple(sorted(str(folder) for folder in folders if folder.parent not in folders))
        self._modules = tuple(modules)
        self._scratch = scratch.resolve()
        self._compiled = self._scratch / "compiled"
        self._compiled.mkdir()
        seed(self._compiled, cache_directory())
        self._copies: SimpleQueue[Path] = SimpleQueue()
        self._reaches: dict[str, dict[str, Reach]] = {}  # of each test, by suite
        self._running: set[BaseProcess] = set()
        self._stopped = False
        for job in range(jobs):
            copy = self._scratch / f"{job}" / "checkout"
            for path in tracked:
                (copy / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / path, copy / path)
            self._copies.put(copy)

    def baseline(self, suite: Suite) -> float:
        """Run a suite on the code as it is: it must pass, and each test says which lines it reaches.

        It also fills the cache of compiled functions, of which each trial gets a copy of its own. Few are
        compiled if the user's cache has them: tracing what numba does takes long.

        Returns:
            Seconds.

        Raises:
            RuntimeError: it fails.
        """
        copy = self._copies.get()
        traced = Run(copy, self._packages, self._compiled, suite.arguments, recorded=self._modules)
        seconds = self._ended(traced, None).seconds
        self._reaches[suite.label], failed = recorded(traced)
        if failed:  # perhaps only while they are traced
            run = Run(copy, self._packages, self._compiled, suite.arguments, tuple(failed))
            outcome = self._ended(run, None)
            if outcome.caught:
                raise RuntimeError(f"{said(run)}\nsuite {suite.label!r} fails without a fault: {outcome.by}")
        for path in self._compiled.iterdir():
            if path.stat().st_mtime <= _LONG_AGO:
                path.unlink()  # each trial has the others alone
        self._copies.put(copy)
        return seconds

    def trial(self, fault: Fault, suite: Suite) -> Outcome:
        """Ask those tests of a suite about a fault that can see it."""
        reaches = self._reaches[suite.label]
        copy, seconds = self._copies.get(), 0.0
        changed = copy / fault.path
        source = changed.read_text(encoding="utf-8")
        try:
            with TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as folder:
                compiled = Path(folder) / "compiled"  # a fault may spoil what is there
                shutil.copytree(self._compiled, compiled, copy_function=os.link)
                changed.write_text(fault.planted(source), encoding="utf-8")
                for tests in portions(asked(fault, reaches), reaches):
                    arguments = arguments_for(suite.options, tests)
                    run = Run(copy, self._packages, compiled, arguments, tuple(tests))
                    outcome = self._ended(run, time_limit(sum(reaches[test].seconds for test in tests)))
                    seconds += outcome.seconds
                    if outcome.caught:
                        return replace(outcome, seconds=seconds)
        finally:
            changed.write_text(source, encoding="utf-8")
            self._copies.put(copy)
        return Outcome(False, "", seconds)

    def stop(self) -> None:
        """Kill whatever runs; nothing runs afterwards."""
        self._stopped = True
        for process in [*self._running]:
            stop(process)

    def _ended(self, run: Run, limit: float | None) -> Outcome:
        """Run pytest to its end, or to a limit in seconds, so that nothing of it is left."""
        begin = time.monotonic()
        if self._stopped:
            return Outcome(True, "stopped", 0.0)
        process = start(run)
        self._running.add(process)
        try:
            process.join(limit)
            code = process.exitcode
        finally:
            self._running.discard(process)
            stop(process)
        by = "" if code in _NOTHING_FAILED else first_failure(run, code)
        return Outcome(bool(by), by, time.monotonic() - begin)


def seed(compiled: Path, cache: Path | None) -> None:
    """Copy the cache of compiled functions, as of long ago: what is used has another time from then on."""
    for path in cache.glob("*.bin") if cache else ():
        with suppress(FileNotFoundError):  # the cache keeps to its size
            shutil.copyfile(path, compiled / path.name)
            os.utime(compiled / path.name, (_LONG_AGO, _LONG_AGO))


def time_limit(seconds: float) -> float:
    """Return after how many seconds tests that take so many without a fault count as hanging."""
    return 120 + 6 * seconds
