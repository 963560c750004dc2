"""Batches of actions that no environment may accept, made from a legal one."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from murk_env.testing._types import AnyArray, is_array, parts_of

__all__ = ["bad_actions", "with_impossible_rows"]


def bad_actions(single_space: Space[Any], batch: Any) -> Iterator[tuple[str, Any]]:
    """Spoil a batch of actions in one way at a time, where possible in its last row.

    Args:
        single_space: The space of one action.
        batch: A batch of legal actions; it is not changed.

    Yields:
        A description of the fault, and the batch with that fault.
    """
    for key, space in parts_of(single_space).items():
        for what, bad in bad_actions(space, batch[key]):
            yield f"{what} under {key!r}", _with_part(batch, key, bad)
    if is_array(batch):
        yield "one row of actions too many", np.concatenate([batch, batch[-1:]])
        yield "one row of actions too few", batch[:-1].copy()
        yield "text for actions", np.full(batch.shape, "left")
        for what, value in _bad_values(single_space):
            yield f"{what} in the last row", _with_last(batch, value)


def with_impossible_rows(single_space: Space[Any], batch: Any, rows: AnyArray) -> Any:
    """Return a batch of actions with values outside their space in some rows.

    Args:
        single_space: The space of one action.
        batch: A batch of legal actions; it is not changed.
        rows: The rows to spoil, (num_envs,) bool.
    """
    for key, space in parts_of(single_space).items():
        batch = _with_part(batch, key, with_impossible_rows(space, batch[key], rows))
    if not is_array(batch):
        return batch
    spoilt = batch.copy()
    values = [
        value for _, value in _bad_values(single_space) if np.asarray(value).dtype.kind == batch.dtype.kind
    ]
    if values:
        spoilt[rows] = values[-1]
    return spoilt


def _with_part(batch: Any, key: Any, part: Any) -> Any:
    if isinstance(batch, tuple):
        return (*batch[:key], part, *batch[key + 1 :])
    return {**batch, key: part}


def _bad_values(space: Any) -> Iterator[tuple[str, Any]]:
    """Values that the last element of an action must not have."""
    if isinstance(space, spaces.Box):
        yield from _outside_box(space)
        return
    low, high = 0, 1
    if isinstance(space, spaces.Discrete):
        low, high = _discrete_bounds(space)
    elif isinstance(space, spaces.MultiDiscrete):
        low = _last(space, "start")
        high = low + _last(space, "nvec") - 1
    yield from (("a value below", int(low) - 1), ("a value above", int(high) + 1), ("a fraction", low + 0.5))


def _discrete_bounds(space: Any) -> tuple[int, int]:
    return int(space.start), int(space.start + space.n - 1)


def _outside_box(box: Any) -> Iterator[tuple[str, Any]]:
    low, high = _last(box, "low"), _last(box, "high")
    if np.issubdtype(box.dtype, np.floating):
        yield "NaN", box.dtype.type(np.nan)
        limits = np.finfo(box.dtype)  # far outside, as rounding errors beyond a bound may be accepted
        with np.errstate(over="ignore"):
            beyond = [low - np.maximum(abs(low), 1), high + np.maximum(abs(high), 1)]
    else:
        beyond, limits = [int(low) - 1, int(high) + 1], np.iinfo(box.dtype)
    for what, value in zip(("a value below", "a value above"), beyond, strict=True):
        if limits.min <= value <= limits.max:
            yield what, value


def _last(space: Any, name: str) -> Any:
    """The last element of an array that describes a space."""
    return getattr(space, name).reshape(-1)[-1]


def _with_last(batch: AnyArray, value: Any) -> AnyArray:
    """A copy of the batch whose last element is `value`, of a type that can hold it."""
    kind = np.result_type(batch.dtype, np.float64) if isinstance(value, float) else batch.dtype
    if isinstance(value, int) and not np.can_cast(np.min_scalar_type(value), batch.dtype):
        kind = np.dtype(np.int64)
    bad = batch.astype(np.result_type(kind, batch.dtype))
    bad[(-1,) * bad.ndim] = value
    return bad
