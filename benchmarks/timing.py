"""Repeated timing of jobs in turn, so that a busy moment of the machine falls on all of them alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Job:
    """Something to time: `run()` performs `operations` operations, each a `unit`."""

    name: str
    unit: str
    operations: int
    run: Callable[[], object]


@dataclass(frozen=True)
class Rates:
    """Operations a second of one job, one figure a repeat."""

    job: Job
    per_second: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle figure, operations a second."""
        return median(self.per_second)

    @property
    def spread(self) -> float:
        """How far the slowest and the fastest repeat lie apart, as a share of the median."""
        return (max(self.per_second) - min(self.per_second)) / self.median


def measure(
    jobs: Sequence[Job], repeats: int, seconds: float, clock: Callable[[], float] = time.perf_counter
) -> list[Rates]:
    """Times every job `repeats` times, in turn, each repeat lasting about `seconds`.

    A first call of each job, untimed, compiles what is to be compiled.
    """
    calls = [_calls_lasting(job, seconds, clock) for job in jobs]
    per_second: list[list[float]] = [[] for _ in jobs]
    for _ in range(repeats):
        for job, count, figures in zip(jobs, calls, per_second, strict=True):
            figures.append(job.operations * count / _duration(job, count, clock))
    return [Rates(job, tuple(figures)) for job, figures in zip(jobs, per_second, strict=True)]


def _calls_lasting(job: Job, seconds: float, clock: Callable[[], float]) -> int:
    job.run()
    return max(1, round(seconds / _duration(job, 1, clock)))


def _duration(job: Job, calls: int, clock: Callable[[], float]) -> float:
    began = clock()
    for _ in range(calls):
        job.run()
    return clock() - began
