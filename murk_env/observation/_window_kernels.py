"""Kernels that fill an observation with the surroundings of a cell: windows, pooled or not, and rings.

A window is read through a table of displacements, with a row for each kind of cell
(`murk_env.observation.region`). Each kernel takes flat rows, like those in `_kernels`.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.observation._kernels import element
from murk_env.observation._sums import add_up_rings

__all__: list[str] = []

NO_CELL: Final = -(2**31)  # in a table of displacements: outside, or not in the disk
MEAN, MAX, MIN, SUM = range(4)

Row = npt.NDArray[Any]
Part = npt.NDArray[Any]  # float32 or float64
Table = npt.NDArray[np.int32]


@kernel
def window(
    values: Row, cell: int, kinds: Table, displacements: Table, by_class: int, padding: float, out: Part
) -> None:
    """Write every channel's window around a cell, with padding where there is no cell."""
    num_cells, size = kinds.size, displacements.shape[1]
    if not 0 <= cell < num_cells:
        out[:] = padding
        return
    apart = displacements[kinds[cell]]
    for channel in range(out.size // size):
        for place in range(size):
            if apart[place] == NO_CELL:
                out[channel * size + place] = padding
            else:
                index = np.uint64(cell + apart[place])
                out[channel * size + place] = element(values, channel, index, num_cells, by_class)


@kernel
def copy_window(
    values: Row,
    cell: int,
    kinds: Table,
    nearby: Table,
    shown: Part,
    num_channels: int,
    padding: float,
    out: Part,
) -> None:
    """Like `window`, for components, without branches or divisions."""
    num_cells, size = kinds.size, nearby.shape[1]
    inside = 0 <= cell < num_cells
    here = cell if inside else 0
    apart, seen, blank = nearby[kinds[here]], shown[kinds[here]], out.dtype.type(padding)
    for channel in range(num_channels):
        first, begin = channel * num_cells + here, channel * size
        for place in range(size):
            out[np.uint64(begin + place)] = values[np.uint64(first + apart[np.uint64(place)])]
        for place in range(size):  # an unconditional store, so that the loop vectorises
            index = np.uint64(begin + place)
            out[index] = out[index] if inside and seen[np.uint64(place)] else blank


@kernel
def pad_window(cell: int, kinds: Table, shown: Part, num_channels: int, padding: float, out: Part) -> None:
    """Write the padding where a window shows no cell, after the transforms."""
    inside = 0 <= cell < kinds.size
    seen, blank = shown[kinds[cell if inside else 0]], out.dtype.type(padding)
    for channel in range(num_channels):
        begin = channel * seen.size
        for place in range(seen.size):
            index = np.uint64(begin + place)
            out[index] = out[index] if inside and seen[np.uint64(place)] else blank


@kernel
def pool(
    values: Row,
    cell: int,
    kinds: Table,
    displacements: Table,
    groups: Table,
    by_class: int,
    operation: int,
    out: Part,
) -> None:
    """Write the mean, maximum, minimum or sum over each group of places, NaN for a group without a value."""
    num_cells, num_groups = kinds.size, len(groups)
    skips_nan = operation in (MAX, MIN)
    if not 0 <= cell < num_cells:
        out[:] = math.nan
        return
    kind = kinds[cell]
    for channel in range(out.size // num_groups):
        for group in range(num_groups):
            result, count = math.nan, 0
            for member in range(groups.shape[1]):
                place = groups[group, member]
                apart = displacements[kind, place]
                if apart == NO_CELL:
                    continue
                value = element(values, channel, cell + apart, num_cells, by_class)
                if skips_nan and math.isnan(value):
                    continue
                result = value if count == 0 else combined(operation, result, value)
                count += 1
            out[channel * num_groups + group] = result / count if operation == MEAN and count else result


@kernel
def rings(
    values: Row, cell: int, members: Table, ends: Table, by_class: int, operation: int, out: Part
) -> None:
    """Write the mean, maximum, minimum or sum over each group of cells around one, NaN for an empty group."""
    num_cells, num_groups = len(ends), ends.shape[1] - 1
    skips_nan = operation in (MAX, MIN)
    if not 0 <= cell < num_cells:
        out[:] = math.nan
        return
    if not by_class and not skips_nan:
        add_up_rings(values, members, ends[cell], num_cells, operation == MEAN, out)
        return
    for channel in range(out.size // num_groups):
        for group in range(num_groups):
            result, count = math.nan, 0
            for member in range(ends[cell, group], ends[cell, group + 1]):
                value = element(values, channel, members[member], num_cells, by_class)
                if skips_nan and math.isnan(value):
                    continue
                result = value if count == 0 else combined(operation, result, value)
                count += 1
            out[channel * num_groups + group] = result / count if operation == MEAN and count else result


@kernel
def pad_rings(cell: int, ends: Table, skips_nan: int, nothing: float, out: Part) -> None:
    """Write the value for "no value" where there is none, after the transforms."""
    if not 0 <= cell < len(ends):
        out[:] = nothing
        return
    bounds = ends[cell]
    num_groups = bounds.size - 1
    for first in range(0, out.size, num_groups):
        for group in range(num_groups):
            empty = bounds[group] == bounds[group + 1]
            if empty or (skips_nan and math.isnan(out[first + group])):
                out[first + group] = nothing


@kernel
def combined(operation: int, a: float, b: float) -> float:
    """Return the larger, the smaller, or the sum of two numbers."""
    if operation == MAX:
        return max(a, b)
    return min(a, b) if operation == MIN else a + b


@kernel
def shows_cell(groups: Table, group: int, displacements: Table, kind: int) -> bool:
    """Return whether any place of a group shows a cell, seen from a cell of one kind."""
    num_shown = 0
    for member in range(groups.shape[1]):
        num_shown += displacements[kind, groups[group, member]] != NO_CELL
    return num_shown > 0


@kernel
def count_cells(kinds: Table, displacements: Table, groups: Table) -> tuple[int, int, bool]:
    """Return the fewest (but not 0) and most cells of a group, from some kinds, and whether one has none."""
    fewest, most, empty = 0, 0, kinds.size == 0
    for kind in kinds:
        for group in range(len(groups)):
            count = 0
            for member in range(groups.shape[1]):
                count += displacements[kind, groups[group, member]] != NO_CELL
            most = max(most, count)
            if count == 0:
                empty = True
            elif fewest == 0 or count < fewest:
                fewest = count
    return fewest, most, empty


@kernel
def show_mask(
    cell: int, kinds: Table, displacements: Table, groups: Table, skips_nan: int, shown: Part, out: Part
) -> None:
    """Write 1 where any channel has a value; `shown` must not have been transformed yet."""
    out[:] = 0.0
    if not 0 <= cell < kinds.size:
        return
    kind = kinds[cell]
    for group in range(out.size):
        if shows_cell(groups, group, displacements, kind):
            for channel in range(shown.size // out.size):
                if not (skips_nan and math.isnan(shown[channel * out.size + group])):
                    out[group] = 1.0


@kernel
def show_cells(cell: int, kinds: Table, shown: Part, out: Part) -> None:
    """Like `show_mask`, without pooling: `shown` is known for each kind of cell, (num_kinds, size)."""
    inside = 0 <= cell < kinds.size
    seen = shown[kinds[cell if inside else 0]]
    for place in range(out.size):
        out[place] = seen[np.uint64(place)] if inside else np.float32(0.0)


@kernel
def pad(
    cell: int, kinds: Table, displacements: Table, groups: Table, skips_nan: int, padding: float, out: Part
) -> None:
    """Write the padding wherever there is no value, after the transforms."""
    if not 0 <= cell < kinds.size:
        out[:] = padding
        return
    kind, num_groups = kinds[cell], len(groups)
    for group in range(num_groups):
        seen = shows_cell(groups, group, displacements, kind)
        for channel in range(out.size // num_groups):
            i = channel * num_groups + group
            if not seen or (skips_nan and math.isnan(out[i])):
                out[i] = padding
