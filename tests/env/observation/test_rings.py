"""Rings, against cells sorted one by one into rings and sectors on every kind of lattice."""

import math

import numpy as np
import pytest

from murk_env import Field
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.observation import Observe, Rings
from tests.env.observation.scenes import Fields, hops_from, plan_of, seen
from tests.env.observation.test_neighbours import shortest_ways

HEAT, CELL, CELLS = Fields.heat, Fields.cell, Fields.cells
TERRAIN = Field(categories=3)
BEGIN, SECTORS = (1, 2, 4), 5
NUMPY = {"mean": np.mean, "max": np.max, "min": np.min, "sum": np.sum}
LATTICES = [
    Line1D(7),
    Ring1D(6),
    Square4(4, 5),
    Square4(4, 3, "wrap"),
    Square8(5, 4, "clamp"),
    Hex2D(5, 4),
    Hex2D(3, 4, "wrap"),
    Fcc12(4, 2, 4, "wrap"),
    Product(Hex2D(3, 3), Ring1D(3)),
]


def rings(entry=HEAT, **options):
    chosen = {"around": CELL, "begin": BEGIN, "sectors": SECTORS} | options
    return Rings(entry, **chosen)


def membership(lattice, **options):
    """Return which cells are in which group, seen from every cell, (num_cells, num_groups, num_cells)."""
    centres, cells = map(np.ravel, np.indices((lattice.num_cells,) * 2))
    marks = np.eye(lattice.num_cells)[cells]
    out = seen(lattice, {HEAT: marks, CELL: centres}, rings(**options))
    return out.reshape(lattice.num_cells, lattice.num_cells, -1).swapaxes(1, 2)


def groups_of(lattice, centre, cell):
    """Return the sets of groups that a cell may be in: one for each of the shortest ways to it."""
    ring = np.searchsorted(BEGIN, hops_from(lattice, centre)[cell], side="right") - 1
    if ring < 0:
        return [set()]
    found = []
    for way in shortest_ways(lattice, centre, cell)[1]:
        x, y = [*way, 0.0][:2]
        sector = math.floor(round(math.atan2(y, x) * SECTORS / math.tau + 0.5, 5)) % SECTORS
        chosen = range(SECTORS) if math.hypot(x, y) < 1e-6 else [sector]
        found.append({ring * SECTORS + one for one in chosen})
    return found


@pytest.mark.few(4)
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_every_cell_is_in_its_ring_and_in_the_sector_of_a_shortest_way(lattice):
    inside = membership(lattice)
    for centre in range(0, lattice.num_cells, 3):
        for cell in range(lattice.num_cells):
            found = set(np.flatnonzero(inside[centre, :, cell]).tolist())
            assert found in groups_of(lattice, centre, cell)


@pytest.mark.parametrize("operation", NUMPY)
def test_every_group_is_pooled_as_by_numpy(operation):
    lattice = Hex2D(5, 4)
    inside = membership(lattice).astype(bool)
    heat = np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32)
    values = {HEAT: heat, CELL: np.arange(20)}
    pooled = seen(lattice, values, rings(operation=operation)).reshape(20, -1)
    for centre, groups in enumerate(inside):
        expected = [NUMPY[operation](heat[centre, group]) if group.any() else 0.0 for group in groups]
        np.testing.assert_allclose(pooled[centre], expected, rtol=1e-5, atol=1e-6)


def test_six_sectors_of_hexagons_are_the_six_neighbours_clockwise_from_the_east():
    lattice = Hex2D(5, 4)
    values = {HEAT: [np.arange(20)], CELL: [7]}
    seen_from_7 = seen(lattice, values, rings(begin=(1, 2), sectors=6))[0].reshape(2, 6)
    clockwise = ["east", "southeast", "southwest", "west", "northwest", "northeast"]
    expected = [lattice.neighbours[7, lattice.directions.index(way)] for way in clockwise]
    assert seen_from_7[0].tolist() == expected
    assert seen_from_7[1].sum() == np.arange(20).sum() - 7 - sum(expected)


