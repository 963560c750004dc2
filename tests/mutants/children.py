"""Runs pytest in a copy of the checkout, in a process forked from one that has the libraries already.

To load numba, gymnasium and pytest takes longer than most trials. The process that is forked has imported
none of the packages under test.
"""

import importlib.util
import multiprocessing
import os
import pickle
import resource
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.mutants.reach import Chosen, Reach, Recorder

__all__ = ["Run", "start", "stop"]

_PYTEST = ["-q", "-n0", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
_PYTEST += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
_LIBRARIES = ["pytest", "_pytest.assertion.rewrite", "hypothesis.strategies", "hypothesis.extra.numpy"]
_LIBRARIES += ["numba", "llvmlite.binding", "gymnasium.vector", "gymnasium.wrappers.vector", "pettingzoo"]
_LIBRARIES += ["pettingzoo.test", "xxhash", "safetensors.numpy", "doctest", "asyncio", "pdb"]
_ADDRESSES = 16 << 30  # bytes, for faults that allocate without end


@dataclass(frozen=True)
class Run:
    """A run of pytest.

    Attributes:
        copy: the tree in which it runs; beside it lie what it says and what it finds.
        packages: the folders of the packages under test, from the root of the tree.
        compiled: the cache of compiled functions.
        arguments: pytest's.
        tests: the ids of the tests to run, in order; None for all that are collected.
        recorded: the modules whose lines are recorded.
    """

    copy: Path
    packages: tuple[str, ...]
    compiled: Path
    arguments: tuple[str, ...]
    tests: tuple[str, ...] | None = None
    recorded: tuple[str, ...] = ()

    @property
    def log(self) -> Path:
        """What pytest prints."""
        return self.copy.with_name("log")

    @property
    def by(self) -> Path:
        """The first test that fails, if any does."""
        return self.copy.with_name("by")

    @property
    def recording(self) -> Path:
        """The reach of each test, and which of them fail while they are traced."""
        return self.copy.with_name("recording")


def start(run: Run) -> BaseProcess:
    """Start a run, in a process group of its own."""
    run.by.unlink(missing_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LIBRARIES)
    process = context.Process(target=_play, args=[run])
    process.start()
    return process


def stop(process: BaseProcess) -> None:
    """End a run and whatever it has started."""
    assert process.pid is not None
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()  # one that has no group yet
    process.join()


def _play(run: Run) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, resource.RLIM_INFINITY))
    with run.log.open("wb") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    _enter(run)
    recorder = Recorder(run.copy, run.recorded)
    plugins: list[object] = [Chosen(run.tests, run.by), *([recorder] if run.recorded else [])]
    sys.dont_write_bytecode = not run.recorded  # a fault's bytecode would outlive it
    how = [*_PYTEST, "--maxfail=0" if run.recorded else "-x"]
    code = pytest.main([*how, f"--basetemp={run.copy.with_name('tmp')}", *run.arguments], plugins)
    if run.recorded:
        found = {test: (reach.seconds, reach.lines) for test, reach in recorder.found.items()}
        run.recording.write_bytes(pickle.dumps((found, recorder.failed)))
    sys.stdout.flush()
    os._exit(int(code))


def _enter(run: Run) -> None:
    """Make the copy the tree of this process, of which nothing has been imported yet."""
    root, copy = Path(__file__).resolve().parents[2], run.copy
    folders = [str(copy), *dict.fromkeys(str((copy / package).parent) for package in run.packages)]
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": os.pathsep.join(folders), "MURK_ENV_CACHE_DIR": str(run.compiled)}
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # of the tree that the trials come from
    others = (path for path in sys.path if path and not Path(path).is_relative_to(root / "envs"))
    sys.path[:] = [*dict.fromkeys(folders), *(path for path in others if path != str(root))]
    for package in run.packages:
        name = package.rpartition("/")[2]
        found = importlib.util.find_spec(name)
        assert name not in sys.modules
        assert found is not None
        assert found.origin == str(copy / package / "__init__.py"), f"not the copy's: {found.origin}"


def recorded(run: Run) -> tuple[dict[str, Reach], list[str]]:
    """Return what a run has recorded."""
    found, failed = pickle.loads(run.recording.read_bytes())
    return {test: Reach(*reach) for test, reach in found.items()}, failed


def said(run: Run) -> str:
    """Return what a run printed."""
    return run.log.read_text(encoding="utf-8", errors="replace")


def first_failure(run: Run, code: int | None) -> str:
    """Return how a fault showed: the first test that failed, or how the run ended."""
    if code is None:
        return "a hang"
    if run.by.exists():
        return run.by.read_text(encoding="utf-8")
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def arguments_for(options: Sequence[str], tests: Sequence[str]) -> tuple[str, ...]:
    """Return pytest's arguments that collect the files of some tests."""
    return (*options, *dict.fromkeys(test.partition("::")[0] for test in tests))
