"""A run of the benchmarks, with what every row needs: the peer, sizes and comparisons."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.peer import Peer
from benchmarks.report import Figure, Skipped, Target
from benchmarks.timing import Job, Sample, measure

Found = list[Figure | Skipped]


@dataclass(frozen=True)
class Other:
    """The other side of a comparison: a package of the peer, or a job of this process.

    Attributes:
        target: the target of the ratio.
        job: the job in this process; None for a peer.
        package: the peer's package.
        program: the peer's program.
        arguments: the program's arguments.
        label: its description in a table, after the package's name.
    """

    target: Target
    job: Job | None = None
    package: str = ""
    program: str = ""
    arguments: dict[str, Any] | None = None
    label: str = ""


@dataclass(frozen=True)
class Run:
    """One run of the benchmarks.

    Attributes:
        peer: the interpreter of the peers.
        repeats: number of repeats of every figure.
        seconds: duration of a repeat.
        most_worlds: largest number of worlds of a batch.
        soak: whether a single env is stepped a million times.
    """

    peer: Peer
    repeats: int = 7
    seconds: float = 0.1
    most_worlds: int = 16_384
    soak: bool = False

    def worlds(self, *numbers: int) -> list[int]:
        """Return numbers of worlds, in order, none above `most_worlds`."""
        return sorted({min(number, self.most_worlds) for number in numbers})

    def compare(self, row: int, name: str, ours: Job, others: Sequence[Other]) -> Found:
        """Time ours and the others in interleaved repeats; skip those that are not installed."""
        with ExitStack() as stack:
            jobs: list[tuple[Other, Job]] = []
            skipped: list[Skipped] = []
            for other in others:
                why = self.peer.missing(other.package) if other.package else None
                if why is None:
                    jobs.append((other, stack.enter_context(self._opened(other, ours.operations))))
                else:
                    skipped.append(Skipped(row, f"{name}, beside {other.package}", why))
            cost, *costs = measure([ours, *(job for _, job in jobs)], self.repeats, self.seconds)
            figures = [
                Figure(row, name, "ns", cost, " ".join([job.name, other.label]).strip(), its, other.target)
                for (other, job), its in zip(jobs, costs, strict=True)
            ]
        return [*figures, *skipped]

    @contextmanager
    def _opened(self, other: Other, operations: int) -> Generator[Job]:
        if other.job is not None:
            yield other.job
            return
        with self.peer.job(other.package, other.program, operations, **(other.arguments or {})) as job:
            yield job

    def repeated(self, figure: Callable[[], float]) -> Sample:
        """Return a figure other than nanoseconds per step, once per repeat."""
        return Sample(tuple(figure() for _ in range(self.repeats)))


def beside(target: Target, job: Job) -> Other:
    """Return a job of this process to compare with ours."""
    return Other(target, job)


def murk(target: Target, program: str, label: str = "", **arguments: Any) -> Other:
    """Return a program of murk to compare with ours."""
    return Other(target, None, "murk", program, arguments, label)


def jax(target: Target, program: str, **arguments: Any) -> Other:
    """Return a program of JAX to compare with ours."""
    return Other(target, None, "jax", program, arguments)


def limit(row: int, name: str, unit: str, ours: Sample, most: float, what: str, target: Target) -> Figure:
    """Return a figure with a fixed limit."""
    return Figure(row, name, unit, ours, what, Sample((most,)), target)
