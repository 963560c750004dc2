"""The table of what can be earned: random, scripted and learnt play beside the optimum or a bound of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.returns import train
from benchmarks.returns.play import class_of, module_of, returns, row_group

__all__ = ["Earned", "Line", "line", "table"]

EXACT = ("HeatSeeker", "CrystalNav", "LayeredHex")  # whose `optimum` can be reached; elsewhere it is a bound
MINUS = "\N{MINUS SIGN}"
HEADINGS = ("environment", "random", "scripted", "trained", "best possible", "trained by")


@dataclass(frozen=True)
class Earned:
    """A mean return, and how far chance may have moved it.

    Attributes:
        mean: mean over episodes.
        error: its standard error.
    """

    mean: float
    error: float

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> "Earned":
        """Return the mean of one return for each episode, (num_episodes,), and its standard error."""
        return cls(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)))

    def __str__(self) -> str:
        """Return both with as many digits as the error has to say."""
        digits = 0 if self.error == 0.0 else max(0, 1 - math.floor(math.log10(self.error)))
        shown = f"{self.mean:.{min(digits, 2)}f} ± {self.error:.{min(digits, 2)}f}"
        return shown.replace("-", MINUS)


@dataclass(frozen=True)
class Line:
    """What can be earned in one environment.

    Attributes:
        name: the environment.
        earned: by "random", "scripted" and "trained" play.
        best: the largest possible mean return, or a bound of it; None where neither is known.
    """

    name: str
    earned: dict[str, Earned]
    best: float | None

    def cells(self) -> tuple[str, ...]:
        """Return the entries of the table's row."""
        best = "not known" if self.best is None else f"{self.best:.5g}".replace("-", MINUS)
        bound = "" if self.best is None or self.name in EXACT else "≤ "
        page = f"[{self.name}]({self.name_of_page}.md)"
        policies = ("random", "scripted", "trained")
        return (page, *(str(self.earned[policy]) for policy in policies), bound + best, self.learner)

    @property
    def name_of_page(self) -> str:
        """The page of the environment, without its ending."""
        return module_of(self.name).__name__.rpartition(".")[2]

    @property
    def learner(self) -> str:
        """What learns the environment."""
        return train.learner(self.name)


def line(name: str, num_episodes: int, seed: int) -> Line:
    """Play, train, and play again: the returns of an environment with its default parameters."""
    module = module_of(name)
    earned = {
        policy: Earned.of(
            returns(name, module.POLICIES[policy], num_episodes, group=row_group(name), seed=seed)
        )
        for policy in ("random", "scripted")
    }
    learnt = train.trained(name)
    earned["trained"] = Earned.of(
        returns(name, learnt, num_episodes, group=train.pupil_group(name), seed=seed)
    )
    return Line(name, earned, module.optimum(class_of(name).Params()))


def table(lines: Sequence[Line]) -> str:
    """Return all lines as a table in Markdown."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *(one.cells() for one in lines)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
