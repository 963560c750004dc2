"""How a run of the benchmarks is done, and what every row needs: its peer, its sizes, its comparisons."""

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
    """What ours stands beside: a package of the peer's, or a job of this process.

    Attributes:
        target: what the ratio should be.
        job: what runs in this process; None for a peer.
        package: the peer's package.
        program: what it runs, with its arguments.
        arguments: the program's.
        label: what it is, in a table, behind the package's name.
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
        repeats: of every figure.
        seconds: that a repeat lasts.
        most_worlds: no batch has more worlds than this.
        soak: whether a single env is stepped a million times.
    """

    peer: Peer
    repeats: int = 7
    seconds: float = 0.1
    most_worlds: int = 16_384
    soak: bool = False

    def worlds(self, *numbers: int) -> list[int]:
        """Return numbers of worlds, in order, none above the most."""
        return sorted({min(number, self.most_worlds) for number in numbers})

    def compare(self, row: int, name: str, ours: Job, others: Sequence[Other]) -> Found:
        """Time ours and the others in turn; what is not installed is skipped."""
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
        """Return a figure that is no nanoseconds per step, as often as the repeats."""
        return Sample(tuple(figure() for _ in range(self.repeats)))


def beside(target: Target, job: Job) -> Other:
    """Return a job of this process to stand beside ours."""
    return Other(target, job)


def murk(target: Target, program: str, label: str = "", **arguments: Any) -> Other:
    """Return a program of murk to stand beside ours."""
    return Other(target, None, "murk", program, arguments, label)


def jax(target: Target, program: str, **arguments: Any) -> Other:
    """Return a program of JAX to stand beside ours."""
    return Other(target, None, "jax", program, arguments)


def limit(row: int, name: str, unit: str, ours: Sample, most: float, what: str, target: Target) -> Figure:
    """Return a figure beside a number that it should keep to."""
    return Figure(row, name, unit, ours, what, Sample((most,)), target)
