"""Banks: arrays from which every world reads the row that its index selects, without a copy."""

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
    """Return a bound kernel in which some arguments are, for every world, a row of a bank.

    The kernel is called for one world at a time, and finds the selected row at the world's index of an array
    that appears to have one row per world.

    Args:
        run: a bound kernel that, for a world, reads only that world's row of these arguments.
        banks: by index of the argument, the array whose rows it reads, C-contiguous, (num_rows, ...).
        chosen: the row that each world reads, (num_worlds,).
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


# Returns an array of `count` rows in which the world's row is the row of the bank; no other may be read.
_row_at = _compiled_row if COMPILES else _python_row
