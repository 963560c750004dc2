"""Answers requests over a pipe: creates the peers' worlds, and returns the time of k steps.

A request is a line of JSON on standard input, an answer one on standard output.
"""

import importlib
import json
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.timing import Nanoseconds

PROGRAMS = {
    "murk": "benchmarks.peers.murk_worlds",
    "jax": "benchmarks.peers.jax_worlds",
    "murk-env": "benchmarks.peers.our_worlds",
}


class Server:
    """The worlds created so far, by their number in requests."""

    def __init__(self) -> None:
        self._jobs: dict[int, Nanoseconds] = {}

    def describe(self) -> dict[str, str | None]:
        """Return the version of every package that a peer may need, None where it is not installed."""
        return {name: _version(name) for name in ("murk", "jax", "numpy")} | {
            "Python": platform.python_version()
        }

    def make(self, job: int, package: str, program: str, arguments: dict[str, Any]) -> None:
        """Create the worlds of a program."""
        maker = getattr(importlib.import_module(PROGRAMS[package]), program)
        self._jobs[job] = maker(**arguments)

    def run(self, job: int, steps: int) -> int:
        """Step worlds and return the time in nanoseconds."""
        return self._jobs[job](steps)

    def drop(self, job: int) -> None:
        """Delete worlds."""
        del self._jobs[job]


def answer(methods: dict[str, Callable[..., Any]], line: str) -> str:
    """Return the answer to one request: the method's result, or its error."""
    request = json.loads(line)
    try:
        found = {"answer": methods[request["do"]](**request["arguments"])}
    except Exception as error:  # it is reported on the other side
        found = {"error": f"{type(error).__name__}: {error}"}
    return json.dumps(found)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    server = Server()
    methods = {name: getattr(server, name) for name in ("describe", "make", "run", "drop")}
    for line in sys.stdin:
        print(answer(methods, line), flush=True)