def test_the_centre_counts_in_every_sector_of_a_ring_that_begins_at_0():
    values = {HEAT: [[0, 5, 0]], CELL: [1]}
    assert seen(Line1D(3), values, rings(begin=(0, 1), sectors=2))[0].tolist() == [5, 5, 0, 0]


@pytest.mark.slow
def test_classes_and_components_have_channels_of_their_own_and_the_shape_is_a_picture():
    values = {TERRAIN: [[0, 1, 2, 2, 1]], Fields.flow: [[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]], CELL: [2]}
    far = {"begin": (0, 2), "sectors": 1}
    entries = rings(TERRAIN, one_hot=True, **far), rings(Fields.flow, **far)
    image = seen(Line1D(5), values, *entries, layout="image")
    assert image.shape == (1, 5, 2, 1)
    assert image[0, :, :, 0].tolist() == [[0, 1], [1, 1], [2, 0], [9, 6], [24, 16]]


@pytest.mark.slow
def test_an_entry_with_transforms_gives_rings_that_are_transformed_after_pooling():
    entry = Observe(HEAT, "warm").rings(around=CELL, begin=(0,), operation="mean").normalised(0.0, 4.0)
    assert entry.name == "warm"
    assert seen(Line1D(4), {HEAT: [[1, 2, 3, 4]], CELL: [0]}, entry)[0].tolist() == [0.625]


@pytest.mark.parametrize("operation", NUMPY)
def test_an_empty_group_and_a_centre_that_is_no_cell_show_0_whatever_is_transformed(operation):
    entry = rings(begin=(1,), sectors=2, operation=operation).normalised(-4.0, 4.0)
    values = {HEAT: [[2, 4, 4], [2, 4, 4]], CELL: [0, -1]}
    shown = seen(Line1D(3), values, entry)
    assert shown[0].tolist() == [1.0, 0.0]
    assert shown[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("operation", ["max", "min"])
def test_a_group_of_nothing_but_nan_shows_0(operation):
    values = {HEAT: [[math.nan, 0, math.nan, 3]], CELL: [1]}
    assert seen(Line1D(4), values, rings(begin=(1,), sectors=2, operation=operation))[0].tolist() == [3, 0]


@pytest.mark.slow
def test_every_agent_has_rings_of_its_own():
    values = {HEAT: [np.arange(6)], CELLS: [[0, 5, -1]]}
    entry = rings(around=CELLS, begin=(1, 3), sectors=2)
    out = seen(Line1D(6), values, entry, num_agents=3, over="agents")[0]
    assert out.reshape(3, 4).tolist() == [[3, 0, 12, 0], [0, 7, 0, 3], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("operation", "low", "high"), [("sum", -3.0, 6.0), ("mean", -1.0, 2.0), ("max", -1.0, 2.0)]
)
def test_the_space_has_the_bounds_that_are_attained(operation, low, high):
    class Bounded:
        heat = Field(low=-1.0, high=2.0)
        cell = Field(over="world", dtype=np.int32, low=0, high=3)

    entry = Rings(Bounded.heat, around=Bounded.cell, begin=(1,), operation=operation)
    space = plan_of(Line1D(4), entry, known=[Bounded.heat, Bounded.cell]).space
    assert (space.low.tolist(), space.high.tolist()) == ([low], [high])


def test_a_sum_of_rings_that_may_be_empty_has_0_within_its_bounds():
    class Bounded:
        heat = Field(initial=1.0, low=1.0, high=2.0)
        cell = Field(over="world", dtype=np.int32, low=0, high=3)

    entry = Rings(Bounded.heat, around=Bounded.cell, begin=(1, 3), operation="sum")
    space = plan_of(Line1D(4), entry, known=[Bounded.heat, Bounded.cell]).space
    assert (space.low.tolist(), space.high.tolist()) == ([0.0, 0.0], [6.0, 6.0])
