"""The bounds of what is seen: they hold for all values of the fields, and some values reach them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env import Field
from murk_env.lattice import Hex2D, Line1D, Ring1D, Square4, Square8
from murk_env.observation import Observe, Window
from tests.env.observation.scenes import LATTICES, Fields, plan_of, seen

CELL = Fields.cell
FLOATS = st.floats(-50.0, 50.0)
BOXES = [lattice for lattice in LATTICES if len(lattice.shape) == lattice.ndim]
OPERATIONS = st.sampled_from(["sum", "sum", "mean", "max", "min"])
POOLS = st.tuples(OPERATIONS, st.integers(1, 3), st.integers(1, 3))


@st.composite
def fields(draw):
    """A field over cells with bounds, and whether to show its classes."""
    kind = draw(st.sampled_from(["float", "whole", "classes"]))
    if kind == "classes":
        return Field(categories=draw(st.integers(2, 4))), True
    if kind == "float":
        low = draw(FLOATS)
        high = draw(st.floats(low, 60.0))
        return Field(low=low, high=high, initial=low), False
    low = draw(st.integers(-9, 9))
    high = low + draw(st.integers(0, 9))
    return Field(dtype=np.int32, low=low, high=high, initial=low), False


@st.composite
def windows(draw):
    """A lattice, a window's centre, and a window of some field."""
    lattice, (field, one_hot) = draw(st.sampled_from(LATTICES)), draw(fields())
    low = draw(st.integers(-1, lattice.num_cells - 1))
    high = draw(st.integers(low, lattice.num_cells))
    cell = Field(over="world", dtype=np.int32, low=low, high=high, initial=low)
    region = draw(
        st.fixed_dictionaries({"disk": st.integers(0, 3)})
        | st.fixed_dictionaries({"rectangle": st.tuples(*[st.integers(0, 2)] * lattice.ndim)})
    )
    window = Window(
        field, one_hot=one_hot, around=cell, padding=draw(st.sampled_from([0.0, -60.0, 7.5])), **region
    )
    return lattice, cell, window


def spread(lattice, field, num_worlds):
    """Worlds in which all cells are at the lowest value, as many at the highest, and as many of any."""
    low, high = (field.dtype.type(limit) for limit in field.bounds)
    shape = num_worlds, lattice.num_cells
    random = np.random.default_rng(5).uniform(low, high, shape)
    if field.dtype == np.int32:
        random = np.random.default_rng(5).integers(low, high, shape, endpoint=True)
    return np.concatenate([np.full(shape, low), np.full(shape, high), np.clip(random, low, high)])


def check(lattice, values, entry):
    space = plan_of(lattice, entry, known=values.keys()).space
    out = seen(lattice, values, entry)
    assert (out >= space.low).all()
    assert (out <= space.high).all()
    assert (out.min(), out.max()) == (space.low.min(), space.high.max())


@pytest.mark.slow
@given(scene=windows())
@settings(max_examples=80, deadline=None)
def test_the_bounds_of_a_window_hold_and_are_reached(scene):
    lattice, cell, window = scene
    centres = np.arange(cell.low, cell.high + 1)
    values = {window.field: spread(lattice, window.field, len(centres)), cell: np.tile(centres, 3)}
    check(lattice, values, window)


@pytest.mark.slow
@given(scene=windows(), pool=POOLS)
@settings(max_examples=120, deadline=None)
def test_the_bounds_of_a_pooled_window_hold_and_are_reached(scene, pool):
    lattice, cell, window = scene
    operation, size, stride = pool
    reach = [2 * window.disk + 1] if window.rectangle is None else [2 * by + 1 for by in window.rectangle]
    centres = np.arange(cell.low, cell.high + 1)
    values = {window.field: spread(lattice, window.field, len(centres)), cell: np.tile(centres, 3)}
    check(lattice, values, window.pooled(operation, min(size, *reach, size), stride))


@pytest.mark.slow
@given(lattice=st.sampled_from(BOXES), shown=fields(), pool=POOLS)
@settings(max_examples=60, deadline=None)
def test_the_bounds_of_a_pooled_field_hold_and_are_reached(lattice, shown, pool):
    (field, one_hot), (operation, size, stride) = shown, pool
    entry = Observe(field, one_hot=one_hot).pooled(operation, min(size, *lattice.shape, size), stride)
    check(lattice, {field: spread(lattice, field, 1)}, entry)


@pytest.mark.slow
@given(scene=windows())
@settings(max_examples=20, deadline=None)
def test_the_bounds_hold_and_are_reached_after_transforms(scene):
    lattice, cell, window = scene
    centres = np.arange(cell.low, cell.high + 1)
    values = {window.field: spread(lattice, window.field, len(centres)), cell: np.tile(centres, 3)}
    check(lattice, values, window.pooled("sum", 1).logged().normalised(-3.0, 5.0))


def bounds(lattice, entry):
    space = plan_of(lattice, entry, known=entry.fields).space
    return space.low.min(), space.high.max()


def warm(low=5.0, high=9.0):
    return Field(low=low, high=high, initial=low)


def centre(low=None, high=None, **options):
    return Field(over="world", dtype=np.int32, low=low, high=high, **options)


