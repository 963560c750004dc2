"""Checks of values that lattices are given."""

import operator
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from murk_env.errors import LatticeError, did_you_mean

__all__ = [
    "as_integer",
    "as_integers",
    "as_pairs",
    "check_edge",
    "check_num_cells",
    "check_side",
    "common_shape",
    "shown",
]

_MOST_CELLS = 2**31 - 1  # cell ranks are int32
_LARGEST = 2**63 - 1


def as_integer(value: object) -> int | None:
    """Return an integer of any type as an int, None for anything else, True and False included."""
    try:
        return None if isinstance(value, bool | np.bool_) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def shown(value: object) -> str:
    """Return a value as text, also one with more digits than Python writes."""
    try:
        return repr(value)
    except ValueError:
        return "an integer too long to be written"


def as_integers(name: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return values as an array of integers, or raise LatticeError naming them."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise LatticeError(
            f"{name} are an array of integers, but {values!r} has rows of unequal length"
        ) from None
    if array.dtype.kind not in "iu" and array.size:
        raise LatticeError(f"{name} are integers, not {array.dtype}: {shown(values)}")
    if array.dtype == np.uint64 and (array > _LARGEST).any():
        raise LatticeError(f"{name} are integers up to {_LARGEST}, not {array.max()}")
    return array.astype(np.int64, copy=False)


def as_pairs(
    name: str, values: npt.ArrayLike, other_name: str, other_values: npt.ArrayLike
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return two arrays of integers, broadcast to one shape, or raise LatticeError."""
    one, other = as_integers(name, values), as_integers(other_name, other_values)
    if one.shape != other.shape:
        shape = common_shape(name, one.shape, other_name, other.shape)
        one, other = (np.array(np.broadcast_to(array, shape)) for array in (one, other))
    return one, other


def common_shape(
    name: str, shape: tuple[int, ...], other_name: str, other: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the shape to which two broadcast, or raise LatticeError naming them."""
    try:
        return np.broadcast_shapes(shape, other)
    except ValueError:
        raise LatticeError(
            f"{name} of shape {shape} and {other_name} of shape {other} do not go together; give one of "
            f"them for each of the others, or a single one"
        ) from None


def check_side(lattice: str, name: str, value: object) -> int:
    """Return a side's length as an int, or raise LatticeError."""
    side = as_integer(value)
    if side is None:
        raise LatticeError(f"{lattice} takes an integer as {name}, not {value!r}")
    if side < 1:
        raise LatticeError(f"{lattice} needs {name} >= 1, not {shown(side)}")
    if side > _LARGEST:
        raise LatticeError(f"{lattice} takes {name} up to {_MOST_CELLS}, not {shown(side)}")
    return side


def check_edge(lattice: str, edge: object, edges: Sequence[str]) -> None:
    """Raise LatticeError for an edge that is not one of those the lattice can have."""
    if not isinstance(edge, str) or edge not in edges:
        raise LatticeError(f"{lattice} has no edge {edge!r}; {did_you_mean(edge, edges)}")


def check_num_cells(lattice: str, num_cells: int) -> None:
    """Raise LatticeError for more cells than an int32 can number."""
    if num_cells > _MOST_CELLS:
        raise LatticeError(f"{lattice} would have {num_cells} cells; at most {_MOST_CELLS} can be numbered")
