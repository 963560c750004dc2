"""Repeated timing of jobs in interleaved order, so that other load affects all of them equally."""

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

Nanoseconds = Callable[[int], int]


@dataclass(frozen=True)
class Job:
    """Something to time.

    Attributes:
        name: its name in a table.
        operations: number of operations per step: the number of worlds.
        nanoseconds: performs a number of steps and returns their time.
    """

    name: str
    operations: int
    nanoseconds: Nanoseconds


@dataclass(frozen=True)
class Sample:
    """One figure for each repeat."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and upper quartile."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        low, _, high = quantiles(self.values, n=4, method="inclusive")
        return low, high

    def over(self, other: "Sample") -> "Sample":
        """Return the ratio to another sample, repeat by repeat, or to a single figure."""
        divisors = other.values * len(self.values) if len(other.values) == 1 else other.values
        return Sample(tuple(mine / its for mine, its in zip(self.values, divisors, strict=True)))


def calls(run: Callable[[], object]) -> Nanoseconds:
    """Return a function that times one call per step."""
    return stepping(lambda _: run(), [None])


def stepping(step: Callable[[Any], object], actions: Iterable[Any]) -> Nanoseconds:
    """Return a function that times steps with the actions in cyclic order."""
    endless = itertools.cycle(actions)

    def nanoseconds(steps: int) -> int:
        chosen = list(itertools.islice(endless, steps))
        began = time.perf_counter_ns()
        for action in chosen:
            step(action)
        return time.perf_counter_ns() - began

    return nanoseconds


def measure(jobs: Sequence[Job], repeats: int, seconds: float) -> list[Sample]:
    """Time every job `repeats` times, interleaved, each repeat lasting about `seconds`.

    A first, untimed step compiles; the steps that calibrate the length of a repeat complete the warm-up.

    Returns:
        For each job, its nanoseconds per operation.
    """
    steps = [_steps_lasting(job, seconds * 1e9) for job in jobs]
    figures: list[list[float]] = [[] for _ in jobs]
    for _ in range(repeats):
        for job, count, own in zip(jobs, steps, figures, strict=True):
            own.append(job.nanoseconds(count) / (count * job.operations))
    return [Sample(tuple(own)) for own in figures]


def _steps_lasting(job: Job, wanted: float) -> int:
    """Return the number of steps that last `wanted` nanoseconds, from runs that grow at most tenfold."""
    job.nanoseconds(1)
    steps = 1
    while (elapsed := max(job.nanoseconds(steps), 1)) < 0.5 * wanted:
        steps = min(10 * steps, round(steps * wanted / elapsed))
    return max(1, round(steps * wanted / elapsed))
