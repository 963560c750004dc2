"""Windows on every lattice and edge, against windows found by walking."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env import Field
from murk_env.errors import BlueprintError
from murk_env.lattice import Fcc12, Grid, Hex2D, Ring1D, Square4, Square8
from murk_env.lattice.grid import Edge
from murk_env.observation import Observe, Window, _window_kernels
from murk_env.observation.region import disk, rectangle
from tests.env.observation.scenes import (
    EDGES,
    LATTICES,
    Fields,
    everywhere,
    hops_from,
    plan_of,
    seen,
    shown_by_walking,
)

HEAT, CELL = Fields.heat, Fields.cell
TERRAIN = Field(categories=3)
TERRAIN.name = "terrain"


@pytest.mark.few(10)
@pytest.mark.parametrize("radius", range(5))
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_a_disk_shows_the_cells_within_its_radius_and_no_others(lattice, radius):
    window = seen(lattice, everywhere(lattice), Window(HEAT, around=CELL, disk=radius))
    for cell in range(lattice.num_cells):
        ball = {other for other, hops in hops_from(lattice, cell).items() if hops <= radius}
        assert set(window[cell].astype(int).tolist()) - {0} == {other + 1 for other in ball}


@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_a_disk_shows_every_cell_at_its_place(lattice):
    window = seen(lattice, everywhere(lattice), Window(HEAT, around=CELL, disk=2))
    expected = [
        shown_by_walking(lattice, cell, (2,) * lattice.ndim, radius=2) for cell in range(lattice.num_cells)
    ]
    assert window.tolist() == (np.array(expected) + 1).tolist()


@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_a_rectangle_shows_every_cell_at_its_place(lattice):
    half_extents = (1, 2, 1)[: lattice.ndim]
    window = seen(lattice, everywhere(lattice), Window(HEAT, around=CELL, rectangle=half_extents))
    expected = [shown_by_walking(lattice, cell, half_extents) for cell in range(lattice.num_cells)]
    assert window.tolist() == (np.array(expected) + 1).tolist()


@pytest.mark.few(3)
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_the_mask_is_one_where_a_cell_is_shown(lattice):
    parts = seen(
        lattice, everywhere(lattice), Window(HEAT, around=CELL, disk=2, with_mask=True), layout="dict"
    )
    assert np.array_equal(parts["heat_mask"], parts["heat"] > 0)


@pytest.mark.parametrize("centre", [-1, 12, 2**31 - 1, -(2**31)])
def test_a_centre_that_is_no_cell_sees_only_padding(centre):
    values = {HEAT: np.ones((2, 12)), CELL: [centre, 5]}
    entry = Window(HEAT, around=CELL, disk=1, padding=-3.0, with_mask=True)
    window, _ = np.split(seen(Square4(3, 4), values, entry), 2, axis=1)
    assert window.tolist() == [[-3] * 9, [-3, 1, -3, 1, 1, 1, -3, 1, -3]]
    mask = seen(Square4(3, 4), values, entry, layout="dict")["heat_mask"]
    assert mask.reshape(2, 9).tolist() == [[0] * 9, [0, 1, 0, 1, 1, 1, 0, 1, 0]]


@given(
    lattice=st.sampled_from(
        [Square4(4, 5, "wrap"), Square8(3, 4, "wrap"), Hex2D(5, 4, "wrap"), Fcc12(4, 4, 2, "wrap"), Ring1D(7)]
    ),
    data=st.data(),
)
@settings(max_examples=40, deadline=None)
def test_where_a_lattice_wraps_the_field_and_the_centre_may_move_together(lattice, data):
    centre = data.draw(st.integers(0, lattice.num_cells - 1))
    way = lattice.coordinates[data.draw(st.integers(0, lattice.num_cells - 1))]
    moved = lattice.shifted(np.arange(lattice.num_cells), way)
    heat = np.random.default_rng(0).normal(size=(2, lattice.num_cells))
    heat[1, moved] = heat[0]
    window = seen(lattice, {HEAT: heat, CELL: [centre, moved[centre]]}, Window(HEAT, around=CELL, disk=2))
    assert window[0].tolist() == window[1].tolist()


@pytest.mark.parametrize("edge", EDGES)
def test_a_window_larger_than_the_world_repeats_cells_only_where_it_wraps(edge):
    values = {HEAT: [[1, 2, 3, 4]], CELL: [0]}
    window = seen(Square4(2, 2, edge), values, Window(HEAT, around=CELL, rectangle=(0, 3)))
    assert window[0].tolist() == ([2, 1, 2, 1, 2, 1, 2] if edge == "wrap" else [0, 0, 0, 1, 2, 0, 0])


@pytest.mark.slow
def test_a_window_shows_every_component():
    flow = np.arange(48).reshape(2, 2, 12)
    window = seen(
        Square4(3, 4),
        {Fields.flow: flow, CELL: [5, 6]},
        Window(Fields.flow, around=CELL, rectangle=(1, 1)),
        layout="image",
    )
    grid = flow.reshape(2, 2, 3, 4)
    assert window[0].tolist() == grid[0, :, :, 0:3].tolist()
    assert window[1].tolist() == grid[1, :, :, 1:4].tolist()


def test_a_window_of_a_static_field_is_the_same_in_every_world():
    wall = Field(mutability="static")
    wall.name = "wall"
    values = {wall: np.arange(6), CELL: [1, 1, 4]}
    window = seen(Square4(2, 3), values, Window(wall, around=CELL, rectangle=(0, 1)))
    assert window.tolist() == [[0, 1, 2], [0, 1, 2], [3, 4, 5]]


def test_the_centre_may_be_a_static_cell():
    home = Field(over="world", dtype=np.int32, mutability="static")
    values = {HEAT: np.arange(12).reshape(2, 6), home: np.int32(4)}
    window = seen(Square4(2, 3), values, Window(HEAT, around=home, rectangle=(0, 1)))
    assert window.tolist() == [[3, 4, 5], [9, 10, 11]]


@pytest.mark.slow
def test_classes_are_seen_as_channels_and_the_outside_as_none_of_them():
    terrain = Field(categories=3)
    terrain.name = "terrain"
    values = {terrain: [[0, 1, 2, 1]], CELL: [3]}
    entry = Window(terrain, one_hot=True, around=CELL, rectangle=(0, 2))
    window = seen(Square4(1, 4), values, entry, layout="dict")["terrain"]
    assert window[0, :, 0].tolist() == [[0, 0, 0, 0, 0], [1, 0, 1, 0, 0], [0, 1, 0, 0, 0]]


def test_the_space_holds_the_fields_bounds_and_the_padding():
    heat = Field(low=2.0, high=9.0, initial=5.0)
    heat.name = "heat"
    window = Window(heat, around=CELL, disk=1, with_mask=True)
    space = plan_of(Square4(3, 3), window, known=[heat, CELL], layout="dict").space
    assert (space["heat"].shape, space["heat_mask"].shape) == ((1, 3, 3), (1, 3, 3))
    assert (space["heat"].low.min(), space["heat"].high.max()) == (0.0, 9.0)
    assert (space["heat_mask"].low.min(), space["heat_mask"].high.max()) == (0.0, 1.0)


def test_a_disk_reaches_as_far_as_the_hops_do():
    @dataclass(frozen=True, repr=False)
    class Leaps(Grid):
        """A line on which a hop goes one or two cells far."""

        length: int
        edge: Edge = "absorb"

        @property
        def box(self):
            return (self.length,)

        @property
        def directions(self):
            return "west", "east", "far west", "far east"

        @property
        def steps(self):
            return (-1,), (1,), (-2,), (2,)

    window = seen(Leaps(9), {HEAT: [range(1, 10)], CELL: [3]}, Window(HEAT, around=CELL, disk=2))
    assert window[0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]


def test_a_window_of_a_large_lattice_has_few_kinds_of_cells():
    region = disk(Square4(40, 50), 2)
    assert region.displacements.shape == (25, 25)  # five places of the row, times five of the column


# A window made of what is observed


def chosen(entry):
    """What has been chosen of an entry, but for where it is seen."""
    return entry.field, entry.name, entry.one_hot, entry.pool, entry.transforms


@pytest.mark.parametrize(
    "entry",
    [
        Observe(HEAT),
        Observe(HEAT, name="near"),
        Observe(TERRAIN, one_hot=True),
        Observe(HEAT).normalised(-1.0, 2.0),
        Observe(HEAT).clipped(-1.0, 1.0).logged(),
        Observe(HEAT, "warm").pooled("max", 2, 1).logged(),
        Observe(TERRAIN, "ground", one_hot=True).pooled("sum", 3),
    ],
    ids=["plain", "name", "one_hot", "normalised", "clipped and logged", "pooled", "all"],
)
def test_a_window_of_an_entry_keeps_what_was_chosen_of_it(entry):
    window = entry.window(around=CELL, disk=1, padding=-1.0, with_mask=True)
    assert type(window) is Window
    assert chosen(window) == chosen(entry)
    assert (window.around, window.disk, window.padding, window.with_mask) == (CELL, 1, -1.0, True)


@pytest.mark.slow
def test_a_window_of_an_entry_is_seen_as_the_same_window_made_directly():
    rng = np.random.default_rng(4)
    values = {HEAT: rng.normal(size=(2, 20)), TERRAIN: rng.integers(0, 3, (2, 20)), CELL: [7, 19]}
    pairs = [
        (
            Observe(HEAT, "near").normalised(-1.0, 1.0).window(around=CELL, rectangle=(1, 2), padding=0.5),
            Window(HEAT, "near", around=CELL, rectangle=(1, 2), padding=0.5).normalised(-1.0, 1.0),
        ),
        (
            Observe(TERRAIN, one_hot=True).pooled("mean", 2).window(around=CELL, disk=2, with_mask=True),
            Window(TERRAIN, one_hot=True, around=CELL, disk=2, with_mask=True).pooled("mean", 2),
        ),
    ]
    for ours, direct in pairs:
        one, other = (seen(Square4(4, 5), values, entry, layout="dict") for entry in (ours, direct))
        assert list(one) == list(other)
        for key, array in one.items():
            assert array.tobytes() == other[key].tobytes()
            assert array.any()


def test_what_is_chosen_of_a_window_comes_after_what_was_chosen_before():
    before = Observe(HEAT).clipped(0.0, 4.0).window(around=CELL, disk=1).normalised(0.0, 2.0)
    after = Window(HEAT, around=CELL, disk=1).clipped(0.0, 4.0).normalised(0.0, 2.0)
    assert before == after


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Observe(HEAT).window(around=CELL), "either a disk or a rectangle, not disk=None"),
        (lambda: Observe(CELL).window(around=CELL, disk=1), "the field of a Window must be over cells, not"),
        (
            lambda: Observe(HEAT).window(around=HEAT, disk=1),
            "the centre of a Window must be a scalar int32 field",
        ),
    ],
    ids=["no region", "over the world", "centre over cells"],
)
def test_a_window_that_an_entry_cannot_have_is_refused(make, message):
    with pytest.raises(BlueprintError, match=message):
        make()


@pytest.mark.few(1)
@pytest.mark.parametrize("region", [disk(Hex2D(4, 5), 2), rectangle(Square8(4, 5, "wrap"), (1, 3))], ids=repr)
def test_what_is_copied_quickly_is_what_the_plain_kernels_show(region):
    values = np.random.default_rng(0).normal(size=2 * 20).astype(np.float32)
    values[::7] = -0.0
    table = region.kinds, region.displacements
    for cell in (-1, *range(20), 20):
        plain, quick = np.full((2, 2 * region.num_places), 7.0, np.float32)
        _window_kernels.window(values, cell, *table, 0, -0.5, plain)
        _window_kernels.copy_window(values, cell, region.kinds, region.nearby, region.shown, 2, -0.5, quick)
        assert quick.tobytes() == plain.tobytes()
        plain, quick = np.full((2, region.num_places), 7.0, np.float32)
        _window_kernels.show_mask(cell, *table, region.each, 0, values[: region.num_places], plain)
        _window_kernels.show_cells(cell, region.kinds, region.shown, quick)
        assert quick.tobytes() == plain.tobytes()
