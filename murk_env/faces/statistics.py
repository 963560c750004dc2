"""Returns, lengths and durations of episodes, as Gymnasium's RecordEpisodeStatistics tells them."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EPISODE", "EpisodeTimes", "of_ended"]

EPISODE = "episode"  # its key in infos

Array = npt.NDArray[Any]
Worlds = npt.NDArray[np.intp]


class EpisodeTimes:
    """When the episodes in progress began; it never changes.

    Returns and lengths are part of the worlds' state; durations are not, since they differ from run to run.

    Args:
        starts: of each world, by this process's clock, (num_worlds,) s.
    """

    __slots__ = ("_starts",)

    def __init__(self, starts: npt.NDArray[np.float64]) -> None:
        self._starts = starts

    @classmethod
    def of(cls, num_worlds: int) -> "EpisodeTimes":
        """Return those of episodes that begin now."""
        return cls(np.full(num_worlds, time.perf_counter()))

    def begun(self, worlds: Worlds) -> "EpisodeTimes":
        """Return them with the episodes of some worlds begun anew."""
        starts = self._starts.copy()
        starts[worlds] = time.perf_counter()
        return EpisodeTimes(starts)

    @property
    def seconds(self) -> npt.NDArray[np.float64]:
        """How long the episodes have gone on, (num_worlds,) s, to the microsecond."""
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
        ended: whose episode has ended, (num_worlds,), or (num_worlds, size) of agents.
        returns: what was earned, of that shape, as all others.
        lengths: how many steps it took.
        seconds: how long it took.
    """
    values = {"r": returns, "l": lengths, "t": seconds}
    return {key: np.where(ended, value, 0) for key, value in values.items()}
