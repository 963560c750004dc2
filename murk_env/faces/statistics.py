"""Returns, lengths and durations of episodes, as Gymnasium's RecordEpisodeStatistics reports them."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EPISODE", "EpisodeTimes", "of_ended"]

EPISODE = "episode"  # its key in infos

Array = npt.NDArray[Any]
Worlds = npt.NDArray[np.intp]


class EpisodeTimes:
    """When the episodes in progress began; immutable.

    Returns and lengths are part of the worlds' state; durations are not, since they differ from run to run.

    Args:
        starts: when each world's episode began, by this process's clock, (num_worlds,) s.
    """

    __slots__ = ("_starts",)

    def __init__(self, starts: npt.NDArray[np.float64]) -> None:
        self._starts = starts

    @classmethod
    def of(cls, num_worlds: int) -> "EpisodeTimes":
        """Return the times of episodes that begin now."""
        return cls(np.full(num_worlds, time.perf_counter()))

    def begun(self, worlds: Worlds) -> "EpisodeTimes":
        """Return a copy in which the episodes of some worlds begin now."""
        starts = self._starts.copy()
        starts[worlds] = time.perf_counter()
        return EpisodeTimes(starts)

    @property
    def seconds(self) -> npt.NDArray[np.float64]:
        """How long the episodes have lasted, (num_worlds,) s, rounded to a microsecond."""
        return np.round(time.perf_counter() - self._starts, 6)

    def __getstate__(self) -> Any:
        return time.perf_counter() - self._starts

    def __setstate__(self, state: Any) -> None:
        self._starts = time.perf_counter() - state


def of_ended(
    ended: npt.NDArray[np.bool_], returns: Array, lengths: Array, seconds: Array
) -> dict[str, Array]:
    """Return the statistics of episodes that have ended, 0 elsewhere.

    Args:
        ended: whose episode has ended, (num_worlds,), or (num_worlds, size) for agents.
        returns: their returns; like lengths and seconds, of a shape that broadcasts to that of `ended`.
        lengths: their numbers of steps.
        seconds: their durations.
    """
    values = {"r": returns, "l": lengths, "t": seconds}
    return {key: np.where(ended, value, 0) for key, value in values.items()}
