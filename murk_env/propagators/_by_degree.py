"""Diffusion's boundary cells with every neighbour written out, for lattices of many directions."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from murk_env.kernels import compile_source

__all__ = ["FEW", "mend_by_degree"]

FEW = 8  # directions; up to this number LLVM unrolls the loop over a cell's neighbours


@cache
def mend_by_degree(num_directions: int, share_of: Callable[..., Any]) -> Callable[..., None]:
    """Return a kernel equivalent to `_diffuse.mend` for cells with at most this many neighbours.

    On an Fcc12 of 8 x 8 x 8, where nearly all cells are boundary cells, it is 1.7 to 2.9 times as fast. It
    takes longer to compile.

    Args:
        num_directions: the largest number of neighbours of a cell.
        share_of: the kernel that returns alpha, the neighbours' share in a cell's new value.
    """
    lines = [
        "def mend(u, new, offsets, cells, ends, neighbours, rate, remaining):",
        "    for index in range(ends[0]):",
        "        new[cells[index]] = u[cells[index]] * remaining",
    ]
    for degree in range(1, num_directions + 1):
        lines += [
            f"    divisor, share = u.dtype.type({degree}), share_of(u, rate, {degree})",
            "    keep = u.dtype.type(1.0) - share",
            f"    for index in range(ends[{degree - 1}], ends[{degree}]):",
            "        place = np.uint64(index)",
            "        total = u[neighbours[place, 0]]",
            *(f"        total += u[neighbours[place, {other}]]" for other in range(1, degree)),
            "        cell = cells[place]",
            "        new[cell] = (keep * u[cell] + share * (total / divisor)) * remaining",
        ]
    source = "\n".join(lines) + "\n"
    return compile_source(source, "mend", {"np": np, "share_of": share_of})
