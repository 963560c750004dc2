"""The reference's recorded observations; murk 0.2.0, float32, in tests/data/observations.npz."""

from pathlib import Path

import numpy as np
import pytest

from murk_env.lattice import Hex2D, Square4, Square8
from murk_env.observation import Window
from tests.env.observation.scenes import Fields, seen

RECORDED = dict(np.load(Path(__file__).parents[2] / "data" / "observations.npz"))
SQUARES = {"Square4": Square4, "Square8": Square8}


def check(name, lattice, centre, entry):
    """Compare a window around a coordinate with what was recorded; the field is 10 * first + second + 1."""
    first, second = lattice.coordinates.T
    values = {Fields.heat: [10 * first + second + 1], Fields.cell: lattice.rank([centre])}
    parts = seen(lattice, values, entry, layout="dict")
    assert parts["heat"].ravel().tobytes() == RECORDED[f"{name}__obs"].tobytes()
    assert parts["heat_mask"].ravel().tolist() == RECORDED[f"{name}__mask"].tolist()


def window(**region):
    return Window(Fields.heat, around=Fields.cell, with_mask=True, **region)


@pytest.mark.parametrize("edge", ["Absorb", "Clamp", "Wrap"])
@pytest.mark.parametrize("kind", SQUARES)
def test_windows_on_squares_are_the_recorded_ones(kind, edge):
    lattice = SQUARES[kind](6, 6, edge.lower())
    check(f"{kind}_{edge}_disk2_32", lattice, (3, 2), window(disk=2))
    check(f"{kind}_{edge}_rect12_32", lattice, (3, 2), window(rectangle=(1, 2)))


def test_a_disk_of_hexagons_is_the_recorded_one():
    check("Hex_disk2_33", Hex2D(6, 6), (3, 3), window(disk=2))


@pytest.mark.parametrize("operation", ["Mean", "Max", "Min", "Sum"])
def test_pooled_disks_are_the_recorded_ones(operation):
    entry = window(disk=2).pooled(operation.lower(), 2, 1)
    check(f"pool_{operation}_k2s1_disk2_33", Square4(6, 6), (3, 3), entry)


def test_a_pooled_rectangle_at_the_border_is_the_recorded_one():
    entry = window(rectangle=(2, 2)).pooled("mean", 2, 2)
    check("pool_Mean_k2s2_rect22_50", Square4(6, 6), (5, 0), entry)


def test_a_normalised_rectangle_at_the_border_is_the_recorded_one():
    entry = window(rectangle=(1, 1)).normalised(-10, 60)
    check("normalize_rect11_50", Square4(6, 6), (5, 0), entry)
