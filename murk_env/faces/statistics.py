"""Returns, lengths and durations of episodes, as Gymnasium's RecordEpisodeStatistics tells them."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EPISODE", "EpisodeStatistics"]

EPISODE = "episode"  # its key in infos

Flags = npt.NDArray[np.bool_]
Worlds = npt.NDArray[np.intp]
Returns = npt.NDArray[np.float64]
Lengths = npt.NDArray[np.int64]


class EpisodeStatistics:
    """What the episodes in progress have earned, how long they are, and when they began; it never changes.

    A step or a reset makes the next one within its tick, and the face takes it over once that is published.

    Args:
        returns: float64, of what has episodes, (num_worlds,), or (num_worlds, size) of agents.
        lengths: int64, of the same shape.
        starts: when they began, of the same shape.
    """

    __slots__ = ("_lengths", "_returns", "_starts")

    def __init__(self, returns: Returns, lengths: Lengths, starts: Returns) -> None:
        self._returns, self._lengths, self._starts = returns, lengths, starts

    @classmethod
    def of(cls, *shape: int) -> "EpisodeStatistics":
        """Return those of episodes that begin now."""
        return cls(np.zeros(shape), np.zeros(shape, np.int64), np.full(shape, time.perf_counter()))

    def begun(self, worlds: Worlds) -> "EpisodeStatistics":
        """Return them with the episodes of some worlds begun anew."""
        returns, lengths, starts = self._returns.copy(), self._lengths.copy(), self._starts.copy()
        returns[worlds], lengths[worlds], starts[worlds] = 0.0, 0, time.perf_counter()
        return EpisodeStatistics(returns, lengths, starts)

    def stepped(
        self, rewards: Returns, ended: Flags, *, counted: Flags, begun: Worlds | None
    ) -> "tuple[dict[str, Any], EpisodeStatistics]":
        """Return the infos of the episodes that a step has ended, and the statistics after it.

        Args:
            rewards: what was earned.
            ended: whose episode this step has ended.
            counted: for whom this was a step: not for those that waited, or that it has reset.
            begun: the worlds, along the first axis, whose next episode has begun in this step.

        Returns:
            `episode`, with `r`, `l` and `t` as Gymnasium has them, and its mask, empty if nothing has ended;
            and the statistics.
        """
        returns, lengths = self._returns + np.where(counted, rewards, 0.0), self._lengths + counted
        told: dict[str, Any] = {}
        if ended.any():
            seconds = np.round(time.perf_counter() - self._starts, 6)
            values = {"r": returns, "l": lengths, "t": seconds}
            told[EPISODE] = {key: np.where(ended, value, 0) for key, value in values.items()}
            told[f"_{EPISODE}"] = ended.copy()
        after = EpisodeStatistics(returns, lengths, self._starts)
        return told, after if begun is None else after.begun(begun)

    def __getstate__(self) -> Any:
        return self._returns, self._lengths, time.perf_counter() - self._starts

    def __setstate__(self, state: Any) -> None:
        self._returns, self._lengths, seconds = state
        self._starts = time.perf_counter() - seconds
