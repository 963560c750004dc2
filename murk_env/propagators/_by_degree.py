"""Diffusion's boundary cells with every neighbour written out, for lattices of many directions."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from murk_env.kernels import compile_source, kernel
from murk_env.kernels.lanes import LANES, added, all_lanes, divided, lanes_at, multiplied, put_lanes

__all__ = ["FEW", "mend_by_degree", "mend_side_by_side"]

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


def mend_side_by_side(num_directions: int, share_of: Callable[..., Any]) -> Callable[..., None]:
    """Return a kernel equivalent to that of `mend_by_degree`, to the bit, for up to eight worlds at once.

    A neighbour is looked up once for eight worlds, whose values lie side by side. On an Fcc12 of 8 x 8 x 8 a
    tick of eight worlds takes 0.64 of the time, one of four worlds 0.96.

    Args:
        num_directions: the largest number of neighbours of a cell.
        share_of: the kernel that returns alpha, the neighbours' share in a cell's new value.
    """
    mend = _mend_lanes(num_directions)

    def mend_worlds(
        world: int,
        count: int,
        previous: Any,  # (num_worlds, num_cells)
        out: Any,  # (num_worlds, num_cells)
        rates: Any,  # (num_worlds, 2)
        remaining: Any,  # (LANES,)
        cells: Any,
        ends: Any,
        neighbours: Any,
    ) -> None:
        kind, num_cells, degrees = out.dtype, previous.shape[1], num_directions + 1
        values, found = np.empty(num_cells * LANES, kind), np.empty(num_cells * LANES, kind)
        keeps, shares = np.empty(degrees * LANES, kind), np.empty(degrees * LANES, kind)
        for lane in range(LANES):
            own = world + min(lane, count - 1)  # lanes without a world repeat the last
            _spread(previous[own], values, lane)
            for degree in range(1, degrees):
                share = share_of(out, rates[own, 0], degree)
                shares[degree * LANES + lane], keeps[degree * LANES + lane] = share, kind.type(1.0) - share
        mend(values, found, cells, ends, neighbours, keeps, shares, remaining)
        for lane in range(count):
            _gather(found, lane, cells, out[world + lane])

    return kernel(mend_worlds)


@kernel
def _spread(row: Any, values: Any, lane: int) -> None:
    """Put a world's values into a lane."""
    index = np.uint64(lane)
    for cell in range(row.size):
        values[index] = row[np.uint64(cell)]
        index += np.uint64(LANES)


@kernel
def _gather(found: Any, lane: int, cells: Any, row: Any) -> None:
    """Take the boundary cells from a lane into a world's values."""
    for index in range(cells.size):
        cell = np.uint64(cells[np.uint64(index)])
        row[cell] = found[cell * np.uint64(LANES) + np.uint64(lane)]


def _mend_lanes(num_directions: int) -> Callable[..., None]:
    """Return the kernel that sets the boundary cells in all lanes."""
    lines = [
        "def mend_lanes(values, found, cells, ends, neighbours, keeps, shares, remaining):",
        "    left = lanes_at(remaining, 0)",
        "    for index in range(ends[0]):",
        "        put_lanes(found, cells[index], multiplied(lanes_at(values, cells[index]), left))",
    ]
    for degree in range(1, num_directions + 1):
        lines += [
            f"    divisor = all_lanes(values.dtype.type({degree}))",
            f"    keep, share = lanes_at(keeps, {degree}), lanes_at(shares, {degree})",
            f"    for index in range(ends[{degree - 1}], ends[{degree}]):",
            "        place = np.uint64(index)",
            "        total = lanes_at(values, neighbours[place, 0])",
            *(
                f"        total = added(total, lanes_at(values, neighbours[place, {other}]))"
                for other in range(1, degree)
            ),
            "        cell = cells[place]",
            "        around = multiplied(share, divided(total, divisor))",
            "        kept = multiplied(keep, lanes_at(values, cell))",
            "        put_lanes(found, cell, multiplied(added(kept, around), left))",
        ]
    names = {one.__name__: one for one in (added, all_lanes, divided, lanes_at, multiplied, put_lanes)}
    return compile_source("\n".join(lines) + "\n", "mend_lanes", {"np": np, **names})
