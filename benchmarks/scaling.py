"""The second table: our cost per world step by number of worlds, size and number of fields."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks import subjects
from benchmarks.report import Point
from benchmarks.run import Run
from benchmarks.timing import Job, measure

NUM_WORLDS = (1, 4, 16, 64, 256, 1_024, 4_096, 16_384)
SIZES = (8, 16, 32, 64, 128, 256)  # sides of the grid, with 16 worlds
NUM_FIELDS = (1, 2, 4, 8, 16)  # each diffusing and observed, 64 worlds of 16x16
WORLDS = "number of worlds (16x16)"
SIZE = "side of the grid (16 worlds)"
FIELDS = "diffusing fields (64 worlds)"


def points(run: Run) -> list[Point]:
    """Return the cost for every value of the three, on one thread."""
    (for_sizes,), (for_fields,) = run.worlds(16), run.worlds(64)
    return [
        *_points(run, WORLDS, {number: subjects.batch("", number) for number in run.worlds(*NUM_WORLDS)}),
        *_points(run, SIZE, {size: subjects.batch("", for_sizes, size=size) for size in SIZES}),
        *_points(run, FIELDS, {number: _with_fields(number, for_fields) for number in NUM_FIELDS}),
    ]


def _points(run: Run, varied: str, jobs: Mapping[int, Job]) -> list[Point]:
    """Time jobs in interleaved repeats, by the value of the varied quantity."""
    costs = measure(list(jobs.values()), run.repeats, run.seconds)
    return [Point(varied, value, cost) for value, cost in zip(jobs, costs, strict=True)]


def _with_fields(number: int, num_worlds: int) -> Job:
    return subjects.batch("", num_worlds, subjects.with_diffusing_fields(number, 16))


def plot(found: list[Point], path: Path) -> None:
    """Draw the points, one picture for each varied quantity."""
    from matplotlib.figure import Figure  # only needed for plots

    figure = Figure(figsize=(12, 4), layout="constrained")
    for axes, varied in zip(figure.subplots(1, 3), (WORLDS, SIZE, FIELDS), strict=True):
        own = [point for point in found if point.varied == varied]
        values, middle = [point.value for point in own], [point.cost.median for point in own]
        low, high = zip(*(point.cost.quartiles for point in own), strict=True)
        axes.fill_between(values, low, high, alpha=0.3)
        axes.plot(values, middle, marker="o")
        axes.set(xscale="log", yscale="log", xlabel=varied, ylabel="ns per world step")
        axes.set_xticks(values, labels=[str(value) for value in values], rotation=45)
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.savefig(path)
