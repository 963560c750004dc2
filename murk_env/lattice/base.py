"""What every lattice offers, and what one has to say to offer it."""

import operator
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from murk_env.compile import kernel
from murk_env.errors import LatticeError, did_you_mean
from murk_env.lattice.stencil import Stencil

__all__ = ["Edge", "Lattice", "check_edge", "check_side"]

Edge = Literal["absorb", "clamp", "wrap"]

_MOST_CELLS = 2**31 - 1  # cell ranks are int32


class Lattice(ABC):
    """The topology of cells: which exist, and which are neighbours.

    Cells are numbered 0 ... num_cells - 1 in canonical order; that number is a cell's rank. A subclass is a
    frozen dataclass of its parameters that says its ``shape`` and ``directions``, gives ``_coordinates`` and
    ``_hop``, and defines ``rank`` and ``distance``; everything else follows. Two lattices are equal when they
    are of one class with equal parameters. Tables are made when first asked for, and are read-only.
    """

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape that a field's cells have as an array of numpy, such as (rows, cols)."""

    @property
    @abstractmethod
    def directions(self) -> tuple[str, ...]:
        """Names of the directions in which a cell may have a neighbour, in their fixed order."""

    @property
    @abstractmethod
    def ndim(self) -> int:
        """How many numbers a cell's coordinate has."""

    @abstractmethod
    def rank(self, coordinates: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the cells at some coordinates.

        Args:
            coordinates: (..., ndim) integers.

        Returns:
            (...) int64 ranks, -1 where there is no cell.

        Raises:
            LatticeError: a coordinate does not have ndim numbers, or not integers.
        """

    @abstractmethod
    def distance(self, a: npt.ArrayLike, b: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return how many hops lie between cells.

        Args:
            a: ranks, of any shape.
            b: ranks, of a shape that broadcasts with that of ``a``.

        Returns:
            int64 distances.

        Raises:
            LatticeError: there is no such cell.
        """

    @abstractmethod
    def _coordinates(self) -> npt.NDArray[np.integer[Any]]:
        """All coordinates in canonical order, (num_cells, ndim)."""

    @abstractmethod
    def _hop(self, direction: int) -> npt.NDArray[np.integer[Any]]:
        """Every cell's neighbour in one direction, (num_cells,), -1 where there is none."""

    @property
    def num_cells(self) -> int:
        """How many cells there are."""
        return int(np.prod(self.shape, dtype=np.int64))

    @cached_property
    def coordinates(self) -> npt.NDArray[np.int32]:
        """Every cell's coordinate, (num_cells, ndim) int32."""
        return _frozen(self._coordinates())

    @cached_property
    def neighbours(self) -> npt.NDArray[np.int32]:
        """Every cell's neighbour in every direction, (num_cells, num_directions) int32, -1 where none is."""
        return _frozen(np.stack([self._hop(direction) for direction in range(len(self.directions))], axis=1))

    @cached_property
    def degree(self) -> npt.NDArray[np.int32]:
        """How many neighbours each cell has, itself included where it is its own, (num_cells,) int32."""
        return _frozen(np.count_nonzero(self.neighbours >= 0, axis=1))

    @cached_property
    def max_degree(self) -> int:
        """Largest degree of any cell, which limits the time step of laws that mix neighbours."""
        return int(self.degree.max())

    @cached_property
    def moves(self) -> npt.NDArray[np.int32]:
        """Where a hop leads, (num_cells, num_directions + 1) int32.

        A cell without a neighbour in a direction leads to itself, and so does the last column: in a compiled
        hook ``moves[cell, direction]`` is the cell after the hop, with -1 for staying.
        """
        stay = np.arange(self.num_cells)[:, np.newaxis]
        return _frozen(np.concatenate([np.where(self.neighbours < 0, stay, self.neighbours), stay], axis=1))

    @cached_property
    def stencil(self) -> Stencil:
        """The neighbours in the form that kernels run through."""
        return Stencil.of(self.neighbours)

    def move(self, cells: npt.ArrayLike, directions: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Move by one hop.

        Args:
            cells: ranks, of any shape.
            directions: an index into ``directions`` for each, or -1 to stay; the shapes broadcast.

        Returns:
            int32 ranks of the cells arrived at; the same cell where there is no neighbour.

        Raises:
            LatticeError: there is no such cell or direction.
        """
        here, towards = as_pairs("cells", cells, "directions", directions)
        out = np.empty(here.shape, np.int32)
        wrong = _move(here.ravel(), towards.ravel(), self.moves, out.ravel())
        if wrong >= 0:
            raise LatticeError(
                f"{self!r} has cells 0 to {self.num_cells - 1} and directions 0 to "
                f"{len(self.directions) - 1} (-1 stays); got cell {here.flat[wrong]} and "
                f"direction {towards.flat[wrong]}"
            )
        return out

    def _split(self, coordinates: npt.ArrayLike) -> tuple[npt.NDArray[np.integer[Any]], ...]:
        """Return the components of checked coordinates, each (...)."""
        array = as_integers("coordinates", coordinates)
        if array.ndim == 0 or array.shape[-1] != self.ndim:
            raise LatticeError(
                f"a coordinate of {self!r} has {self.ndim} numbers, so coordinates have the shape "
                f"(..., {self.ndim}), not {array.shape}"
            )
        return tuple(array[..., axis] for axis in range(self.ndim))

    def _manhattan(
        self, a: npt.ArrayLike, b: npt.ArrayLike, periods: tuple[int, ...]
    ) -> npt.NDArray[np.int64]:
        """Return the sum of checked cells' coordinate differences, around where an axis has a period > 0."""
        one, other = as_pairs("cells", a, "cells", b)
        out = np.empty(one.shape, np.int64)
        wrong = _distance(one.ravel(), other.ravel(), self.coordinates, periods, out.ravel())
        if wrong >= 0:
            raise LatticeError(
                f"{self!r} has cells 0 to {self.num_cells - 1}; there is no distance between "
                f"{one.flat[wrong]} and {other.flat[wrong]}"
            )
        return out

    def _parameters(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)  # type: ignore[attr-defined]

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), self._parameters()  # tables are made anew where a lattice arrives


def as_integers(name: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return values as an array of integers, or raise LatticeError naming them."""
    array = np.asarray(values)
    if array.dtype.kind not in "iu" and array.size:
        raise LatticeError(f"{name} are integers, not {array.dtype}: {values!r}")
    return array.astype(np.int64, copy=False)


def as_pairs(
    name: str, values: npt.ArrayLike, other_name: str, other_values: npt.ArrayLike
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return two arrays of integers, broadcast to one shape."""
    one, other = as_integers(name, values), as_integers(other_name, other_values)
    if one.shape != other.shape:
        shape = np.broadcast_shapes(one.shape, other.shape)
        one, other = (np.array(np.broadcast_to(array, shape)) for array in (one, other))
    return one, other


def check_side(lattice: str, name: str, value: object) -> int:
    """Return a side's length as an int, or raise LatticeError."""
    try:
        side = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise LatticeError(f"{lattice} takes an integer number of {name}, not {value!r}") from None
    if side < 1:
        raise LatticeError(f"{lattice} needs at least 1 of {name}, not {side}")
    return side


def check_edge(lattice: str, edge: str) -> None:
    """Raise LatticeError for an edge that is not known."""
    if edge not in get_args(Edge):
        raise LatticeError(f"{lattice} has no edge {edge!r}; {did_you_mean(edge, get_args(Edge))}")


def check_num_cells(lattice: str, num_cells: int) -> None:
    """Raise LatticeError for more cells than an int32 can number."""
    if num_cells > _MOST_CELLS:
        raise LatticeError(f"{lattice} would have {num_cells} cells; at most {_MOST_CELLS} can be numbered")


@kernel
def _move(
    cells: npt.NDArray[np.int64],
    directions: npt.NDArray[np.int64],
    moves: npt.NDArray[np.int32],
    out: npt.NDArray[np.int32],
) -> int:
    """Hop from all cells; return the first index that has no such cell or direction, or -1."""
    num_cells, stay = moves.shape[0], moves.shape[1] - 1
    for index in range(cells.size):
        cell, direction = cells[index], directions[index]
        if not (0 <= cell < num_cells and -1 <= direction < stay):
            return index
        out[index] = moves[cell, direction]
    return -1


@kernel
def _distance(
    a: npt.NDArray[np.int64],
    b: npt.NDArray[np.int64],
    coordinates: npt.NDArray[np.int32],
    periods: tuple[int, ...],
    out: npt.NDArray[np.int64],
) -> int:
    """Add up the distances along the axes; return the first index that has no such cells, or -1."""
    num_cells = coordinates.shape[0]
    for index in range(a.size):
        if not (0 <= a[index] < num_cells and 0 <= b[index] < num_cells):
            return index
        total = 0
        for axis in range(coordinates.shape[1]):
            apart = abs(np.int64(coordinates[a[index], axis]) - coordinates[b[index], axis])
            total += min(apart, periods[axis] - apart) if periods[axis] > 0 else apart
        out[index] = total
    return -1


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    frozen = np.ascontiguousarray(array, np.int32)
    frozen.flags.writeable = False
    return frozen
