"""Data are the same when types, dtypes, shapes and bytes are."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from murk_env.testing import first_difference

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
ARRAYS = hnp.arrays(
    st.sampled_from([np.float32, np.int64, np.bool_]), hnp.array_shapes(min_dims=0, max_dims=3, max_side=3)
)
NESTED = st.recursive(
    SCALARS | ARRAYS,
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.lists(parts, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), parts, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(NESTED)
def test_data_do_not_differ_from_their_deep_copy(data):
    assert first_difference(data, deepcopy(data)) is None


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4)), st.data())
def test_one_flipped_bit_is_found_where_it_is(array, data):
    index = tuple(data.draw(st.integers(0, side - 1)) for side in array.shape)
    other = array.copy()
    other.view(np.uint64)[index] ^= np.uint64(1) << np.uint64(data.draw(st.integers(0, 63)))
    difference = first_difference(array, other)
    assert difference is not None
    assert (difference.kind, difference.place) == ("value", (index,))
    assert difference.row == index[0]


@pytest.mark.parametrize(
    ("expected", "actual", "kind"),
    [
        (1, 1.0, "type"),
        (True, np.True_, "type"),
        (1.0, np.float64(1.0), "type"),
        ((1,), [1], "type"),
        ({"a": 1}, {"b": 1}, "keys"),
        ([1], [1, 2], "length"),
        (np.zeros(2, np.float32), np.zeros(2), "dtype"),
        (np.zeros((2, 1)), np.zeros((1, 2)), "shape"),
        (0.0, -0.0, "value"),
        (np.float32(0.0), np.float32(-0.0), "value"),
        ("left", "right", "value"),
        (None, 0, "type"),
        (np.array([None, 1], object), np.array([None, 2], object), "value"),
    ],
)
def test_a_difference_is_named_by_its_kind(expected, actual, kind):
    difference = first_difference(expected, actual)
    assert difference is not None
    assert difference.kind == kind


def test_a_nan_equals_the_same_nan_and_no_other():
    quiet, other = np.array([0x7FF8000000000000, 0x7FF8000000000001], np.uint64).view(np.float64)
    assert first_difference(quiet, quiet.copy()) is None
    assert first_difference(quiet, other) is not None


def test_memory_layout_and_key_order_make_no_difference():
    array = np.arange(6.0).reshape(2, 3)
    assert first_difference(array, np.asfortranarray(array)) is None
    assert first_difference({"a": 1, "b": 2}, {"b": 2, "a": 1}) is None


def test_the_place_leads_through_dicts_tuples_and_object_arrays():
    expected = {"info": ({"final": np.array([None, {"heat": np.zeros(2)}], object)},)}
    actual = {"info": ({"final": np.array([None, {"heat": np.ones(2)}], object)},)}
    difference = first_difference(expected, actual)
    assert difference is not None
    assert difference.key == "['info'][0]['final'][1]['heat'][0]"
    assert difference.row == 1
    assert str(difference).startswith(f"at {difference.key}: value expected ")
