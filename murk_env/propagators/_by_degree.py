"""Diffusion's cells with every neighbour written out, for lattices of many directions."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from murk_env.kernels import compile_source, kernel
from murk_env.kernels.lanes import (
    LANES,
    added,
    all_lanes,
    divided,
    lanes_at,
    multiplied,
    put_lanes,
    transposed,
)

__all__ = ["FEW", "mend_by_degree", "update_side_by_side"]

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


def update_side_by_side(num_directions: int, share_of: Callable[..., Any]) -> Callable[..., None]:
    """Return a kernel that updates every cell of up to eight worlds at once, from a table of all cells.

    To the bit it does what `_diffuse.mend` does with that table. A neighbour is looked up once for eight
    worlds, whose values lie side by side.

    Args:
        num_directions: the largest number of neighbours of a cell.
        share_of: the kernel that returns alpha, the neighbours' share in a cell's new value.
    """
    update = _update_lanes(num_directions)

    def update_worlds(
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
            for degree in range(1, degrees):
                share = share_of(out, rates[own, 0], degree)
                shares[degree * LANES + lane], keeps[degree * LANES + lane] = share, kind.type(1.0) - share
        _spread(previous, world, count, values)
        update(values, found, cells, ends, neighbours, keeps, shares, remaining)
        _gather(found, world, count, out)

    return kernel(update_worlds)


@kernel
def _spread(rows: Any, world: int, count: int, values: Any) -> None:
    """Put the values of worlds into lanes, eight cells at once; lanes without a world repeat the last."""
    num_cells = rows.shape[1]
    row = _eight_rows(rows, world, count)
    for place in range(num_cells // LANES):
        lanes = transposed(
            (
                lanes_at(row[0], place),
                lanes_at(row[1], place),
                lanes_at(row[2], place),
                lanes_at(row[3], place),
                lanes_at(row[4], place),
                lanes_at(row[5], place),
                lanes_at(row[6], place),
                lanes_at(row[7], place),
            )
        )
        cell = place * LANES
        put_lanes(values, cell, lanes[0])
        put_lanes(values, cell + 1, lanes[1])
        put_lanes(values, cell + 2, lanes[2])
        put_lanes(values, cell + 3, lanes[3])
        put_lanes(values, cell + 4, lanes[4])
        put_lanes(values, cell + 5, lanes[5])
        put_lanes(values, cell + 6, lanes[6])
        put_lanes(values, cell + 7, lanes[7])
    for lane in range(LANES):
        for cell in range(num_cells - num_cells % LANES, num_cells):
            values[cell * LANES + lane] = rows[world + min(lane, count - 1), cell]


@kernel
def _gather(found: Any, world: int, count: int, rows: Any) -> None:
    """Take the values of worlds from lanes, eight cells at once."""
    num_cells = rows.shape[1]
    row = _eight_rows(rows, world, count)
    for place in range(num_cells // LANES):
        cell = place * LANES
        lanes = transposed(
            (
                lanes_at(found, cell),
                lanes_at(found, cell + 1),
                lanes_at(found, cell + 2),
                lanes_at(found, cell + 3),
                lanes_at(found, cell + 4),
                lanes_at(found, cell + 5),
                lanes_at(found, cell + 6),
                lanes_at(found, cell + 7),
            )
        )
        put_lanes(row[7], place, lanes[7])  # lanes without a world fill the last one's row, which is then set
        put_lanes(row[6], place, lanes[6])
        put_lanes(row[5], place, lanes[5])
        put_lanes(row[4], place, lanes[4])
        put_lanes(row[3], place, lanes[3])
        put_lanes(row[2], place, lanes[2])
        put_lanes(row[1], place, lanes[1])
        put_lanes(row[0], place, lanes[0])
    for lane in range(count):
        for cell in range(num_cells - num_cells % LANES, num_cells):
            rows[world + lane, cell] = found[cell * LANES + lane]


@kernel
def _eight_rows(rows: Any, world: int, count: int) -> Any:
    """Return the rows of eight worlds, repeating the last."""
    last = world + count - 1
    return (
        rows[world],
        rows[min(world + 1, last)],
        rows[min(world + 2, last)],
        rows[min(world + 3, last)],
        rows[min(world + 4, last)],
        rows[min(world + 5, last)],
        rows[min(world + 6, last)],
        rows[min(world + 7, last)],
    )


def _update_lanes(num_directions: int) -> Callable[..., None]:
    """Return the kernel that sets the listed cells in all lanes."""
    lines = [
        "def update_lanes(values, found, cells, ends, neighbours, keeps, shares, remaining):",
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
    return compile_source("\n".join(lines) + "\n", "update_lanes", {"np": np, **names})
