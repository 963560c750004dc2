"""Checks of a lattice's tables, which compiled loops trust: wrong ones would lead outside arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import LatticeError
from murk_env.kernels import kernel

__all__ = [
    "check_connected",
    "check_coordinates",
    "check_mutual",
    "check_neighbours",
    "check_ranks",
    "check_ways",
    "first_one_way",
    "integer_table",
    "real_table",
]

_CLOSE = 1e-9


def integer_table(
    owner: object, name: str, table: npt.NDArray[Any], shape: tuple[int, ...]
) -> npt.NDArray[Any]:
    """Return a table of integers, or raise LatticeError for one of another type or shape."""
    _check_shape(owner, name, table, shape)
    if table.dtype.kind not in "iu":
        raise LatticeError(f"{owner!r} gives {name} of {table.dtype}; return an array of integers")
    return table


def real_table(owner: object, name: str, table: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return a table of finite numbers, or raise LatticeError for any other."""
    _check_shape(owner, name, table, shape)
    if not np.isfinite(table).all():
        raise LatticeError(f"{owner!r} gives {name} that are not all finite; return finite numbers")
    return table


def _check_shape(owner: object, name: str, table: npt.NDArray[Any], shape: tuple[int, ...]) -> None:
    """Raise LatticeError for another shape; 0 stands for one or more."""
    fits = len(table.shape) == len(shape) and all(
        got == side if side else got > 0 for got, side in zip(table.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join(str(side) if side else "1 or more" for side in shape)
        raise LatticeError(f"{owner!r} gives {name} of shape {table.shape}; return shape ({wanted})")


def check_coordinates(owner: object, box: tuple[int, ...], coordinates: npt.NDArray[Any]) -> None:
    """Raise LatticeError for a coordinate outside the box."""
    wrong = np.flatnonzero(((coordinates < 0) | (coordinates >= np.array(box))).any(axis=1))
    if wrong.size:
        raise LatticeError(
            f"{owner!r} gives cell {wrong[0]} the coordinate {tuple(coordinates[wrong[0]].tolist())}, which "
            f"is outside the box {box}; coordinates count from 0, and the box is one past the largest"
        )


def check_ranks(owner: object, coordinates: npt.NDArray[np.int32], found: npt.NDArray[np.int64]) -> None:
    """Raise LatticeError for a cell that ``rank`` does not find at its coordinate."""
    wrong = np.flatnonzero(found != np.arange(len(coordinates)))
    if wrong.size:
        cell = wrong[0]
        raise LatticeError(
            f"{owner!r} gives cell {cell} the coordinate {tuple(coordinates[cell].tolist())}, but there its "
            f"rank finds cell {found[cell]}; give every cell a coordinate of its own, and rank their order"
        )


def check_neighbours(
    owner: object, directions: tuple[str, ...], neighbours: npt.NDArray[Any], num_cells: int
) -> None:
    """Raise LatticeError for a neighbour that is not a cell."""
    wrong = np.argwhere((neighbours < -1) | (neighbours >= num_cells))
    if len(wrong):
        cell, direction = wrong[0]
        raise LatticeError(
            f"{owner!r} gives cell {cell} the neighbour {neighbours[cell, direction]} in the direction "
            f"{directions[direction]!r}, but has cells 0 to {num_cells - 1}; return -1 where there is none"
        )


def check_mutual(owner: object, directions: tuple[str, ...], neighbours: npt.NDArray[np.int32]) -> None:
    """Raise LatticeError for a hop that has no hop back."""
    wrong = first_one_way(neighbours)
    if wrong >= 0:
        cell, direction = divmod(wrong, neighbours.shape[1])
        there = int(neighbours[cell, direction])
        once = int((neighbours[cell] == there).sum())
        raise LatticeError(
            f"in {owner!r} cell {there} is a neighbour of cell {cell} {once} times (one in the direction "
            f"{directions[direction]!r}), but cell {cell} is a neighbour of cell {there} "
            f"{int((neighbours[there] == cell).sum())} times; neighbours are mutual, so give every hop one "
            "back"
        )


def check_connected(owner: object, hops: npt.NDArray[np.int64]) -> None:
    """Raise LatticeError unless hops from cell 0 lead to all cells; -1 stands for an unreachable one."""
    apart = np.flatnonzero(hops < 0)
    if apart.size:
        raise LatticeError(
            f"in {owner!r} no way leads from cell 0 to cell {apart[0]}; a lattice is connected, so leave out "
            "cells that nothing reaches, or give them neighbours"
        )


def check_ways(
    owner: object,
    directions: tuple[str, ...],
    neighbours: npt.NDArray[np.int32],
    positions: npt.NDArray[np.float64],
    ways: npt.NDArray[np.float64],
) -> None:
    """Raise LatticeError for a way that misses the neighbour's position; nothing may wrap."""
    for direction, name in enumerate(directions):
        cells = np.flatnonzero(neighbours[:, direction] >= 0)
        found = positions[neighbours[cells, direction]] - positions[cells]
        wrong = np.flatnonzero(np.abs(found - ways[cells, direction]).max(axis=1, initial=0.0) > _CLOSE)
        if wrong.size:
            cell = cells[wrong[0]]
            raise LatticeError(
                f"in {owner!r} the neighbour of cell {cell} in the direction {name!r} lies at "
                f"{_rounded(found[wrong[0]])} from it, but the displacement says "
                f"{_rounded(ways[cell, direction])}; make a direction the same way at every cell, with a "
                f"direction of its own for each way, or override _neighbour_displacements"
            )


def _rounded(vector: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple((np.round(vector, 3) + 0.0).tolist())


@kernel
def first_one_way(neighbours: npt.NDArray[np.int32]) -> int:
    """Return the first hop, cell * num_directions + direction, that has no hop back of its own, or -1."""
    num_directions = neighbours.shape[1]
    for cell in range(neighbours.shape[0]):
        for direction in range(num_directions):
            there = neighbours[cell, direction]
            if there < 0 or there == cell:
                continue
            balance = 0
            for other in range(num_directions):
                balance += int(neighbours[cell, other] == there) - int(neighbours[there, other] == cell)
            if balance != 0:
                return cell * num_directions + direction
    return -1
