"""Spaces of many rows that take the memory of one."""

from typing import Any, cast

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

__all__ = ["batched_space"]


def batched_space(space: spaces.Space[Any], num_rows: int) -> spaces.Space[Any]:
    """Return what Gymnasium's `batch_space` gives, with bounds that are views of one row.

    A Box keeps its limits, and which of them are finite, for every element: for a large observation that is
    more than the worlds themselves take.
    """
    batched = batch_space(space, num_rows)
    _share_rows(batched)
    return batched


def _share_rows(space: spaces.Space[Any]) -> None:
    if isinstance(space, spaces.Dict):
        for part in cast(Any, space).spaces.values():
            _share_rows(part)
    elif isinstance(space, spaces.Box):
        box = cast(Any, space)
        for name in ("low", "high", "bounded_below", "bounded_above"):
            rows = getattr(box, name)
            setattr(box, name, np.broadcast_to(rows[:1].copy(), rows.shape))
