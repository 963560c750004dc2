"""Rules that compare one run with another: with its repetition, with other batches, with SyncVectorEnv."""

from collections.abc import Iterator

import numpy as np

from murk_env.testing._rule import must_agree, play_native, vector_rule
from murk_env.testing._types import BoolArray
from murk_env.testing.case import Bench
from murk_env.testing.play import ActionStream, Record, ended_rows, play, row_records

_TOO_LITTLE = "the run cannot show whether the rule holds"

ENOUGH_EPISODES = 3
"""Episodes that every row must finish before a run is evidence about resets."""


@vector_rule
def runs_repeat(bench: Bench) -> None:
    """The same seeds and actions give the same run, including resets of every kind."""
    first, second = (play_native(bench, bench.native(), interrupted=True) for _ in range(2))
    must_agree(bench, "two runs with equal seeds and actions", first, second)


@vector_rule
def rows_do_not_depend_on_num_envs(bench: Bench) -> None:
    """A row (the first, a middle and the last are checked) is the same in a batch with one row more."""
    case = bench.case
    env, larger = bench.native(), bench.native(case.num_envs + 1)
    runs = [list(play_native(bench, one)) for one in (env, larger)]
    why = f"against the same row of num_envs={case.num_envs + 1}"
    for row in sorted({0, case.num_envs // 2, case.num_envs - 1}):
        expected, actual = (
            row_records(iter(run), one, row) for run, one in zip(runs, (env, larger), strict=True)
        )
        must_agree(bench, why, expected, actual, row=row)


@vector_rule
def rows_do_not_depend_on_each_other(bench: Bench) -> None:
    """A row with the same seed and actions is the same, no matter what the other rows do."""
    case = bench.case
    env, other = bench.native(), bench.native()
    chosen = case.num_envs // 2
    seeds = [case.seed + row + (0 if row == chosen else case.num_envs) for row in range(case.num_envs)]
    actions = ActionStream(other.single_action_space, seeds)
    expected = row_records(play_native(bench, env), env, chosen)
    run = play(other, case.mode, steps=case.steps, seed=case.seed, actions=actions)
    why = "against the same row while the other rows do something else"
    must_agree(bench, why, expected, row_records(run, other, chosen), row=chosen)


@vector_rule
def episodes_end_apart(bench: Bench) -> None:
    """The run is evidence: rows finish several episodes, at different times, in every expected way."""
    expect = tuple(bench.case.expect)
    if not expect:
        return
    steps = [record.output for record in play_native(bench, bench.oracle()) if record.call == "step"]
    ended = [ended_rows(output) for output in steps]
    fewest = int(np.sum(ended, axis=0).min())
    advice = "pass more steps, make the time limit smaller, or change expect"
    if fewest < ENOUGH_EPISODES:
        what = f"expected {ENOUGH_EPISODES} finished episodes in each row of {len(steps)} steps, got {fewest}"
        raise bench.error(f"{_TOO_LITTLE}: {what}; {advice}", expected=ENOUGH_EPISODES, actual=fewest)
    if _together(ended) and _together(_ends(play_native(bench, bench.oracle(), staggered=True))):
        raise bench.error(
            f"{_TOO_LITTLE}: all rows always end together, even when every other row was reset after the "
            f"first step; {advice}"
        )
    for ending in expect:
        if not any(output[ending].any() for output in steps):
            raise bench.error(f"{_TOO_LITTLE}: no episode was {ending}; {advice}", expected=expect)


@vector_rule
def steps_equal_sync(bench: Bench) -> None:
    """Every output of every step equals that of SyncVectorEnv over the single env, byte for byte.

    If all rows end together, as in a task with a fixed horizon, it is repeated with some rows reset later.
    """
    ended: list[BoolArray] = []
    expected, actual = _beside_oracle(bench)
    must_agree(bench, "against SyncVectorEnv", _noted(expected, ended), actual)
    if _together(ended):
        must_agree(bench, "against SyncVectorEnv", *_beside_oracle(bench, staggered=True))


@vector_rule
def resets_equal_sync(bench: Bench) -> None:
    """Outputs equal SyncVectorEnv's also with full and masked resets, with and without seeds, in between."""
    must_agree(bench, "against SyncVectorEnv", *_beside_oracle(bench, interrupted=True))


def _beside_oracle(bench: Bench, **how: bool) -> tuple[Iterator[Record], Iterator[Record]]:
    oracle, env = bench.oracle(), bench.native()
    return play_native(bench, oracle, **how), play_native(bench, env, **how)


def _noted(records: Iterator[Record], ended: list[BoolArray]) -> Iterator[Record]:
    """Yield the records, and store which rows ended at each step."""
    for record in records:
        if record.call == "step":
            ended.append(ended_rows(record.output))
        yield record


def _ends(records: Iterator[Record]) -> list[BoolArray]:
    """Return which rows ended at each step of a run."""
    ended: list[BoolArray] = []
    for _ in _noted(records, ended):
        pass
    return ended


def _together(ended: list[BoolArray]) -> bool:
    """Whether several rows end only all together, but not at every step."""
    if not ended or len(ended[0]) == 1 or np.all(ended):
        return False
    return bool(np.any(ended)) and all(rows.any() == rows.all() for rows in ended)
