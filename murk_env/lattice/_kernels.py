"""Compiled loops over cells: hops, and the distances between pairs."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel

__all__ = ["first_outside", "hop", "hops_by_walking", "hops_in_box", "hops_on_hexagons"]

Cells = npt.NDArray[np.int64]
Table = npt.NDArray[np.int32]


@kernel
def first_outside(a: Cells, b: Cells, num_cells: int) -> int:
    """Return the first index at which a or b is no cell, or -1."""
    for index in range(a.size):
        if not (0 <= a[index] < num_cells and 0 <= b[index] < num_cells):
            return index
    return -1


@kernel
def hop(cells: Cells, directions: Cells, moves: Table, out: Table) -> int:
    """Hop from all cells; return the first index without such a cell or direction, or -1."""
    num_cells, stay = moves.shape[0], moves.shape[1] - 1
    for index in range(cells.size):
        cell, direction = cells[index], directions[index]
        if not (0 <= cell < num_cells and -1 <= direction < stay):
            return index
        out[index] = moves[cell, direction]
    return -1


@kernel
def _apart(one: int, other: int, period: int) -> Any:
    """The distance of two coordinates of one axis, around it if its period is > 0."""
    apart = abs(np.int64(one) - np.int64(other))
    return min(apart, period - apart) if period > 0 else apart


@kernel
def hops_in_box(a: Cells, b: Cells, coordinates: Table, periods: tuple[int, ...], axes_per_hop: int) -> Cells:
    """Return the hops from a to b where one hop changes up to ``axes_per_hop`` coordinates by one.

    That is as many as the longest axis needs, and enough for all axes together.
    """
    out = np.empty(a.size, np.int64)
    for index in range(a.size):
        longest, total = np.int64(0), np.int64(0)
        for axis in range(coordinates.shape[1]):
            apart = _apart(coordinates[a[index], axis], coordinates[b[index], axis], periods[axis])
            longest = max(longest, apart)
            total += apart
        out[index] = max(longest, (total + axes_per_hop - 1) // axes_per_hop)
    return out


@kernel
def hops_on_hexagons(a: Cells, b: Cells, coordinates: Table, periods: tuple[int, ...]) -> Cells:
    """Return the hops from a to b in axial coordinates, around the torus where the periods are > 0.

    With both differences brought into [0, period), the nearest image of b is among the four at that
    difference and one period less: the norm grows on either side of where it is smallest.
    """
    out = np.empty(a.size, np.int64)
    for index in range(a.size):
        q = np.int64(coordinates[b[index], 0]) - coordinates[a[index], 0]
        r = np.int64(coordinates[b[index], 1]) - coordinates[a[index], 1]
        if periods[0] > 0:
            q, r = q % periods[0], r % periods[1]
        nearest = _hexagonal(q, r)
        if periods[0] > 0:
            nearest = min(nearest, _hexagonal(q - periods[0], r))
            nearest = min(nearest, _hexagonal(q, r - periods[1]))
            nearest = min(nearest, _hexagonal(q - periods[0], r - periods[1]))
        out[index] = nearest
    return out


@kernel
def _hexagonal(q: int, r: int) -> int:
    """Hops that an axial difference takes."""
    return max(abs(q), abs(r), abs(q + r))


@kernel
def hops_by_walking(a: Cells, b: Cells, by_origin: Cells, neighbours: Table) -> Cells:
    """Return the hops from a to b by breadth-first search, -1 where there is no way.

    ``by_origin`` lists the pairs, those of equal a next to each other, so that each origin is walked once.
    """
    out = np.empty(a.size, np.int64)
    hops = np.empty(neighbours.shape[0], np.int64)
    queue = np.empty(neighbours.shape[0], np.int64)
    origin = np.int64(-1)
    for index in by_origin:
        if a[index] != origin:
            origin = a[index]
            _walk(origin, neighbours, hops, queue)
        out[index] = hops[b[index]]
    return out


@kernel
def _walk(origin: Any, neighbours: Table, hops: Cells, queue: Cells) -> None:
    """Fill in the hops from one cell to all others, -1 where there is no way."""
    hops[:] = -1
    hops[origin], queue[0] = 0, origin
    found = 1
    for index in range(hops.size):
        if index == found:
            return
        cell = queue[index]
        for direction in range(neighbours.shape[1]):
            neighbour = neighbours[cell, direction]
            if neighbour >= 0 and hops[neighbour] < 0:
                hops[neighbour] = hops[cell] + 1
                queue[found] = neighbour
                found += 1
