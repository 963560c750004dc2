"""Tiles of land for WildfireTerrain, generated from noise: heights and kinds of fuel.

    python -m murk_envs.tiles

generates them again and writes the file that ships. They are 32 squares of 20 by 20 cells of 30 m; the last
eight are for testing. Heights are sums of noise at five scales, so that hills have smaller hills; the lowest
cells are water, the steepest bare rock; fields lie in the valleys and woods on the slopes.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["CELL", "NUM_TILES", "PATH", "SIDE", "SMALLEST", "TEST", "made", "tiles"]

PATH = Path(__file__).parent / "tiles.npz"
NUM_TILES, SIDE, CELL = 32, 20, 30.0  # CELL in m
SMALLEST = 4  # cells along a side: smaller corners of some tiles have nothing to burn
TEST = range(24, 32)
SEED = 2008
RELIEF = 120.0  # m, from the lowest to the highest cell
RIVER, ROCK = 0.04, 0.06  # shares of cells, the lowest and the steepest

BARE, FIELDS, SHRUB, PINE, DENSE = range(5)  # kinds of fuel

Floats = npt.NDArray[np.float64]


@functools.cache
def tiles() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Return heights in m and kinds of fuel, each (num_tiles, side, side)."""
    with np.load(PATH, allow_pickle=False) as file:
        return (file["decimetres"] / 10.0).astype(np.float32), file["kinds"].astype(np.int32)


def made() -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the file: heights in dm and kinds of fuel, each (num_tiles, side, side)."""
    rng = np.random.default_rng(SEED)
    heights = [hills(rng) for _ in range(NUM_TILES)]
    kinds = [grown(height, noise(rng, 4)) for height in heights]
    decimetres = np.round(10.0 * np.stack(heights)).astype(np.int16)
    return {"decimetres": decimetres, "kinds": np.stack(kinds).astype(np.uint8)}


def hills(rng: np.random.Generator) -> Floats:
    """Return the heights of one tile in m, from 0 to RELIEF, (side, side)."""
    total = np.zeros((SIDE, SIDE))
    for octave in range(5):
        total += noise(rng, 2 + 2**octave) * 2.0 ** (-1.1 * octave)
    return RELIEF * (total - total.min()) / np.ptp(total)


def noise(rng: np.random.Generator, knots: int) -> Floats:
    """Return noise between -1 and 1: values at knots along each side, blended smoothly, (side, side)."""
    values = rng.uniform(-1.0, 1.0, (knots + 1, knots + 1))
    place = np.arange(SIDE) * (knots / SIDE)
    knot, share = place.astype(np.int64), place % 1.0
    share = share * share * (3.0 - 2.0 * share)
    rows = values[knot] + share[:, np.newaxis] * (values[knot + 1] - values[knot])
    return rows[:, knot] + share * (rows[:, knot + 1] - rows[:, knot])


def grown(height: Floats, chance: Floats) -> npt.NDArray[np.int64]:
    """Return the kinds of fuel of a tile, (side, side), from its heights in m and noise from -1 to 1."""
    along_y, along_x = np.gradient(height, CELL)
    steep = np.hypot(along_y, along_x)
    level = height / RELIEF + 0.35 * chance
    kinds = np.digitize(level, [0.25, 0.45, 0.7]) + FIELDS
    kinds[steep > np.quantile(steep, 1.0 - ROCK)] = BARE
    kinds[height < np.quantile(height, RIVER)] = BARE
    return kinds


if __name__ == "__main__":
    tables = made()
    np.savez_compressed(PATH, decimetres=tables["decimetres"], kinds=tables["kinds"])
