"""The results of a run of the benchmarks: figures and skipped rows, as a table and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.timing import Sample


@dataclass(frozen=True)
class Target:
    """The target of a ratio; the bound is None if there is no target.

    `at most` bounds cost, ours over the other's; `at least` bounds speed, the other's cost over ours.
    """

    kind: Literal["at most", "at least"]
    bound: float | None

    def ratio(self, ours: Sample, other: Sample) -> Sample:
        """Return the ratio that the target bounds."""
        return ours.over(other) if self.kind == "at most" else _inverse(ours.over(other))

    def met(self, ratio: float) -> bool | None:
        """Return whether a ratio meets the target, None if there is no target."""
        if self.bound is None:
            return None
        return ratio <= self.bound if self.kind == "at most" else ratio >= self.bound


def at_most(bound: float | None) -> Target:
    """Return the target of costing at most `bound` times as much as the other."""
    return Target("at most", bound)


def at_least(bound: float | None) -> Target:
    """Return the target of being at least `bound` times as fast as the other."""
    return Target("at least", bound)


@dataclass(frozen=True)
class Figure:
    """Our cost, next to another's."""

    row: int
    name: str
    unit: str
    ours: Sample
    beside: str
    other: Sample
    target: Target

    @property
    def ratio(self) -> Sample:
        """The ratio that the target bounds, one for each repeat."""
        return self.target.ratio(self.ours, self.other)

    @property
    def command(self) -> str:
        """The command that measures it again."""
        return f"python -m benchmarks --row {self.row}"


@dataclass(frozen=True)
class Skipped:
    """A measurement that was not possible, and the reason."""

    row: int
    name: str
    why: str


@dataclass(frozen=True)
class Point:
    """One figure of the second table: nanoseconds per world step at one value of a varied quantity."""

    varied: str
    value: int
    cost: Sample


@dataclass(frozen=True)
class Report:
    """All results of one run."""

    machine: Mapping[str, str]
    figures: Sequence[Figure] = ()
    skipped: Sequence[Skipped] = ()
    points: Sequence[Point] = ()

    def write(self, path: Path) -> None:
        """Write it as JSON, with every figure of every repeat and, for human readers, the medians."""
        content = asdict(self)
        for figure, record in zip(self.figures, content["figures"], strict=True):
            record["derived"] = {
                "command": figure.command,
                "ours": figure.ours.median,
                "other": figure.other.median,
                "ratio": figure.ratio.median,
                "met": figure.target.met(figure.ratio.median),
            }
        path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Report":
        """Return the report in a file."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            content["machine"],
            [_figure(record) for record in content["figures"]],
            [Skipped(**record) for record in content["skipped"]],
            [_point(record) for record in content["points"]],
        )


def _figure(record: Mapping[str, Any]) -> Figure:
    return Figure(
        record["row"],
        record["name"],
        record["unit"],
        _sample(record["ours"]),
        record["beside"],
        _sample(record["other"]),
        Target(**record["target"]),
    )


def _point(record: Mapping[str, Any]) -> Point:
    return Point(record["varied"], record["value"], _sample(record["cost"]))


def _sample(record: Mapping[str, Any]) -> Sample:
    return Sample(tuple(record["values"]))


def _inverse(sample: Sample) -> Sample:
    return Sample(tuple(1.0 / value for value in sample.values))
