"""Spaces of many rows that take the memory of one row."""

from typing import Any, cast

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

__all__ = ["batched_space"]


def batched_space(space: spaces.Space[Any], num_rows: int) -> spaces.Space[Any]:
    """Return the space that Gymnasium's `batch_space` returns, with bounds that are views of one row.

    A Box stores its limits, and which of them are finite, for every element: for large observations that is
    more memory than the worlds take.
    """
    if not isinstance(space, spaces.Box | spaces.Dict):
        return batch_space(space, num_rows)
    batched = batch_space(space, 1)
    _repeat_row(batched, num_rows)
    return batched


def _repeat_row(space: spaces.Space[Any], num_rows: int) -> None:
    """Turn the space of one row into that of many."""
    if isinstance(space, spaces.Dict):
        for part in cast(Any, space).spaces.values():
            _repeat_row(part, num_rows)
        return
    box = cast(Any, space)
    shape = (num_rows, *box.shape[1:])
    for name in ("low", "high", "bounded_below", "bounded_above"):
        setattr(box, name, np.broadcast_to(getattr(box, name), shape))
    cast(Any, spaces.Space).__init__(box, shape, box.dtype, box.np_random)
