"""Carries fields forward: a step's first stage, block by block, so that their values stay in cache."""

import numpy as np
import numpy.typing as npt

from murk_arena import Mutability, PingPongArena, WriteMode
from murk_env.kernels import KernelCall, kernel
from murk_env.kernels.fused import address
from murk_env.kernels.native import array_at
from murk_env.kernels.stage import Stage
from murk_env.world.binding import Binding
from murk_env.world.layout import Layout

__all__ = ["carry"]

_ENTRY = 4  # words of a field in the table: address and length of its values before the tick, and in it
_BEFORE, _AFTER = 0, 2  # where these begin


def carry(layout: Layout, arena: PingPongArena, binding: Binding) -> Stage:
    """Return the stage that copies the values before the tick of all fields that no propagator sets anew."""
    carried = [
        field
        for field, spec in zip(layout.ids, layout.specs, strict=True)
        if spec.mutability is Mutability.PER_TICK and spec.write is not WriteMode.FULL
    ]
    pairs = [(binding.staged.before[field], arena.staging_view(layout.ids[field])) for field in carried]
    entries = [[word for array in pair for word in (address(array), array.nbytes // 4)] for pair in pairs]
    table = np.array(entries, np.int64).reshape(-1, _ENTRY)  # of arrays that live as long as the arena
    return Stage("the fields carried forward", lambda: KernelCall(_carry, (table, layout.num_worlds)))


@kernel
def _carry(start: int, stop: int, table: npt.NDArray[np.int64], num_worlds: int) -> None:
    """Copy the rows of the worlds [start, stop), as words of 4 bytes."""
    for field in range(len(table)):
        entry = np.int64(table.ctypes.data) + 8 * _ENTRY * field
        before = array_at(entry, _BEFORE, np.uint32, 1, 1)  # of one axis, read-only
        after = array_at(entry, _AFTER, np.uint32, 1, 0)
        words = after.size // num_worlds
        for index in range(start * words, stop * words):
            after[np.uint64(index)] = before[np.uint64(index)]
