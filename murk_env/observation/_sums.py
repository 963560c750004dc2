"""Sums and means over groups of cells: faster versions of the general pooling kernels."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel

__all__ = ["add_up", "add_up_four_rings", "add_up_rings"]

Row = npt.NDArray[Any]
Part = npt.NDArray[Any]  # float32 or float64
Table = npt.NDArray[np.int32]


@kernel
def add_up(values: Row, num_cells: int, groups: Table, as_mean: int, out: Part) -> None:
    """Like `pool`, for a sum or mean over groups of cells, (num_groups, size): eight times as fast.

    Four groups are added up together, each in order: one addition waits for the last of the same group.
    """
    num_groups, size = groups.shape
    fours = num_groups - num_groups % 4
    for channel in range(out.size // num_groups):
        row = values[channel * num_cells : (channel + 1) * num_cells]
        sums = out[channel * num_groups : (channel + 1) * num_groups]
        for group in range(0, fours, 4):
            cells0, cells1, cells2, cells3 = (
                groups[group],
                groups[group + 1],
                groups[group + 2],
                groups[group + 3],
            )
            total0 = total1 = total2 = total3 = -0.0  # as in `total_of`
            for member in range(size):
                total0 += row[np.uint32(cells0[member])]
                total1 += row[np.uint32(cells1[member])]
                total2 += row[np.uint32(cells2[member])]
                total3 += row[np.uint32(cells3[member])]
            if as_mean:
                total0, total1, total2, total3 = total0 / size, total1 / size, total2 / size, total3 / size
            sums[group], sums[group + 1], sums[group + 2], sums[group + 3] = total0, total1, total2, total3
        for group in range(fours, num_groups):
            total = total_of(row, groups[group], 0, size)
            sums[group] = total / size if as_mean else total


@kernel
def add_up_rings(values: Row, members: Table, ends: Table, num_cells: int, as_mean: bool, out: Part) -> None:
    """Like `rings`, for a sum or mean around one cell, with groups ending at `ends`: 1.3 times as fast."""
    num_groups = ends.size - 1
    for channel in range(out.size // num_groups):
        row = values[channel * num_cells : (channel + 1) * num_cells]
        for group in range(num_groups):
            count = ends[group + 1] - ends[group]
            total = total_of(row, members, ends[group], ends[group + 1])
            result = total / count if as_mean else total
            out[channel * num_groups + group] = result if count else math.nan


@kernel
def add_up_four_rings(
    row0: Row,
    row1: Row,
    row2: Row,
    row3: Row,
    cell: int,
    members: Table,
    ends: Table,
    as_mean: int,
    out0: Part,
    out1: Part,
    out2: Part,
    out3: Part,
) -> None:
    """Like `rings`, for a sum or mean of four fields of one channel: 2.7 times as fast as one by one.

    For an empty group or an invalid cell the output is undefined; `pad_rings` overwrites it.
    """
    inside = 0 <= cell < len(ends)  # a variable: inside the index expression it would cost a third more
    bounds = ends[cell if inside else 0]
    for group in range(bounds.size - 1):
        first, last = bounds[group], bounds[group + 1]
        total0 = total1 = total2 = total3 = -0.0  # as in `total_of`
        for member in range(first, last):
            index = np.uint32(members[member])
            total0 += row0[index]
            total1 += row1[index]
            total2 += row2[index]
            total3 += row3[index]
        count = last - first
        if as_mean and count:
            total0, total1, total2, total3 = total0 / count, total1 / count, total2 / count, total3 / count
        out0[group], out1[group], out2[group], out3[group] = total0, total1, total2, total3


@kernel
def total_of(row: Row, cells: Table, first: int, last: int) -> float:
    """Return the sum of the values at some cells, in order; -0.0, the neutral element, for none."""
    total = -0.0
    for member in range(first, last):
        total += row[np.uint32(cells[member])]
    return total
