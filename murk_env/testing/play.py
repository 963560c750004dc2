"""Play a vector environment by a script of calls that can be repeated with any other one."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from gymnasium import Space
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import concatenate, create_empty_array, iterate

from murk_env.testing._types import AnyVectorEnv, BoolArray, Seeds

__all__ = [
    "ActionStream",
    "Interruptions",
    "Record",
    "ended_rows",
    "info_of_row",
    "play",
    "proceed",
    "row_records",
]

RESET_NAMES = ("observation", "info")
STEP_NAMES = ("observation", "reward", "terminated", "truncated", "info")


@dataclass(frozen=True)
class Record:
    """The outputs of one call.

    Attributes:
        step: Number of steps made before the call.
        call: The method called.
        rows: The rows it concerned, (num_envs,) bool: those that were reset, or all.
        output: Its outputs by name.
    """

    step: int
    call: Literal["reset", "step"]
    rows: BoolArray
    output: dict[str, Any]


class ActionStream:
    """Endless batches of legal actions; the actions of a row depend only on the row's seed."""

    def __init__(self, single_space: Space[Any], seeds: Iterable[int]) -> None:
        self._single_space = single_space
        self._rows: list[Space[Any]] = []
        for seed in seeds:
            self._rows.append(deepcopy(single_space))
            self._rows[-1].seed(seed)

    def __next__(self) -> Any:
        """One batch, a member of `batch_space(single_space, num_envs)`."""
        sampled = [space.sample() for space in self._rows]
        return concatenate(self._single_space, sampled, create_empty_array(self._single_space, len(sampled)))


class Interruptions:
    """Resets in the middle of a run: full and masked, with every form of seed, in turn."""

    NUM_KINDS = 7

    def __init__(self, num_envs: int, steps: int, seed: int) -> None:
        self._num_envs = num_envs
        self._every = max(1, steps // (2 * self.NUM_KINDS))
        self._rng = np.random.default_rng(seed)
        self._next_step = self._every
        self._kind = 0

    def due(self, step: int, ended: BoolArray) -> tuple[BoolArray | None, Seeds] | None:
        """The mask (None for a full reset) and seeds of the reset due before this step; None if none is due.

        Two kinds of reset concern rows that have just ended, so they wait for some row to end, up to a limit.
        """
        waits = self._kind in (0, 4) and not ended.any() and step < self._next_step + self._every
        if step < self._next_step or waits:
            return None
        self._next_step = step + self._every
        kind, self._kind = self._kind, (self._kind + 1) % self.NUM_KINDS
        return self._call(kind, ended)

    def _call(self, kind: int, ended: BoolArray) -> tuple[BoolArray | None, Seeds]:
        some = self._rng.random(self._num_envs) < 0.5
        some[self._rng.integers(self._num_envs)] = True
        seed = int(self._rng.integers(2**31))
        seeds: list[int | None] = [None if row % 2 else seed - row for row in range(self._num_envs)]
        calls: list[tuple[BoolArray | None, Seeds]] = [
            (ended.copy() if ended.any() else some, None),
            (some, seed),
            (some, seeds),
            (None, None),
            (~ended if not ended.all() else ended.copy(), None),
            (None, seed),
            (None, seeds),
        ]
        return calls[kind]


class Stagger:
    """One masked reset after the first step, so that rows end at different times even in fixed horizons."""

    def __init__(self, num_envs: int) -> None:
        self._mask = np.arange(num_envs) % 2 == 0

    def due(self, step: int, ended: BoolArray) -> tuple[BoolArray | None, Seeds] | None:
        """The mask and seeds of the reset due before this step; None if none is due."""
        return (self._mask, None) if step == 1 else None


def ended_rows(output: dict[str, Any]) -> BoolArray:
    """The rows whose episode ended at a step: (num_envs,) bool."""
    return np.logical_or(output["terminated"], output["truncated"])


def play(
    env: AnyVectorEnv,
    mode: AutoresetMode,
    *,
    steps: int,
    seed: int,
    first_seeds: Any = None,
    actions: ActionStream | None = None,
    interrupted: bool = False,
    staggered: bool = False,
) -> Iterator[Record]:
    """Reset with a seed, then step; yield a record of each call.

    In Disabled mode rows that have ended are reset by a mask. Two environments that return the same data are
    called in the same way, so their records can be compared pair by pair.

    Args:
        env: Environment to play.
        mode: Its autoreset mode.
        steps: Number of steps.
        seed: Seed of the first reset, of the actions and of the interruptions.
        first_seeds: Seeds of the first reset, if they differ from `seed`.
        actions: The actions, if they are not drawn from `seed`.
        interrupted: Whether full and masked resets come between steps.
        staggered: Whether every other row is reset once more after the first step.
    """
    every_row = np.ones(env.num_envs, np.bool_)
    yield _reset(env, 0, None, seed if first_seeds is None else first_seeds)
    stream = actions or ActionStream(env.single_action_space, range(seed, seed + env.num_envs))
    interruptions = Interruptions(env.num_envs, steps, seed) if interrupted else None
    if staggered:
        interruptions = Stagger(env.num_envs)
    yield from proceed(env, mode, ~every_row, steps=steps, actions=stream, interruptions=interruptions)


def proceed(
    env: AnyVectorEnv,
    mode: AutoresetMode,
    ended: BoolArray,
    *,
    steps: int,
    actions: ActionStream,
    interruptions: Interruptions | Stagger | None = None,
) -> Iterator[Record]:
    """Continue playing an environment; `ended` are the rows that ended in its last step."""
    every_row = np.ones(env.num_envs, np.bool_)
    for step in range(steps):
        call = interruptions.due(step, ended) if interruptions else None
        if call is not None:
            mask, seeds = call
            yield _reset(env, step, mask, seeds)
            ended = ended & ~(every_row if mask is None else mask)
        if mode is AutoresetMode.DISABLED and ended.any():
            yield _reset(env, step, ended, None)
        output: dict[str, Any] = dict(zip(STEP_NAMES, env.step(next(actions)), strict=True))
        ended = ended_rows(output)
        yield Record(step, "step", every_row, output)


def _reset(env: AnyVectorEnv, step: int, mask: BoolArray | None, seeds: Any) -> Record:
    # A new options dict for every call, as Gymnasium's vector environments remove the mask from it.
    options = None if mask is None else {"reset_mask": mask.copy()}
    output = env.reset(seed=seeds, options=options)
    rows = np.ones(env.num_envs, np.bool_) if mask is None else mask.copy()
    return Record(step, "reset", rows, dict(zip(RESET_NAMES, output, strict=True)))


def row_records(records: Iterator[Record], env: AnyVectorEnv, row: int) -> Iterator[Record]:
    """The records of one row: its part of each record that concerns it."""
    for record in records:
        if record.rows[row]:
            output = {name: _row_of(name, value, env, row) for name, value in record.output.items()}
            yield Record(record.step, record.call, record.rows[row : row + 1], output)


def _row_of(name: str, value: Any, env: AnyVectorEnv, row: int) -> Any:
    if name == "observation":
        return list(iterate(env.observation_space, value))[row]
    return info_of_row(value, row) if name == "info" else value[row]


def info_of_row(info: dict[str, Any], row: int) -> dict[str, Any]:
    """The info of one row: the keys whose mask is True there."""
    return {
        key: info_of_row(cast("dict[str, Any]", value), row) if isinstance(value, dict) else value[row]
        for key, value in info.items()
        if not key.startswith("_") and info[f"_{key}"][row]
    }
