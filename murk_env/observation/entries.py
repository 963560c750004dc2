"""Entries of an observation: which part of the fields, as which numbers."""

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from murk_env.compile import kernel
from murk_env.errors import BlueprintError
from murk_env.field import Field
from murk_env.lattice import Lattice

__all__ = ["Entry", "Mask", "Observe"]

Array = npt.NDArray[Any]


class Entry(Protocol):
    """One part of an observation: it knows its shape and bounds, and how to fill itself."""

    @property
    def field(self) -> Field:
        """The field it is read from."""
        ...

    @property
    def name(self) -> str | None:
        """Its key in the dict layout; None for the field's name."""
        ...

    @property
    def over_cells(self) -> bool:
        """Whether it has a value for every cell, so that it can be a channel of an image."""
        ...

    def shape(self, lattice: Lattice, num_agents: int) -> tuple[int, ...]:
        """Return the shape of one world's part: `(channels, num_cells)` where it is over cells."""
        ...

    def bounds(self) -> tuple[float, float]:
        """Return the lowest and highest value it can hold."""
        ...

    @property
    def fill(self) -> Callable[[Array, Array, int], None]:
        """Kernel `(values, out, offset)`: writes `out[:, offset:offset + size]` from the field's values."""
        ...


@dataclasses.dataclass(frozen=True)
class Observe:
    """The whole of a field, as float32.

    Attributes:
        field: any field; its bounds become the bounds of the space.
        name: key in the dict layout; the field's name by default.
    """

    field: Field
    name: str | None = None

    @property
    def over_cells(self) -> bool:
        """Whether the field has a value for every cell."""
        return self.field.over == "cells"

    def shape(self, lattice: Lattice, num_agents: int) -> tuple[int, ...]:
        """Return the field's shape in one world."""
        shape = self.field.shape(lattice.num_cells, num_agents)
        return (1, *shape) if self.over_cells and self.field.components is None else shape

    def bounds(self) -> tuple[float, float]:
        """Return the field's bounds."""
        return self.field.bounds

    @property
    def fill(self) -> Callable[[Array, Array, int], None]:
        """Kernel that copies the values."""
        return copy_static if self.field.mutability == "static" else copy_rows


@dataclasses.dataclass(frozen=True)
class Mask:
    """A one-hot picture of the cell that a field holds the index of, as float32.

    Attributes:
        field: a scalar int32 field over the world; an index that is no cell leaves the mask zero.
        name: key in the dict layout; the field's name by default.
    """

    field: Field
    name: str | None = None

    def __post_init__(self) -> None:
        field = self.field
        kind = (field.over, field.components, field.dtype, field.mutability == "static")
        if kind != ("world", None, np.dtype(np.int32), False):
            raise BlueprintError(
                f"Mask shows the cell held by a scalar int32 field over the world, not static, not {field!r}."
            )

    @property
    def over_cells(self) -> bool:
        """True: a mask is a picture of the cells."""
        return True

    def shape(self, lattice: Lattice, num_agents: int) -> tuple[int, ...]:
        """Return one channel of cells."""
        return (1, lattice.num_cells)

    def bounds(self) -> tuple[float, float]:
        """Return 0 and 1."""
        return (0.0, 1.0)

    @property
    def fill(self) -> Callable[[Array, Array, int], None]:
        """Kernel that marks the cell."""
        return one_hot_rows


@kernel
def copy_rows(values: Array, out: Array, offset: int) -> None:
    """Copy `(num_worlds, size)` values to `out[:, offset:offset + size]`."""
    size = values.shape[1]
    for world in range(out.shape[0]):
        row = out[world, offset : offset + size]
        source = values[world]
        for i in range(size):
            row[i] = source[i]


@kernel
def copy_static(values: Array, out: Array, offset: int) -> None:
    """Copy `(1, size)` values to every row of `out[:, offset:offset + size]`."""
    size = values.shape[1]
    for world in range(out.shape[0]):
        for i in range(size):
            out[world, offset + i] = values[0, i]


@kernel
def one_hot_rows(cells: Array, out: Array, offset: int) -> None:
    """Set `out[:, offset:]` to zero but for a one at each world's cell; the mask ends the row's part.

    `out` is the entry's own part: its width is the number of cells.
    """
    size = out.shape[1] - offset
    for world in range(out.shape[0]):
        row = out[world, offset:]
        row[:] = 0.0
        cell = cells[world, 0]
        if 0 <= cell < size:
            row[cell] = 1.0