def test_a_sum_over_a_disk_counts_the_cells_of_the_disk():
    window = Window(Field(low=-2.0, high=1.0), around=centre(0, 24), disk=2).pooled("sum", 5)
    assert bounds(Square4(5, 5, "wrap"), window) == (-26.0, 13.0)


def test_a_sum_that_always_counts_all_cells_is_bounded_from_both_sides():
    assert bounds(Square4(4, 4), Observe(warm()).pooled("sum", 4)) == (80.0, 144.0)


def test_a_sum_at_a_border_counts_as_few_cells_as_the_corner_shows():
    window = Window(warm(), around=centre(0, 15), rectangle=(1, 1)).pooled("sum", 3)
    assert bounds(Square4(4, 4), window) == (4 * 5.0, 9 * 9.0)


@pytest.mark.parametrize(
    "lattice", [Ring1D(5), Square4(3, 4, "wrap"), Square8(4, 4, "wrap"), Hex2D(3, 4, "wrap")]
)
def test_no_padding_is_within_the_space_where_none_can_be_seen(lattice):
    around = centre(0, lattice.num_cells - 1)
    assert bounds(lattice, Window(warm(), around=around, rectangle=(2,) * lattice.ndim)) == (5.0, 9.0)


def test_a_centre_that_wraps_at_the_number_of_cells_is_always_a_cell():
    around = centre(0, 5, at_bounds="wrap")
    assert bounds(Ring1D(5), Window(warm(), around=around, disk=1)) == (5.0, 9.0)


@pytest.mark.parametrize("around", [centre(), centre(0), centre(-1, 4), centre(0, 5)], ids=repr)
def test_padding_is_within_the_space_where_the_centre_may_be_no_cell(around):
    assert bounds(Ring1D(5), Window(warm(), around=around, disk=1)) == (0.0, 9.0)


def test_padding_is_within_the_space_only_if_a_possible_centre_shows_some():
    inner, outer = centre(2, 6, initial=4), centre(1, 6, initial=4)
    window = Window(warm(), around=inner, disk=2)
    assert bounds(Line1D(9), window) == (5.0, 9.0)
    assert bounds(Line1D(9), Window(warm(), around=outer, disk=2)) == (0.0, 9.0)


def test_what_can_never_show_a_cell_is_bounded_by_the_padding():
    window = Window(warm(), around=centre(0, 0), rectangle=(3,), padding=-1.0).pooled("sum", 1, 7)
    assert bounds(Line1D(1), window) == (-1.0, -1.0)


def test_the_sum_of_large_integers_is_bounded_as_it_is_added_up():
    high = 2**24 + 1  # float32 holds 2**24, and so would be bounds that are rounded before they are added
    hits = Field(dtype=np.int32, low=0, high=high)
    out = seen(Line1D(3), {hits: [[high] * 3]}, Observe(hits).pooled("sum", 3))
    assert bounds(Line1D(3), Observe(hits).pooled("sum", 3)) == (0.0, np.float32(3 * high))
    assert out[0, 0] == np.float32(3 * high)


def test_integers_that_wrap_stay_below_their_upper_bound():
    phase = Field(dtype=np.int32, low=0, high=4, at_bounds="wrap")
    assert bounds(Ring1D(3), Observe(phase)) == (0.0, 3.0)


def test_a_sum_beyond_float32_is_infinite_in_the_space_and_in_what_is_seen():
    heat = Field(low=0.0, high=3e38)
    entry = Observe(heat).pooled("sum", 2)
    assert bounds(Line1D(2), entry) == (0.0, math.inf)
    assert seen(Line1D(2), {heat: [[3e38, 3e38]]}, entry)[0, 0] == math.inf


def test_a_fields_bound_beyond_float32_is_infinite():
    assert bounds(Line1D(2), Observe(Field(low=0.0, high=1e300))) == (0.0, math.inf)


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["max", "min"])
@pytest.mark.parametrize(("low", "high", "shown"), [(5.0, 9.0, 5.0), (-9.0, -5.0, -5.0), (-1.0, 1.0, 0.0)])
def test_a_square_of_nothing_but_nan_shows_what_the_space_holds_nearest_to_0(operation, low, high, shown):
    heat = warm(low, high)
    values = {heat: [[math.nan, math.nan, high, math.nan]]}
    entry = Observe(heat).pooled(operation, 2)
    assert seen(Line1D(4), values, entry)[0].tolist() == [shown, high]


@pytest.mark.parametrize(("padding", "shown"), [(0.0, 5.0), (7.0, 7.0), (12.0, 9.0)])
def test_a_window_of_nothing_but_nan_shows_what_the_space_holds_nearest_to_the_padding(padding, shown):
    heat, around = warm(), centre(0, 3)
    window = Window(heat, around=around, disk=1, padding=padding, with_mask=True).pooled("max", 3)
    values = {heat: np.full((1, 4), math.nan), around: [2]}
    assert seen(Ring1D(4), values, window)[0].tolist() == [shown, 0.0]


def test_a_window_of_nothing_but_nan_shows_the_padding_where_padding_is_seen_anyway():
    heat, around = warm(), centre(0, 3)
    window = Window(heat, around=around, rectangle=(1,), padding=-2.0).pooled("min", 1)
    values = {heat: np.full((1, 4), math.nan), around: [0]}
    assert seen(Line1D(4), values, window)[0].tolist() == [-2.0, -2.0, -2.0]
