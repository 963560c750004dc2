"""Ways: the shortest Cartesian displacements between cells, also on a lattice that wraps."""

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import BlueprintError
from murk_env.kernels import kernel
from murk_env.lattice import Grid, Lattice

__all__ = ["Vectors", "basis_of", "reach_of", "shifts_of", "shortest"]

Vectors = npt.NDArray[np.float64]


def basis_of(what: str, lattice: Lattice) -> Vectors:
    """Return the Cartesian displacement of one step of each coordinate, (ndim, num_axes).

    Args:
        what: the entry that needs it, for the error message.
        lattice: the lattice.

    Raises:
        BlueprintError: the lattice wraps, and its positions are not linear in the coordinates.
    """
    steps = lattice.coordinates - lattice.coordinates[0].astype(np.float64)
    ways = lattice.positions - lattice.positions[0]
    if isinstance(lattice, Grid):  # its basis is known, also for an axis one cell wide
        basis: Vectors = np.array(lattice.basis, np.float64) * lattice.scale
    else:
        found = np.asarray(np.linalg.lstsq(steps, ways / lattice.scale, rcond=None)[0], np.float64)
        basis = np.round(found, 12) * lattice.scale
    if any(lattice.periods) and not np.allclose(
        _combined(steps, basis / lattice.scale), ways / lattice.scale
    ):
        raise BlueprintError(
            f"where a lattice wraps, {what} need positions that are linear in the coordinates, as those "
            f"of {lattice!r} are not."
        )
    return basis


def reach_of(lattice: Lattice, basis: Vectors) -> Vectors:
    """Return the largest component of the shortest displacement between any two cells, (num_axes,)."""
    if not any(lattice.periods):
        return np.ptp(lattice.positions, axis=0)
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=lattice.ndim)))
    corners = _combined(signs, _half(lattice)[:, np.newaxis] * basis)
    products = _combined(basis, basis.T)
    if np.allclose(products, np.diag(np.diag(products))):
        return np.asarray(np.max(np.abs(corners), axis=0), np.float64)
    longest = math.sqrt(np.max(np.sum(corners**2, axis=1)))
    return np.array([longest] * basis.shape[1], np.float64)


def shifts_of(lattice: Lattice, basis: Vectors) -> Vectors:
    """Return all periodic shifts that may shorten a displacement, zero first, (num_shifts, num_axes).

    If the axes are oblique, several periods along one axis may shorten a displacement along another.
    """
    turns: list[Any] = []
    products = _combined(basis, basis.T)
    for axis, period in enumerate(lattice.periods):
        length = products[axis, axis]
        oblique = np.sum(np.abs(np.delete(products[axis], axis)) * np.delete(_half(lattice), axis))
        most = 1 + math.ceil(oblique / (length * period)) if period and length else 0
        turns.append(sorted(range(-most, most + 1), key=abs))
    counts = np.array(list(itertools.product(*turns)), np.float64)
    return _combined(counts * np.array(lattice.periods), basis)


@kernel
def shortest(here: Vectors, there: Vectors, shifts: Vectors) -> tuple[float, int]:
    """Return the squared length of the shortest displacement, and the index of its shift.

    The length is rounded to multiples of 2**-20, so that equal lengths compare as equal despite rounding:
    positions and shifts must be those of a lattice whose cells are about 1 apart.
    """
    best_length, best_shift = 0.0, -1
    for shift in range(len(shifts)):
        total = 0.0
        for axis in range(here.size):
            way = there[axis] - here[axis] + shifts[shift, axis]
            total += way * way
        length = np.floor(total * 1048576.0 + 0.5)
        if best_shift < 0 or length < best_length:
            best_length, best_shift = length, shift
    return best_length, best_shift


def _half(lattice: Lattice) -> npt.NDArray[np.int64]:
    """Return the largest difference of two coordinates, the shorter way around, (ndim,)."""
    periods = np.array(lattice.periods)
    return np.where(periods > 0, periods // 2, np.array(lattice.box) - 1)


def _combined(coefficients: Vectors, vectors: Vectors) -> Vectors:
    """Multiply (n, m) by (m, k), summing in order: the results of a BLAS depend on the processor."""
    return (coefficients[:, :, np.newaxis] * vectors).sum(axis=1)
