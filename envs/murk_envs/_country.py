"""A country of square regions: its parameters, and the cells of each region."""

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

import murk_env as murk
from murk_env import Range

__all__ = ["Country", "copy_region", "fill_region", "fill_top", "repeat_tops", "sum_region"]

Values = npt.NDArray[np.number[Any]]


class Country(murk.Params):
    """The parameters of a country."""

    size: Annotated[int, Range(1, 2**15), "cells along a side, a multiple of regions"] = 16
    regions: Annotated[int, Range(1, 2**10), "regions along a side"] = 4
    people: Annotated[int, Range(2, 2**24), "people per cell"] = 1000

    def check(self) -> None:
        """Refuse regions of unequal size."""
        self.require(
            self.size % self.regions == 0,
            f"size must be a multiple of regions, so that all regions are of one size, not "
            f"size={self.size} with regions={self.regions}.",
        )

    @property
    def num_regions(self) -> int:
        """Regions of the country, numbered row by row."""
        return self.regions**2

    @property
    def block(self) -> int:
        """Cells along a region's side."""
        return self.size // self.regions

    @property
    def corners(self) -> list[int]:
        """The northwest cell of each region, from which values that are uniform in a region are read."""
        return [first_cell(region, self.regions, self.block) for region in range(self.num_regions)]


def first_cell(region: Any, regions: Any, block: Any) -> Any:
    """Return the northwest cell of a region; `regions` lie along a side, each `block` cells wide."""
    return region // regions * block * regions * block + region % regions * block


def fill_region(values: Values, region: int, regions: int, block: int, value: float) -> None:
    """Set all cells of a region to one value; values: (num_cells,)."""
    first, size, width = first_of(region, regions, block), np.uint64(regions * block), np.uint64(block)
    for _ in range(block):
        for cell in range(first, first + width):
            values[cell] = value
        first += size


def copy_region(values: Values, out: Values, region: int, regions: int, block: int, factor: int) -> None:
    """Set all cells of a region to a multiple of other values; values, out: (num_cells,)."""
    first, size, width = first_of(region, regions, block), np.uint64(regions * block), np.uint64(block)
    for _ in range(block):
        for cell in range(first, first + width):
            out[cell] = values[cell] * factor
        first += size


def fill_top(values: Values, region: int, regions: int, block: int, value: float) -> None:
    """Set the top row of a region to one value; values: (num_cells,). `repeat_tops` sets the other rows."""
    first = first_of(region, regions, block)
    for cell in range(first, first + np.uint64(block)):
        values[cell] = value


def repeat_tops(values: Values, regions: int, block: int) -> None:
    """Set the rows of all regions to their top row; values: (num_cells,).

    Whole rows of the country are copied: setting the few cells of a region row by row takes three times as
    long.
    """
    size = np.uint64(regions * block)
    for row in range(1, regions * block):
        if row % block:
            here = np.uint64(row) * size
            for cell in range(here, here + size):
                values[cell] = values[cell - size]


def sum_region(values: Values, region: int, regions: int, block: int) -> float:
    """Return the sum over all cells of a region, in float64, row by row; values: (num_cells,)."""
    first, size, width = first_of(region, regions, block), np.uint64(regions * block), np.uint64(block)
    found = 0.0
    for _ in range(block):
        in_row = 0.0
        for cell in range(first, first + width):
            in_row += values[cell]
        found += in_row
        first += size
    return found


def first_of(region: int, regions: int, block: int) -> np.uint64:
    """Return `first_cell` as unsigned, which makes loops over the few cells of a region a third faster."""
    return np.uint64(first_cell(np.uint32(region), np.uint32(regions), np.uint32(block)))
