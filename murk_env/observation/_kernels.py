"""Kernels that fill one part of one viewer's observation; the plan's loop calls them.

Each takes flat rows: a field's values in one world, component after component, and the part to fill. The
kernels of windows and rings are in `_window_kernels`.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.mathematics import log1p, log1p_float32
from murk_env.random.philox import normals_of, two_words

__all__: list[str] = []

Row = npt.NDArray[Any]
Part = npt.NDArray[Any]  # float32 or float64


@kernel
def copy(values: Row, out: Part) -> None:
    """Copy all values."""
    for i in range(out.size):
        out[i] = values[i]


@kernel
def clear(out: Part) -> None:
    """Write zeros."""
    out[:] = 0.0


@kernel
def copy_classes(values: Row, out: Part) -> None:
    """Write one block per class: 1 where the value is that class."""
    num_values = values.size
    for category in range(out.size // num_values):
        for i in range(num_values):
            out[category * num_values + i] = 1.0 if values[i] == category else 0.0


@kernel
def copy_own(values: Row, agent: int, out: Part) -> None:
    """Copy one agent's components."""
    num_agents = values.size // out.size
    for component in range(out.size):
        out[component] = values[component * num_agents + agent]


@kernel
def copy_own_class(values: Row, agent: int, out: Part) -> None:
    """Write 1 at one agent's class and 0 at the others."""
    for category in range(out.size):
        out[category] = 1.0 if values[agent] == category else 0.0


@kernel
def copy_component(values: Row, component: int, out: Part) -> None:
    """Copy one component; zeros if it does not exist."""
    begin = component * out.size
    exists = component >= 0 and begin + out.size <= values.size
    for i in range(out.size):
        out[i] = values[begin + i] if exists else 0.0


@kernel
def copy_place(values: Row, place: int, num_places: int, by_class: int, out: Part) -> None:
    """Copy every channel's value at one cell or agent; zeros if it does not exist."""
    for channel in range(out.size):
        exists = 0 <= place < num_places
        out[channel] = element(values, channel, place, num_places, by_class) if exists else 0.0


@kernel
def mark(cell: int, out: Part) -> None:
    """Write 1 at a cell and 0 at the others; an index out of range marks none."""
    out[:] = 0.0
    if 0 <= cell < out.size:
        out[cell] = 1.0


@kernel
def element(values: Any, channel: int, index: Any, num_cells: int, by_class: int) -> float:
    """Return a channel's value at a cell: a component, or whether the cell is of a class."""
    if by_class:
        return 1.0 if values[index] == np.int32(channel) else 0.0
    return np.float64(values[channel * num_cells + index])  # so that sums are float64, uncompiled too


@kernel
def normalise(low: float, high: float, out: Part) -> None:
    """Map low to 0 and high to 1 and clip to [0, 1]; all 0 if low equals high; NaN stays."""
    for i in range(out.size):
        if high > low:
            share = (out[i] - low) / (high - low)
            out[i] = 0.0 if share < 0.0 else (1.0 if share > 1.0 else share)
        elif not math.isnan(out[i]):
            out[i] = 0.0


@kernel
def clip(low: float, high: float, out: Part) -> None:
    """Clip to [low, high]; NaN stays."""
    for i in range(out.size):
        out[i] = low if out[i] < low else (high if out[i] > high else out[i])


@kernel
def spread_ends(sd: float, ends: Part) -> None:
    """Widen the lowest and highest value by 9 standard deviations: no draw lies beyond 8.6."""
    ends[0] -= 9.0 * sd
    ends[1] += 9.0 * sd


@kernel
def disturb(key: Any, episode: Any, step: Any, site: int, agent: int, sd: float, out: Part) -> None:
    """Add normal numbers, two from each block of the world's random numbers in this step of its episode.

    Every agent draws from different blocks.
    """
    first_block = agent * out.size
    for block in range((out.size + 1) // 2):
        words = two_words(key[0], key[1], episode[0], step[0], np.int64(site), first_block + block)
        one, other = normals_of(words[0], words[1])
        out[2 * block] += sd * one
        if 2 * block + 1 < out.size:
            out[2 * block + 1] += sd * other


@kernel
def copy_cells(values: Row, cells: Any, num_cells: int, out: Part) -> None:
    """Copy every component's values at the given cells."""
    for channel in range(out.size // cells.size):
        for index in range(cells.size):
            out[channel * cells.size + index] = values[np.uint64(channel * num_cells + cells[index])]


@kernel
def mark_classes(values: Row, cells: Any, out: Part) -> None:
    """Write 1 in the channel of each given cell's class, else 0."""
    out[:] = 0.0
    num_classes = out.size // cells.size
    for index in range(cells.size):
        channel = values[np.uint64(cells[index])]
        if 0 <= channel < num_classes:
            out[channel * cells.size + index] = 1.0


@kernel
def log(out: Part) -> None:
    """Compress to sign(x) * ln(1 + |x|); NaN stays."""
    if out.itemsize == 4:
        for i in range(out.size):
            out[i] = math.copysign(log1p_float32(abs(out[i])), out[i])
    else:
        for i in range(out.size):
            out[i] = math.copysign(log1p(abs(out[i])), out[i])
