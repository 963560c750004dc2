"""What lattices ask of the values they are given."""

import operator
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from murk_env.errors import LatticeError, did_you_mean

__all__ = ["as_integers", "as_pairs", "check_edge", "check_num_cells", "check_side"]

_MOST_CELLS = 2**31 - 1  # cell ranks are int32


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
        raise LatticeError(f"{lattice} takes an integer as {name}, not {value!r}") from None
    if side < 1:
        raise LatticeError(f"{lattice} needs {name} >= 1, not {side}")
    return side


def check_edge(lattice: str, edge: str, edges: Sequence[str]) -> None:
    """Raise LatticeError for an edge that is not one of those the lattice can have."""
    if edge not in edges:
        raise LatticeError(f"{lattice} has no edge {edge!r}; {did_you_mean(edge, edges)}")


def check_num_cells(lattice: str, num_cells: int) -> None:
    """Raise LatticeError for more cells than an int32 can number."""
    if num_cells > _MOST_CELLS:
        raise LatticeError(f"{lattice} would have {num_cells} cells; at most {_MOST_CELLS} can be numbered")
