"""Rules about seeds: which are accepted or refused, what they determine, and what is remembered."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from murk_env.testing._rule import must_agree, must_be_untouched, must_refuse, play_native, vector_rule
from murk_env.testing._types import AnyVectorEnv
from murk_env.testing.case import Bench
from murk_env.testing.comparison import first_difference
from murk_env.testing.play import Record, play, row_records

FEW_STEPS = 20
"""Steps after which runs from different seeds have diverged."""


def _seeded(bench: Bench, env: AnyVectorEnv, seeds: Any) -> Iterator[Record]:
    """Play a reset with these seeds and a few steps."""
    case = bench.case
    return play(env, case.mode, steps=min(case.steps, FEW_STEPS), seed=case.seed, first_seeds=seeds)


@vector_rule
def seeds_are_one_per_row(bench: Bench) -> None:
    """An int seeds row i with `seed + i`; lists of ints, and any integral type, are accepted."""
    seed, num_envs = bench.case.seed, bench.case.num_envs
    forms = {
        "list of int": [seed + row for row in range(num_envs)],
        "numpy integer": np.int64(seed),
        "list of numpy integers": [np.uint32(seed + row) for row in range(num_envs)],
    }
    for form, seeds in forms.items():
        why = f"reset(seed={seed}) against the same seeds as a {form}"
        must_agree(bench, why, _seeded(bench, bench.native(), seed), _seeded(bench, bench.native(), seeds))


@vector_rule
def seeds_may_be_none(bench: Bench) -> None:
    """None in a list of seeds leaves that row unseeded and does not affect the other rows."""
    seed, last = bench.case.seed, bench.case.num_envs - 1
    seeds: list[int | None] = [*range(seed, seed + last), None]
    env, twin = bench.native(), bench.native()
    records, twin_records = list(_seeded(bench, env, seeds)), list(_seeded(bench, twin, seed))
    for row in range(last):
        expected = row_records(iter(twin_records), twin, row)
        why = f"reset(seed={seeds}) against reset(seed={seed})"
        must_agree(bench, why, expected, row_records(iter(records), env, row), row=row)


@vector_rule
def seeds_are_remembered(bench: Bench) -> None:
    """`np_random_seed` is the tuple of seeds, and is kept by unseeded resets and autoresets."""
    env, num_envs = bench.native(), bench.case.num_envs
    expected = tuple(bench.case.seed + row for row in range(num_envs))
    for record in play_native(bench, env):
        difference = first_difference(expected, env.np_random_seed)
        if difference:
            raise bench.differs(f"np_random_seed after {record.call}", difference, step=record.step)
    env.reset()
    seeds: list[int | None] = [None] * (num_envs - 1) + [bench.case.seed + 99]
    remembered: dict[str, Any] = {"after reset()": (expected, env.np_random_seed)}
    env.reset(seed=seeds)
    remembered[f"after reset(seed={seeds})"] = ((*expected[:-1], seeds[-1]), env.np_random_seed)
    for when, (wanted, actual) in remembered.items():
        difference = first_difference(wanted, actual)
        if difference:
            raise bench.differs(f"np_random_seed {when}", difference)


@vector_rule
def bad_seeds_are_refused(bench: Bench) -> None:
    """A list of the wrong length, a negative number and a float are refused without changing anything."""
    # Seeds that differ from those of the run, so that a row that was seeded nevertheless is noticed.
    seed = bench.case.seed + bench.case.num_envs
    rows = list(range(seed, seed + bench.case.num_envs))
    bad: tuple[Any, ...] = (
        [*rows, seed],
        rows[:-1],
        -1,
        [*rows[:-1], -1],
        seed + 0.5,
        [*rows[:-1], seed + 0.5],
        "seed",
    )
    env, twin = bench.native(), bench.native()
    env.reset(seed=bench.case.seed)
    twin.reset(seed=bench.case.seed)
    for seeds in bad:
        must_refuse(bench, f"reset(seed={seeds!r})", lambda seeds=seeds: env.reset(seed=seeds))
    must_be_untouched(bench, "after refused seeds", env, twin)
