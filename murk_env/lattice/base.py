"""The base of every lattice."""

import dataclasses
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import LatticeError
from murk_env.lattice._checks import as_integer, as_integers, as_pairs, common_shape, shown
from murk_env.lattice._kernels import first_outside, hop, hops_by_walking
from murk_env.lattice._tables import (
    check_connected,
    check_coordinates,
    check_mutual,
    check_neighbours,
    check_ranks,
    check_ways,
    integer_table,
    real_table,
)
from murk_env.lattice.stencil import Stencil

__all__ = ["Lattice"]


class Lattice(ABC):
    """The topology of cells: which exist, which are neighbours, and their positions.

    Cells are numbered 0 ... num_cells - 1 in canonical order; that number is a cell's rank. Every cell can be
    reached from every other, and every hop has a hop back; ``check`` verifies it. A subclass is a frozen
    dataclass of its parameters that defines ``box``, ``directions``, ``_coordinates``, ``_hop``,
    ``_positions`` and ``_displacements``; everything else follows, and may be overridden where a formula is
    faster than a table. A lattice whose cells are the points of a box is shorter as a subclass of ``Grid``.
    Two lattices are equal if they have the same class and parameters. Tables are computed on first use and
    read-only.
    """

    @property
    @abstractmethod
    def box(self) -> tuple[int, ...]:
        """Shape of the array that coordinates index: all lie in 0 <= coordinate < box, axis by axis."""

    @property
    @abstractmethod
    def directions(self) -> tuple[str, ...]:
        """Names of the directions in which a cell may have a neighbour, in their fixed order."""

    @abstractmethod
    def _coordinates(self) -> npt.NDArray[np.integer[Any]]:
        """All coordinates in canonical order, (num_cells, ndim)."""

    @abstractmethod
    def _hop(self, direction: int) -> npt.NDArray[np.integer[Any]]:
        """Every cell's neighbour in one direction, (num_cells,), -1 where there is none."""

    @abstractmethod
    def _positions(self) -> npt.NDArray[np.float64]:
        """Every cell's Cartesian position, (num_cells, k)."""

    @abstractmethod
    def _displacements(self) -> npt.NDArray[np.float64]:
        """The Cartesian vector of a hop in each direction, (num_directions, k)."""

    def _scale(self) -> npt.NDArray[np.float64]:
        """See `scale`, (k,)."""
        return np.ones_like(self.positions[0])

    def _laplacian(self) -> npt.NDArray[np.float64] | None:
        """See `laplacian`, (num_directions,)."""
        return np.ones(len(self.directions))

    @property
    def ndim(self) -> int:
        """Number of coordinates of a cell."""
        return len(self.box)

    @property
    def periods(self) -> tuple[int, ...]:
        """The period of each coordinate, (ndim,): the side of the box if it wraps, 0 if it has a border."""
        return (0,) * self.ndim

    @property
    def num_cells(self) -> int:
        """Number of cells."""
        return len(self.coordinates)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a field's cells as a numpy array, (rows, cols); (num_cells,) if rows differ in length."""
        return (self.num_cells,)

    @cached_property
    def coordinates(self) -> npt.NDArray[np.int32]:
        """Every cell's coordinate, (num_cells, ndim) int32."""
        table = integer_table(self, "coordinates", np.asarray(self._coordinates()), (0, self.ndim))
        check_coordinates(self, self.box, table)
        return _frozen(table, np.int32)

    @cached_property
    def positions(self) -> npt.NDArray[np.float64]:
        """Every cell's Cartesian position, (num_cells, k) float64; x to the east, y to the south, z, ...

        With a spacing of 1 neighbours are 1 apart; other spacings multiply positions by `scale`.
        """
        table = np.asarray(self._positions())
        return _frozen(real_table(self, "positions", table, (self.num_cells, 0)), np.float64)

    @cached_property
    def displacements(self) -> npt.NDArray[np.float64]:
        """The Cartesian vector of a hop in each direction, (num_directions, k) float64."""
        shape = len(self.directions), self.positions.shape[1]
        return _frozen(
            real_table(self, "displacements", np.asarray(self._displacements()), shape), np.float64
        )

    @cached_property
    def scale(self) -> npt.NDArray[np.float64]:
        """The spacing of cells along each Cartesian axis, (k,) float64, by which positions are multiplied."""
        return _frozen(
            real_table(self, "scale", np.asarray(self._scale())[np.newaxis], (1, 0))[0], np.float64
        )

    @cached_property
    def laplacian(self) -> npt.NDArray[np.float64]:
        """The weight of the difference to the neighbour in each direction, (num_directions,) float64.

        1 where cells are 1 apart, and 1 / spacing**2 otherwise: the sum of these times (u_neighbour - u) is
        the Laplacian on lines, rings, Square4 and products of them, 3 / 2 of it on Hex2D, 2 times it on
        Fcc12 and 3 times it on Square8.
        """
        return _frozen(np.asarray(self._laplacian()), np.float64)

    @cached_property
    def stiffness(self) -> float:
        """The largest sum of `laplacian` over a cell's neighbours: `max_degree` where cells are 1 apart."""
        return float(((self.neighbours >= 0) * self.laplacian).sum(axis=1).max())

    @cached_property
    def neighbours(self) -> npt.NDArray[np.int32]:
        """Every cell's neighbour in every direction, (num_cells, num_directions) int32, -1 for none."""
        hops = [
            integer_table(self, f"hops to {name!r}", np.asarray(self._hop(index)), (self.num_cells,))
            for index, name in enumerate(self.directions)
        ]
        table = np.stack(hops, axis=1)
        check_neighbours(self, self.directions, table, self.num_cells)
        return _frozen(table, np.int32)

    @cached_property
    def neighbour_displacements(self) -> npt.NDArray[np.float64]:
        """The Cartesian vector from every cell to every neighbour, (num_cells, num_directions, k) float64.

        It is ``displacements``, but 0 where there is no neighbour, and shortened where a clamped border cuts
        the hop, so that gradients computed from it are exact on affine fields, at every border.
        """
        return _frozen(self._neighbour_displacements(), np.float64)

    @cached_property
    def degree(self) -> npt.NDArray[np.int32]:
        """Number of neighbours of each cell, (num_cells,) int32; the cell itself may be one."""
        return _frozen(np.count_nonzero(self.neighbours >= 0, axis=1), np.int32)

    @cached_property
    def max_degree(self) -> int:
        """Largest degree of any cell, which limits the time step of propagators that mix neighbours."""
        return int(self.degree.max())

    @cached_property
    def moves(self) -> npt.NDArray[np.int32]:
        """The cell after a hop, (num_cells, num_directions + 1) int32.

        ``moves[cell, direction]`` is the cell after the hop: the same cell where there is no neighbour. The
        last column is the same cell, so direction -1 stays.
        """
        stay = np.arange(self.num_cells)[:, np.newaxis]
        moves = np.concatenate([np.where(self.neighbours < 0, stay, self.neighbours), stay], axis=1)
        return _frozen(moves, np.int32)

    @cached_property
    def stencil(self) -> Stencil:
        """The neighbours in the form that kernels iterate over."""
        return Stencil.of(self.neighbours)

    def check(self) -> None:
        """Check that the tables are those of a lattice; each lattice is checked once.

        Coordinates must be integers within the box, where ``rank`` finds each cell; neighbours cells or -1,
        mutual, and all connected; positions and displacements finite, with one row per cell and direction,
        and in agreement on the neighbours' places where nothing wraps.

        Raises:
            LatticeError: one of these is violated; the message names the cell.
        """
        _ = self._checked

    @cached_property
    def _checked(self) -> bool:
        cells = np.arange(self.num_cells)
        shape = self.num_cells, *self.displacements.shape
        check_ranks(self, self.coordinates, self.rank(self.coordinates))
        check_mutual(self, self.directions, self.neighbours)
        check_connected(self, hops_by_walking(np.zeros_like(cells), cells, cells, self.neighbours))
        ways = real_table(self, "neighbour displacements", self._neighbour_displacements(), shape)
        if not any(self.periods):
            places = self.positions / self.scale
            check_ways(self, self.directions, self.neighbours, places, ways / self.scale)
        return True

    def rank(self, coordinates: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the cells at these coordinates.

        Args:
            coordinates: (..., ndim) integers.

        Returns:
            (...) int64 ranks, -1 where there is no cell.

        Raises:
            LatticeError: a coordinate does not have ndim numbers, or not integers.
        """
        array, inside = self._placed(coordinates)
        found = self._ranks[tuple(np.moveaxis(array, -1, 0))]
        return np.where(inside, found, -1).astype(np.int64)

    def distance(self, a: npt.ArrayLike, b: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the number of hops between cells.

        Args:
            a: ranks, of any shape.
            b: ranks, of a shape that broadcasts with that of ``a``.

        Returns:
            int64 distances.

        Raises:
            LatticeError: there is no such cell.
        """
        one, other = as_pairs("cells", a, "cells", b)
        wrong = first_outside(one.ravel(), other.ravel(), self.num_cells)
        if wrong >= 0:
            raise LatticeError(
                f"{self!r} has cells 0 to {self.num_cells - 1}; there is no distance between "
                f"{one.flat[wrong]} and {other.flat[wrong]}"
            )
        return self._hops(one.ravel(), other.ravel()).reshape(one.shape)

    def ball(self, cell: int, radius: int) -> npt.NDArray[np.int32]:
        """Return the cells at most ``radius`` hops from a cell, itself included, by rank, (num_found,) int32.

        Raises:
            LatticeError: there is no such cell, or the radius is not an integer >= 0.
        """
        centre, hops = as_integer(cell), as_integer(radius)
        if centre is None:
            raise LatticeError(f"the centre of a ball must be the rank of a cell, an integer, not {cell!r}")
        if hops is None or hops < 0:
            raise LatticeError(f"the radius of a ball must be an integer >= 0, not {shown(radius)}")
        return np.flatnonzero(self.distance(centre, np.arange(self.num_cells)) <= hops).astype(np.int32)

    def shifted(self, cells: npt.ArrayLike, offsets: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the cells at offsets from others, in coordinates.

        On axes that wrap an offset goes around. Beyond every other border, clamped ones included, there is no
        cell.

        Args:
            cells: ranks, of any shape.
            offsets: (..., ndim) integers, added to the coordinates; the shapes before ndim broadcast.

        Returns:
            int64 ranks, -1 where there is no cell.

        Raises:
            LatticeError: there is no such cell, or an offset does not have ndim integers.
        """
        here, by = as_integers("cells", cells), self._arity("offset", offsets)
        if here.size and not (here.min() >= 0 and here.max() < self.num_cells):
            wrong = here[(here < 0) | (here >= self.num_cells)].flat[0]
            raise LatticeError(f"{self!r} has cells 0 to {self.num_cells - 1}; there is no cell {wrong}")
        common_shape("cells", here.shape, "offsets, without their last axis,", by.shape[:-1])
        box, around = np.array(self.box), np.array(self.periods) > 0
        within = np.where(around, by % box, np.clip(by, -box, box))  # so that no sum overflows
        target = self.coordinates[here] + within
        return self.rank(np.where(around, target % box, target))

    def move(self, cells: npt.ArrayLike, directions: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Move by one hop.

        Args:
            cells: ranks, of any shape.
            directions: an index into ``directions`` for each, or -1 to stay; the shapes broadcast.

        Returns:
            int32 ranks of the cells after the hop; the same cell where there is no neighbour.

        Raises:
            LatticeError: there is no such cell or direction.
        """
        here, towards = as_pairs("cells", cells, "directions", directions)
        out = np.empty(here.shape, np.int32)
        wrong = hop(here.ravel(), towards.ravel(), self.moves, out.ravel())
        if wrong >= 0:
            raise LatticeError(
                f"{self!r} has cells 0 to {self.num_cells - 1} and directions 0 to "
                f"{len(self.directions) - 1} (-1 stays); got cell {here.flat[wrong]} and "
                f"direction {towards.flat[wrong]}"
            )
        return out

    def _hops(self, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The distances between checked cells, (num_pairs,); by search where there is no formula."""
        hops = hops_by_walking(a, b, np.argsort(a, kind="stable"), self.neighbours)
        if (hops < 0).any():
            pair = int(np.flatnonzero(hops < 0)[0])
            raise LatticeError(
                f"in {self!r} no way leads from cell {a[pair]} to cell {b[pair]}; a lattice is connected"
            )
        return hops

    def _neighbour_displacements(self) -> npt.NDArray[np.float64]:
        return np.where(self.neighbours[:, :, np.newaxis] >= 0, self.displacements, 0.0)

    @cached_property
    def _ranks(self) -> npt.NDArray[np.int32]:
        """The cell at every place in the box, -1 for none."""
        ranks = np.full(self.box, -1, np.int32)
        ranks[tuple(self.coordinates.T)] = np.arange(self.num_cells)
        return ranks

    def _placed(self, coordinates: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return checked coordinates, set to 0 outside the box, and whether each lies within."""
        array = self._arity("coordinate", coordinates)
        inside: npt.NDArray[np.bool_] = np.asarray(
            np.all((array >= 0) & (array < np.array(self.box)), axis=-1)
        )
        return np.where(inside[..., np.newaxis], array, 0), inside

    def _arity(self, name: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        array = as_integers(f"{name}s", values)
        if array.ndim == 0 or array.shape[-1] != self.ndim:
            raise LatticeError(
                f"every {name} of {self!r} has {self.ndim} numbers, so {name}s have the shape "
                f"(..., {self.ndim}), not {array.shape}"
            )
        return array

    def _parameters(self) -> dict[str, Any]:
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {field.name: getattr(self, field.name) for field in fields if field.init}

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_anew, (type(self), self._parameters())  # and its tables, where a lattice arrives


def _made_anew(kind: type[Lattice], parameters: dict[str, Any]) -> Lattice:
    return kind(**parameters)


def _frozen(array: npt.NDArray[Any], dtype: type[np.generic]) -> npt.NDArray[Any]:
    frozen = np.ascontiguousarray(array, dtype)
    frozen.flags.writeable = False
    return frozen
