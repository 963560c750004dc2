"""Pooling, against numpy on whole boxes, and what counts where a box is not whole."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from murk_env import Field
from murk_env.lattice import Fcc12, Hex2D, Line1D, Square4
from murk_env.observation import Observe, Window, _sums, _window_kernels
from murk_env.observation.pooling import Squares
from murk_env.observation.region import whole
from tests.env.observation.scenes import Fields, seen

HEAT, CELL = Fields.heat, Fields.cell
NUMPY = {"mean": np.mean, "max": np.max, "min": np.min, "sum": np.sum}


def pooled_by_numpy(operation, box, size, stride):
    """Pool the last two axes of an array (..., rows, cols) of float64."""
    squares = sliding_window_view(box, (size, size), axis=(-2, -1))[..., ::stride, ::stride, :, :]
    return NUMPY[operation](squares, axis=(-2, -1))


@pytest.mark.few(1)
@pytest.mark.parametrize("operation", NUMPY)
@given(size=st.integers(1, 5), stride=st.integers(1, 6), seed=st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_a_whole_window_is_pooled_as_by_numpy(operation, size, stride, seed):
    heat = np.random.default_rng(seed).normal(size=(1, 42)).astype(np.float32)
    entry = Window(HEAT, around=CELL, rectangle=(2, 3)).pooled(operation, size, stride)
    window = seen(Square4(6, 7, "wrap"), {HEAT: heat, CELL: [2 * 7 + 3]}, entry, layout="image")
    expected = pooled_by_numpy(operation, heat.reshape(6, 7)[:5].astype(np.float64), size, stride)
    assert window[0, 0].shape == expected.shape
    np.testing.assert_allclose(window[0, 0], expected, rtol=2e-7, atol=1e-7)


@pytest.mark.few(1)
@pytest.mark.parametrize("operation", NUMPY)
def test_a_whole_field_is_pooled_as_by_numpy(operation):
    flow = np.random.default_rng(0).normal(size=(2, 2, 30)).astype(np.float32)
    entry = Observe(Fields.flow).pooled(operation, 2, 3)
    image = seen(Square4(5, 6), {Fields.flow: flow}, entry, layout="image")
    expected = pooled_by_numpy(operation, flow.reshape(2, 2, 5, 6).astype(np.float64), 2, 3)
    np.testing.assert_allclose(image, expected, rtol=2e-7, atol=1e-7)


@pytest.mark.slow
def test_the_stride_is_the_size_by_default():
    image = seen(Hex2D(6, 4), {HEAT: np.ones((1, 24))}, Observe(HEAT).pooled("sum", 2), layout="image")
    assert image[0, 0].tolist() == [[4, 4, 4], [4, 4, 4]]


@pytest.mark.slow
def test_a_box_of_three_axes_is_pooled_in_cubes():
    entry = Window(HEAT, around=CELL, rectangle=(1, 1, 1)).pooled("sum", 2, 1)
    values = {HEAT: np.ones((1, 32)), CELL: [0]}
    cubes = seen(Fcc12(4, 4, 4, "wrap"), values, entry, layout="image")
    assert cubes[0].tolist() == np.full((1, 2, 2, 2), 4).tolist()  # half the points of a cube are cells


@pytest.mark.parametrize(
    ("operation", "expected"),
    [("mean", [0, 7, 2]), ("max", [0, 7, 3]), ("min", [0, 7, 1]), ("sum", [0, 7, 4])],
)
def test_places_outside_do_not_count(operation, expected):
    entry = Window(HEAT, around=CELL, rectangle=(3,)).pooled(operation, 2)
    assert seen(Line1D(3), {HEAT: [[7, 1, 3]], CELL: [0]}, entry)[0].tolist() == expected


def test_the_maximum_and_the_minimum_skip_what_is_not_a_number():
    values = {HEAT: [[math.nan, 5.0, math.nan, math.nan]], CELL: [1]}
    for operation in ("max", "min"):
        entry = Window(HEAT, around=CELL, rectangle=(1,), with_mask=True).pooled(operation, 2, 1)
        assert seen(Line1D(4), values, entry)[0].tolist() == [5, 5, 1, 1]
        whole = seen(Line1D(4), values, Observe(HEAT).pooled(operation, 1))
        assert whole[0].tolist() == [0, 5, 0, 0]


@pytest.mark.parametrize("operation", ["max", "min"])
def test_a_square_of_nothing_but_nan_is_masked(operation):
    values = {HEAT: [[math.nan, math.nan, 4.0]], CELL: [1]}
    entry = Window(HEAT, around=CELL, rectangle=(1,), with_mask=True).pooled(operation, 2, 1)
    window = seen(Line1D(3), values, entry.normalised(2.0, 6.0))
    assert window[0].tolist() == [0, 0.5, 0, 1]


@pytest.mark.parametrize("operation", ["mean", "sum"])
def test_the_mean_and_the_sum_pass_on_what_is_not_a_number(operation):
    values = {HEAT: [[math.nan, 1.0, 1.0]], CELL: [1]}
    entry = Window(HEAT, around=CELL, rectangle=(1,), with_mask=True).pooled(operation, 2, 1)
    window = seen(Line1D(3), values, entry)[0].tolist()
    assert math.isnan(window[0])
    assert window[1:] == [NUMPY[operation]([1.0, 1.0]), 1, 1]


@pytest.mark.slow
def test_the_mean_of_a_class_is_its_share_of_the_cells():
    terrain = Field(categories=2)
    entry = Observe(terrain, one_hot=True).pooled("mean", 2)
    image = seen(Square4(2, 4), {terrain: [[0, 1, 1, 1, 0, 0, 1, 0]]}, entry, layout="image")
    assert image[0].tolist() == [[[0.75, 0.25]], [[0.25, 0.75]]]


@pytest.mark.slow
def test_one_mask_serves_all_channels_and_shows_where_any_has_a_value():
    flow = np.full((1, 2, 4), math.nan)
    flow[0, 1, :2] = 3.0  # the other component has no value anywhere
    entry = Window(Fields.flow, around=CELL, rectangle=(1,), with_mask=True, padding=-1.0).pooled("max", 1)
    parts = seen(Line1D(4), {Fields.flow: flow, CELL: [1]}, entry, layout="dict")
    assert parts["flow"].tolist() == [[[-1, -1, -1], [3, 3, -1]]]
    assert parts["flow_mask"].tolist() == [[[1, 1, 0]]]


@pytest.mark.few(1)
@pytest.mark.parametrize("operation", ["mean", "sum"])
def test_sums_over_whole_fields_are_those_of_the_kernel_for_windows_to_the_bit(operation):
    values = np.random.default_rng(0).normal(size=60).astype(np.float32)
    values[::7] = -0.0
    pool, region = Squares(operation, 2, 1), whole((5, 6))
    groups = pool.groups((5, 6))
    plain, quick = np.zeros((2, 2 * len(groups)), np.float32)
    _window_kernels.pool(values, 0, region.kinds, region.displacements, groups, 0, pool.code, plain)
    _sums.add_up(values, 30, groups, operation == "mean", quick)
    assert quick.tobytes() == plain.tobytes()
