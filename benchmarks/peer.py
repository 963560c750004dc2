"""The peers: other engines in a separate interpreter, which step k times on requests over a pipe."""

import itertools
import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.timing import Job

VERSIONS = {"murk": "0.2.0"}  # the release to which the targets refer
_ROOT = Path(__file__).resolve().parent.parent


class PeerError(RuntimeError):
    """A peer is installed but failed."""


class Peer:
    """An interpreter in which peers may be installed.

    Args:
        python: its path; None for the current interpreter.
    """

    def __init__(self, python: str | None = None) -> None:
        self._python = sys.executable if python is None else python
        command = [self._python, "-m", "benchmarks.peers"]
        self._child = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._names = itertools.count()
        self._asked = ""
        self.versions: dict[str, str | None] = self._ask("describe")

    def __enter__(self) -> "Peer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.communicate()  # the end of its input ends it

    def missing(self, package: str) -> str | None:
        """Return how to install a package that is missing in the right version, None if it is there."""
        found, wanted = self.versions[package], VERSIONS.get(package)
        if found is not None and wanted in (None, found):
            return None
        requirement = package if wanted is None else f"{package}=={wanted}"
        needs = " (it needs Python >= 3.12)" if package == "murk" else ""
        return (
            f"{requirement} is not installed for {self._python}. Get it{needs} with `python3.12 -m venv "
            f".peer && .peer/bin/pip install numpy {requirement}`, then say --peer-python .peer/bin/python"
        )

    def name(self, package: str) -> str:
        """Return a package with its version."""
        return f"{package} {self.versions[package]}"

    @contextmanager
    def job(self, package: str, program: str, operations: int, **arguments: Any) -> Generator[Job]:
        """Create the worlds of a program in the peer's interpreter, and yield the job that steps them."""
        key = next(self._names)
        self._ask("make", job=key, package=package, program=program, arguments=arguments)
        try:
            yield Job(self.name(package), operations, lambda steps: self._ask("run", job=key, steps=steps))
        finally:
            self._ask("drop", job=key)

    def _ask(self, method: str, **arguments: Any) -> Any:
        self.request(method, **arguments)
        return self.answer()

    def request(self, method: str, **arguments: Any) -> None:
        """Send a request without waiting for the answer."""
        assert self._child.stdin is not None
        self._asked = f"{method} {arguments}"
        self._child.stdin.write(json.dumps({"do": method, "arguments": arguments}) + "\n")
        self._child.stdin.flush()

    def answer(self) -> Any:
        """Return the answer to the last request.

        Raises:
            PeerError: the request failed.
        """
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        reply = json.loads(line) if line else {"error": "it ended without an answer"}
        if "error" in reply:
            raise PeerError(f"{self._python} could not {self._asked}: {reply['error']}")
        return reply["answer"]


@contextmanager
def side_by_side(processes: int, program: str, operations: int, **arguments: Any) -> Generator[Job]:
    """Create our worlds in so many processes, and yield the job that steps all of them at the same time."""
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer()) for _ in range(processes)]
        for peer in peers:
            peer.request("make", job=-1, package="murk-env", program=program, arguments=arguments)
        for peer in peers:
            peer.answer()

        def nanoseconds(steps: int) -> int:
            for peer in peers:
                peer.request("run", job=-1, steps=steps)
            return max(peer.answer() for peer in peers)

        yield Job(f"{processes} processes", processes * operations, nanoseconds)
