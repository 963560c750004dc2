"""Sums and counts over the cells of one world, in the order of cells, for hooks."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["any_nonzero", "farthest", "num_positive", "total", "total_square"]

Values = npt.NDArray[np.floating[Any]]


def total(values: Values) -> float:
    """Return the sum of all values, in float64."""
    found = 0.0
    for cell in range(len(values)):
        found += values[cell]
    return found


def total_square(values: Values) -> float:
    """Return the sum of all squares, in float64; each square is computed in the values' own dtype."""
    found = 0.0
    for cell in range(len(values)):
        found += values[cell] * values[cell]
    return found


def num_positive(values: Values) -> int:
    """Return how many values are above zero."""
    found = 0
    for cell in range(len(values)):
        found += values[cell] > 0.0
    return found


def farthest(values: Values) -> float:
    """Return the largest absolute value; 0 if there are no values."""
    found = 0.0
    for cell in range(len(values)):
        found = max(found, abs(values[cell]))
    return found


def any_nonzero(values: Values) -> bool:
    """Return whether any value is not zero."""
    found = False
    for cell in range(len(values)):
        found |= values[cell] != 0.0
    return found
