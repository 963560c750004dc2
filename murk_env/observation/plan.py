"""Observation plans: the space of an observation and what fills it, built once."""

import dataclasses
import math
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from murk_env.errors import BlueprintError, did_you_mean
from murk_env.field import Field
from murk_env.lattice import Lattice
from murk_env.observation.entries import Entry
from murk_env.values import Values

__all__ = ["Observation", "ObservationPlan"]

Layout = Literal["flat", "image", "dict"]
Array = npt.NDArray[Any]
Output = Array | dict[str, Array]


class Observation:
    """What is seen of a world: entries in order, laid out one way.

    Args:
        entries: parts such as `Observe(heat)` and `Mask(agent)`.
        layout: `flat`, one float32 vector, the entries one after another; `image`, the entries as
            channels of `(channels, *lattice.shape)`, for entries over cells; `dict`, one array for
            each entry under its name, entries over cells as `(channels, *lattice.shape)`.

    Raises:
        BlueprintError: for an unknown layout or no entry at all.
    """

    def __init__(self, *entries: Entry, layout: Layout = "flat") -> None:
        if layout not in get_args(Layout):
            raise BlueprintError(
                f"an observation's layout cannot be {layout!r}; {did_you_mean(layout, get_args(Layout))}"
            )
        if not entries:
            raise BlueprintError("an observation needs at least one entry, such as Observe(self.heat).")
        for entry in entries:
            if isinstance(entry, Field):
                raise BlueprintError(
                    f"an observation is made of entries: write Observe({entry.name}) for the field."
                )
        self.entries = entries
        self.layout: Layout = layout


@dataclasses.dataclass(frozen=True)
class _Part:
    """Where one entry goes: which output array, from which column, of which size and final shape."""

    entry: Entry
    output: int
    offset: int
    size: int
    shape: tuple[int, ...]


class ObservationPlan:
    """The space of one world's observation, and how it is filled for many.

    Attributes:
        space: one world's observation space, with the tightest bounds that the fields declare.
    """

    space: spaces.Space[Any]

    def __init__(
        self, observation: Observation, lattice: Lattice, known: frozenset[Any], num_agents: int
    ) -> None:
        for entry in observation.entries:
            if entry.field not in known:
                raise BlueprintError(
                    f"the observation shows {entry.field!r}, which is no field of this environment."
                )
        self._layout = observation.layout
        shapes = [(entry, entry.shape(lattice, num_agents)) for entry in observation.entries]
        if self._layout == "image":
            _check_image(shapes)
        self._parts = _parts(shapes, lattice, separate=self._layout == "dict")
        self._keys = _keys(observation.entries) if self._layout == "dict" else []
        self._shapes = self._output_shapes(lattice)
        self.space = self._space()

    def allocate(self, num_worlds: int) -> Output:
        """Return uninitialised output for a number of worlds."""
        arrays = [np.empty((num_worlds, *shape), np.float32) for shape in self._shapes]
        return dict(zip(self._keys, arrays, strict=True)) if self._layout == "dict" else arrays[0]

    def fill(self, values: Values, out: Output) -> None:
        """Write the observation of every world into `out`, all of it."""
        arrays = list(out.values()) if isinstance(out, dict) else [out]
        flat = [array.reshape(len(array), -1) for array in arrays]
        for part in self._parts:
            source = values[part.entry.field]
            rows = 1 if part.entry.field.mutability == "static" else len(source)
            target = flat[part.output][:, : part.offset + part.size]
            part.entry.fill(source.reshape(rows, -1), target, part.offset)

    def fill_rows(self, values: Values, worlds: Array) -> Output:
        """Return the observation of some worlds only, one row each."""
        chosen = Values(
            {
                part.entry.field: _rows(values[part.entry.field], part.entry.field.mutability, worlds)
                for part in self._parts
            }
        )
        out = self.allocate(len(worlds))
        self.fill(chosen, out)
        return out

    def _output_shapes(self, lattice: Lattice) -> list[tuple[int, ...]]:
        if self._layout == "dict":
            return [part.shape for part in self._parts]
        total = sum(part.size for part in self._parts)
        return [(total // lattice.num_cells, *lattice.shape)] if self._layout == "image" else [(total,)]

    def _space(self) -> spaces.Space[Any]:
        boxes = [
            _box([part for part in self._parts if part.output == index], shape)
            for index, shape in enumerate(self._shapes)
        ]
        return spaces.Dict(dict(zip(self._keys, boxes, strict=True))) if self._layout == "dict" else boxes[0]


def row_of(output: Output, row: int) -> Output:
    """Return one world's observation as its own arrays."""
    if isinstance(output, dict):
        return {key: array[row] for key, array in output.items()}
    return output[row]


def _rows(values: Array, mutability: str, worlds: Array) -> Array:
    return values if mutability == "static" else values[worlds]


def _parts(shapes: list[tuple[Entry, tuple[int, ...]]], lattice: Lattice, *, separate: bool) -> list[_Part]:
    parts: list[_Part] = []
    offset = 0
    for index, (entry, shape) in enumerate(shapes):
        size = math.prod(shape)
        final = (*shape[:-1], *lattice.shape) if entry.over_cells else (shape or (1,))
        parts.append(_Part(entry, index if separate else 0, 0 if separate else offset, size, final))
        offset += size
    return parts


def _check_image(shapes: list[tuple[Entry, tuple[int, ...]]]) -> None:
    for entry, shape in shapes:
        if not entry.over_cells:
            raise BlueprintError(
                f"layout='image' stacks entries over cells, but {entry.field.name!r} has the shape {shape} "
                f"in each world; use layout='flat' or 'dict'."
            )


def _keys(entries: tuple[Entry, ...]) -> list[str]:
    keys = [entry.name or entry.field.name for entry in entries]
    for key in keys:
        if keys.count(key) > 1:
            raise BlueprintError(
                f"two entries of the observation are called {key!r}; give one of them a name=."
            )
    return keys


def _box(parts: list[_Part], shape: tuple[int, ...]) -> spaces.Box:
    limits = [part.entry.bounds() for part in parts]
    low, high = (
        np.concatenate(
            [np.full(part.size, limit[side], np.float32) for part, limit in zip(parts, limits, strict=True)]
        )
        for side in (0, 1)
    )
    return spaces.Box(low.reshape(shape), high.reshape(shape), dtype=np.float32)
