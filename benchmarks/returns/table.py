"""The table of returns: random, scripted and trained policies, and the optimum or an upper bound.

An exact optimum is a mean over all starts. Policies then play from every start equally often, so that their
means are over the same starts, and that of a deterministic policy is exact, too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.returns import train
from benchmarks.returns.play import Policy, class_of, module_of, returns, row_group, seeds_of_every_start

__all__ = ["Earned", "Line", "line", "table"]

# Their `optimum` can be attained; elsewhere it is a bound. Only the start is random.
EXACT = ("HeatSeeker", "CrystalNav", "LayeredHex")
MINUS = "\N{MINUS SIGN}"
HEADINGS = ("environment", "random", "scripted", "trained", "best possible", "trained by")


@dataclass(frozen=True)
class Earned:
    """A mean return.

    Attributes:
        mean: mean over episodes.
        error: its standard error; 0 if it is exact.
    """

    mean: float
    error: float

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> "Earned":
        """Return the mean of one return for each episode, (num_episodes,), and its standard error."""
        return cls(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)))

    @classmethod
    def over_starts(cls, values: npt.NDArray[np.float64]) -> "Earned":
        """Return the mean over starts, each played equally often, (num_starts, num_each >= 2)."""
        mean = float(values.mean())
        if (values == values[:, :1]).all():
            return cls(mean, 0.0)
        return cls(mean, math.sqrt(values.var(axis=1, ddof=1).mean() / values.size))

    def __str__(self) -> str:
        """Return both with two significant digits of the error, or an exact mean alone."""
        if self.error == 0.0:
            return f"{self.mean:#.5g}".replace("-", MINUS)
        digits = max(0, 1 - math.floor(math.log10(self.error)))
        shown = f"{self.mean:.{min(digits, 2)}f} ± {self.error:.{min(digits, 2)}f}"
        return shown.replace("-", MINUS)


@dataclass(frozen=True)
class Line:
    """The returns in one environment.

    Attributes:
        name: the environment.
        earned: the mean returns of the "random", "scripted" and "trained" policies.
        best: the largest possible mean return, or a bound on it; None if neither is known.
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
        earned = [str(self.earned.get(policy, "")) for policy in policies]
        return (page, *earned, bound + best, self.learner if "trained" in self.earned else "")

    @property
    def name_of_page(self) -> str:
        """The page of the environment, without its ending."""
        return module_of(self.name).__name__.rpartition(".")[2]

    @property
    def learner(self) -> str:
        """The learner and its number of steps."""
        return train.learner(self.name)


def line(name: str, num_episodes: int, seed: int) -> Line:
    """Compute the returns of an environment with its default parameters."""
    module = module_of(name)
    play = _from_every_start if name in EXACT else _from_drawn_starts
    earned = {
        policy: play(name, module.POLICIES[policy], num_episodes, row_group(name), seed)
        for policy in ("random", "scripted")
    }
    learnt = train.trained(name)
    if learnt is not None:
        earned["trained"] = play(name, learnt, num_episodes, train.pupil_group(name), seed)
    return Line(name, earned, module.optimum(class_of(name).Params()))


def _from_drawn_starts(name: str, policy: Policy, num_episodes: int, group: str | None, seed: int) -> Earned:
    """Return a policy's mean return over randomly drawn starts, one per episode."""
    return Earned.of(returns(name, policy, num_episodes, group=group, seed=seed))


def _from_every_start(name: str, policy: Policy, num_episodes: int, group: str | None, seed: int) -> Earned:
    """Return a policy's mean return over all starts, each played equally often and at least twice."""
    num_starts = len(seeds_of_every_start(name, 1, seed))
    num_each = max(2, math.ceil(num_episodes / num_starts))
    seeds = seeds_of_every_start(name, num_each, seed)
    values = returns(name, policy, len(seeds), group=group, seed=seed, seeds=seeds)
    return Earned.over_starts(values.reshape(num_starts, num_each))


def table(lines: Sequence[Line]) -> str:
    """Return all lines as a table in Markdown."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *(one.cells() for one in lines)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
