"""Banks: arrays of which every world reads the row that a number of its own chooses, without a copy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels.call import KernelCall
from murk_env.kernels.compiler import COMPILES, compile_source, kernel
from murk_env.kernels.native import shifted

__all__ = ["by_bank"]

Array = npt.NDArray[Any]


def by_bank(run: KernelCall, banks: Mapping[int, Array], chosen: npt.NDArray[np.int32]) -> KernelCall:
    """Return a bound kernel in which some arguments are a row of a bank for every world.

    The kernel itself is called for one world after another, and finds that world's row where it looks for the
    world's own: at the world's index of an array with as many rows as there are worlds.

    Args:
        run: a bound kernel that reads, for a world, no other rows of these arguments than the world's.
        banks: by the argument's place, the array whose rows it reads, C-contiguous, (num_rows, ...).
        chosen: which row each world reads, (num_worlds,).
    """
    names = [f"argument{place}" for place in range(len(run.arguments))]
    handed = [
        f"row_at({name}, chosen[world], world, count)" if place in banks else name
        for place, name in enumerate(names)
    ]
    source = "\n".join(
        [
            f"def kernel_by_bank({', '.join(['start', 'stop', 'chosen', 'count', *names])}):",
            "    for world in range(start, stop):",
            f"        kernel({', '.join(['world', 'world + 1', *handed])})",
            "",
        ]
    )
    made = compile_source(source, "kernel_by_bank", {"kernel": run.kernel, "row_at": _row_at})
    arguments = [banks.get(place, value) for place, value in enumerate(run.arguments)]
    return KernelCall(made, (chosen, len(chosen), *arguments))


@kernel
def _compiled_row(bank: Any, row: int, world: int, count: int) -> Any:
    return shifted(bank, np.int64(row) - world, count)


def _python_row(bank: Array, row: int, _world: int, count: int) -> Array:
    return np.broadcast_to(bank[row], (count, *bank.shape[1:]))


# An array of `count` rows, of which the world's is the row of the bank; no other may be read.
_row_at = _compiled_row if COMPILES else _python_row
