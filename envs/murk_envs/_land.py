"""The land of WildfireTerrain, from tiles or from files, and how fast fire spreads over it."""

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from murk_env import Levels, Raster
from murk_env.mathematics import exp
from murk_env.propagators.writing import kernel
from murk_envs import tiles
from murk_envs._crew import GALE

__all__ = ["FACTORS", "SLOPE", "climbs", "land", "levels", "lowest_and_highest", "winds"]

FACTORS = (0.0, 0.42, 1.0, 1.4, 1.82)  # bare, fields, shrub, pine, dense pine: (1 + p_veg)(1 + p_den)
LOADS = (0.0, 0.4, 0.7, 1.0, 1.0)  # fuel of each, at most 1
SLOPE = 0.078  # per degree uphill
WAYS_X = (0.0, 0.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0)  # of Square8's directions, y to the south
WAYS_Y = (-1.0, 1.0, 0.0, 0.0, -1.0, -1.0, 1.0, 1.0)

Floats = npt.NDArray[np.floating[Any]]
Split = Literal["train", "test", "all"]
Spacing = float | tuple[float, float]


def winds(breeze: Floats, speed: float) -> Floats:
    """Return the factor of the wind on the rate of spread in each direction of Square8, (8,).

    Args:
        breeze: the wind's x and y, in GALEs, (2,).
        speed: its speed, in m/s.
    """
    factors = np.empty(len(WAYS_X))
    for way in range(len(WAYS_X)):
        x, y = WAYS_X[way], WAYS_Y[way]
        along = GALE * (breeze[0] * x + breeze[1] * y) / math.sqrt(x * x + y * y)
        factors[way] = exp(0.045 * speed + 0.131 * (along - speed))
    return factors


def climbs(heights: npt.NDArray[Any], spacing: Spacing, neighbours: npt.NDArray[np.int32]) -> Floats:
    """Return the factor of the slope on the rate of spread from each cell, approximately.

    Args:
        heights: in m, (num_levels, rows, columns).
        spacing: sides of a cell, in m.
        neighbours: of every cell in the directions of Square8, (num_cells, 8), -1 for none.

    Returns:
        By level, direction and cell, (num_levels, 8, num_cells) float64; 1 where there is no neighbour.
    """
    factors = np.ones((len(heights), len(WAYS_X), len(neighbours)))
    rows = heights.reshape(len(heights), -1).astype(np.float32)
    far = np.float32(np.mean(spacing)) * np.sqrt(np.abs(WAYS_X) + np.abs(WAYS_Y))
    _climb(rows, far, neighbours, factors)
    return factors


@kernel
def _climb(heights: Floats, far: Floats, neighbours: npt.NDArray[np.int32], factors: Floats) -> None:
    for level in range(len(heights)):
        for cell in range(len(neighbours)):
            for way in range(len(far)):
                near = neighbours[cell, way]
                if near >= 0:
                    steep = (heights[level, near] - heights[level, cell]) / far[way]
                    # the arc tangent within 0.3 degrees
                    factors[level, way, cell] = exp(SLOPE * 57.3 * steep / (1.0 + 0.28 * steep * steep))


def lowest_and_highest(heights: Floats) -> tuple[float, float]:
    """Return the lowest and the highest height of all levels, in m; never two equal numbers."""
    low, high = float(heights.min()), float(heights.max())
    return low, high if high > low else low + 1.0


def levels(heights: Floats, kinds: npt.NDArray[Any], climb: Floats, split: Split) -> Levels:
    """Return the levels: the tiles with their split, or the single one of a user's land."""
    tested = tiles.TEST if len(heights) > 1 else ()
    return Levels(
        elevation=heights,
        kind=kinds,
        load=np.array(LOADS, np.float32)[kinds],
        growth=(kinds > 0).sum(axis=(1, 2)),
        ease=np.array(FACTORS)[kinds] / FACTORS[4],
        climb=climb,
        test=tested,
        split=split if len(heights) > 1 else "all",
    )


def land(params: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any], Spacing]:
    """Return heights and kinds of fuel, each (num_levels, rows, columns), and the sides of a cell in m.

    Raises:
        ParameterError: kinds have another shape than the heights, are all bare, or are not from 0 to 4.
        MapError: a file cannot be read, or has gaps and `gaps` is "refuse".
    """
    if not params.elevation:
        heights, kinds = tiles.tiles()
        return heights[:, : params.size, : params.size], kinds[:, : params.size, : params.size], tiles.CELL
    fill = 0 if params.gaps == "bare" else None
    raster = Raster.read(params.elevation, fill=fill)
    kinds = np.full(raster.shape, tiles.SHRUB)
    if params.kinds:
        kinds = np.asarray(Raster.read(params.kinds, fill=fill)).astype(np.int64)
    params.require(
        kinds.shape == raster.shape,
        f"kinds must be a map of the same shape as elevation, {raster.shape}, not {kinds.shape}.",
    )
    kinds = np.where(raster.gaps, tiles.BARE, kinds)
    params.require(
        kinds.min() >= 0 and kinds.max() < len(FACTORS) and kinds.any(),
        f"kinds must be from 0 (bare) to {len(FACTORS) - 1}, and not all 0, but are from {kinds.min()} to "
        f"{kinds.max()}.",
    )
    heights = np.where(raster.gaps, raster.values[~raster.gaps].min(), raster.values)
    return heights[np.newaxis], kinds[np.newaxis], raster.spacing or params.cell
