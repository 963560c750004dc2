"""A run of many rows, split into the episodes of each."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.recording.outputs import Last, Outputs

__all__ = ["Episode", "Episodes"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Episode:
    """One row's episode of T steps.

    Attributes:
        row: the row.
        first_step: number of steps of the run before it.
        observations: by name, (T + 1, ...); the first is from the reset.
        actions: (T, ...).
        rewards: (T,) float64.
        terminations: (T,) bool.
        truncations: (T,) bool; the last is True if it was cut short by a reset or the end of the run.
        infos: by key, (T + 1, ...).
    """

    row: int
    first_step: int
    observations: dict[str, Array]
    actions: Array
    rewards: npt.NDArray[np.float64]
    terminations: npt.NDArray[np.bool_]
    truncations: npt.NDArray[np.bool_]
    infos: dict[str, Array]


@dataclasses.dataclass(frozen=True, slots=True)
class _Moment:
    """The outputs of one step, or of one reset, which has no actions."""

    step: int
    observation: dict[str, Array]
    infos: dict[str, Array]
    said: dict[str, Array]
    actions: Array | None


class Episodes:
    """Splits a run while it is played; outputs that no running episode needs are dropped.

    A row's episode begins with a reset of the row, automatic or not, and ends with the step that terminates
    or truncates it. A step that resets the row (next-step mode) is not a transition.

    Args:
        num_rows: number of rows.
        goes_on: whether a row that has ended may be stepped further without a reset, as in a single env.
    """

    def __init__(self, num_rows: int, *, goes_on: bool) -> None:
        self._goes_on = goes_on
        self._moments: list[_Moment] = []
        self._dropped = 0  # number of moments dropped
        self._begun = np.full(num_rows, -1)  # the moment at which each row's episode began, -1 for none

    def reset(self, outputs: Outputs, rows: Sequence[int], step: int) -> Iterator[Episode]:
        """Process a reset of some rows before a step; yield the episodes that it cut short."""
        yield from self._cut_short(rows)
        now = self._add(outputs, step, None)
        chosen = np.asarray(rows)
        self._begun[chosen[_active(outputs, chosen)]] = now

    def step(self, outputs: Outputs, actions: Array, step: int) -> Iterator[Episode]:
        """Process a step, counted from 0; yield the episodes that it ended."""
        waiting = self._begun < 0
        now = self._add(outputs, step + 1, actions)
        over = (outputs.said["terminated"] | outputs.said["truncated"]) & ~waiting
        for place, row in enumerate(np.flatnonzero(over).tolist()):
            yield self._episode(row, outputs.last, place)
        begins = over | waiting if self._goes_on or outputs.last is not None else waiting
        rows = np.flatnonzero(begins)
        self._begun[over] = -1
        self._begun[rows[_active(outputs, rows)]] = now
        self._forget()

    def end(self) -> Iterator[Episode]:
        """Yield the episodes that the end of the run cuts short."""
        yield from self._cut_short(range(len(self._begun)))

    def _add(self, outputs: Outputs, step: int, actions: Array | None) -> int:
        observation = {name: array for name, (_, array) in outputs.observation.items()}
        infos = {
            name.removeprefix("info/"): array
            for name, array in outputs.said.items()
            if name.startswith("info/") and not name.startswith("info/_")
        }
        self._moments.append(_Moment(step, observation, infos, outputs.said, actions))
        return self._dropped + len(self._moments) - 1

    def _forget(self) -> None:
        running = self._begun[self._begun >= 0]
        first = int(running.min()) if running.size else self._dropped + len(self._moments)
        del self._moments[: first - self._dropped]
        self._dropped = first

    def _cut_short(self, rows: Sequence[int]) -> Iterator[Episode]:
        for row in rows:
            if self._begun[row] >= 0 and len(self._of(row)) > 1:
                episode = self._episode(row, None, 0)
                episode.truncations[-1] = not episode.terminations[-1]
                yield episode
            self._begun[row] = -1

    def _of(self, row: int) -> list[_Moment]:
        """Return the moment at which a row's episode began, followed by its steps."""
        first, *rest = self._moments[self._begun[row] - self._dropped :]
        return [first, *(moment for moment in rest if moment.actions is not None)]

    def _episode(self, row: int, last: Last | None, place: int) -> Episode:
        """Return the episode of a row, ending with the final outputs at an index of `last`, if given."""
        moments = self._of(row)
        steps = moments[1:]
        observations = {
            name: np.stack([moment.observation[name][row] for moment in moments])
            for name in moments[0].observation
        }
        infos = {key: np.stack([moment.infos[key][row] for moment in moments]) for key in moments[0].infos}
        if last is not None:
            place = last.rows.index(row) if last.rows[place : place + 1] != [row] else place
            seen = last.observations[place]
            for name, array in observations.items():
                array[-1] = seen[name.removeprefix("observation/")] if isinstance(seen, dict) else seen
            for key, array in infos.items():
                array[-1] = last.said[f"info/{key}"][place]
        said = {
            name: np.array([moment.said[name][row] for moment in steps])
            for name in ("reward", "terminated", "truncated")
        }
        return Episode(
            row,
            moments[0].step,
            observations,
            np.stack([moment.actions[row] for moment in steps if moment.actions is not None]),
            said["reward"],
            said["terminated"],
            said["truncated"],
            infos,
        )


def _active(outputs: Outputs, rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return a mask of the active rows: all except inactive agents."""
    active = outputs.said.get("info/active")
    return np.ones(len(rows), np.bool_) if active is None else active[rows]
