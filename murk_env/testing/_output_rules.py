"""Rules about the ownership of returned data: the caller owns it, for good."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, cast

import numpy as np

from murk_env.testing._rule import must_agree, play_native, vector_rule
from murk_env.testing._types import is_array
from murk_env.testing.case import Bench
from murk_env.testing.comparison import first_difference
from murk_env.testing.play import Record

WINDOW = 8
"""Calls whose outputs are searched for shared memory; every pair of objects is compared."""


@vector_rule
def outputs_stay_as_returned(bench: Bench) -> None:
    """The outputs of a call are not changed by later calls."""
    records = [
        (record, deepcopy(record.output)) for record in play_native(bench, bench.native(), interrupted=True)
    ]
    for record, copy in records:
        difference = first_difference(copy, record.output)
        if difference:
            why = f"the output of a {record.call} has changed since it was returned"
            raise bench.differs(why, difference, step=record.step)


@vector_rule
def outputs_share_no_memory(bench: Bench) -> None:
    """No two returned objects, of one call or of several, share memory."""
    seen: list[tuple[str, Any]] = []
    for count, record in enumerate(play_native(bench, bench.native())):
        if count >= WINDOW:
            return
        for key, value in _mutable_parts(record.output, ""):
            place = f"{key} of {record.call} {record.step}"
            other = next((name for name, former in seen if _share(value, former)), None)
            if other:
                raise bench.error(f"{place} shares memory with {other}", step=record.step, key=key)
            seen.append((place, value))


def _mutable_parts(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list | np.ndarray):
        yield key, value
    if isinstance(value, dict):
        parts = list(cast("dict[str, Any]", value).items())
    elif isinstance(value, list | tuple) or (is_array(value) and value.dtype == object):
        parts = list(enumerate(cast("list[Any]", value)))
    else:
        return
    for name, part in parts:
        yield from _mutable_parts(part, f"{key}[{name!r}]")


def _share(left: Any, right: Any) -> bool:
    if is_array(left) and is_array(right):
        return bool(np.shares_memory(left, right))
    return left is right


@vector_rule
def outputs_may_be_overwritten(bench: Bench) -> None:
    """A caller may overwrite outputs without any effect on the environment."""
    why = "after a caller wrote into the former outputs"
    must_agree(bench, why, play_native(bench, bench.native()), _scribbled(bench))


def _scribbled(bench: Bench) -> Iterator[Record]:
    for record in play_native(bench, bench.native()):
        yield record
        # Find all parts before emptying the first.
        for key, value in list(_mutable_parts(record.output, "")):
            _scribble(bench, record, key, value)


def _scribble(bench: Bench, record: Record, key: str, value: Any) -> None:
    if isinstance(value, dict | list):
        cast("dict[Any, Any] | list[Any]", value).clear()
    elif not value.flags.writeable:
        raise bench.error(f"{key}: expected an array that can be written to", step=record.step, key=key)
    elif np.issubdtype(value.dtype, np.number) or value.dtype == np.bool_:
        value.fill(7)


@vector_rule
def options_stay_the_callers(bench: Bench) -> None:
    """`reset` does not modify the options dict, nor the mask in it."""
    env, mask = bench.native(), np.arange(bench.case.num_envs) == 0
    env.reset(seed=bench.case.seed)
    for options in ({}, {"reset_mask": mask}):
        before = deepcopy(options)
        env.reset(options=options)
        difference = first_difference(before, options)
        if difference:
            raise bench.differs("options after reset", difference)
