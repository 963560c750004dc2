"""Normalising, clipping, logarithms: their values, their bounds, and that padding stays what it is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env import Field
from murk_env.lattice import Square4
from murk_env.observation import Observe, Window
from tests.env.observation.scenes import Fields, plan_of, seen
from tests.tiers import representatives

HEAT, CELL = Fields.heat, Fields.cell
FLOATS = st.floats(-1e6, 1e6, width=32)
TRANSFORMS = {
    "none": lambda entry: entry,
    "normalised": lambda entry: entry.normalised(-10.0, 60.0),
    "clipped": lambda entry: entry.clipped(2.0, 3.0),
    "logged": lambda entry: entry.logged(),
    "all": lambda entry: entry.logged().clipped(0.5, 1.0).normalised(-1.0, 1.0),
}


def transformed(values, transform):
    """What becomes of some numbers: those of a row of cells."""
    return seen(Square4(1, len(values)), {HEAT: [values]}, transform(Observe(HEAT)))[0]


@given(values=st.lists(FLOATS, min_size=1, max_size=20), limits=st.tuples(FLOATS, FLOATS))
@settings(max_examples=40, deadline=None)
def test_normalised_values_are_bounded_rise_and_are_where_the_formula_puts_them(values, limits):
    low, high = min(limits), max(limits)
    values = sorted(values)
    found = transformed(values, lambda entry: entry.normalised(low, high))
    assert (np.diff(found) >= 0).all()
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    share = np.array(values) - low
    expected = np.clip(share / (high - low), 0, 1) if high > low else np.zeros(len(values))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@given(values=st.lists(FLOATS, min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_logged_values_are_signed_logarithms_of_one_and_more(values):
    found = transformed(values, lambda entry: entry.logged())
    expected = [math.copysign(math.log1p(abs(value)), value) for value in values]
    np.testing.assert_allclose(found, expected, rtol=2e-7, atol=1e-44)


def test_clipped_values_lie_within_the_limits():
    assert transformed([-2, 1, 5], lambda entry: entry.clipped(0, 3)).tolist() == [0, 1, 3]


def test_transforms_follow_each_other_in_the_order_written():
    assert transformed([4.0], lambda entry: entry.clipped(0, 2).normalised(0, 4)).tolist() == [0.5]
    assert transformed([4.0], lambda entry: entry.normalised(0, 4).clipped(0, 2)).tolist() == [1.0]


@pytest.mark.parametrize("name", ["normalised", "clipped", "logged"])
def test_what_is_not_a_number_stays_so(name):
    assert math.isnan(transformed([math.nan], TRANSFORMS[name])[0])


PADDED = [(name, operation) for operation in (None, "mean", "max", "min", "sum") for name in ("none", "all")]


@pytest.mark.few(1)
@pytest.mark.parametrize(("name", "operation"), representatives(PADDED, [("none", None), *PADDED[1::2]]))
def test_padding_is_exactly_zero_after_every_transform_and_pooling(name, operation):
    window = Window(HEAT, around=CELL, disk=3, with_mask=True)
    entry = TRANSFORMS[name](window.pooled(operation, 2, 1) if operation else window)
    values = {HEAT: np.full((3, 12), 5.0), CELL: [0, 7, -1]}
    parts = seen(Square4(3, 4), values, entry, layout="dict")
    outside = parts["heat_mask"] == 0.0
    assert outside.reshape(3, -1).any(axis=1).all()
    assert not parts["heat"][outside].any()
    assert parts["heat"][~outside].all()


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ["none", "all"])
def test_the_padding_that_was_asked_for_is_not_transformed(name):
    entry = TRANSFORMS[name](Window(HEAT, around=CELL, rectangle=(0, 1), padding=-7.5))
    window = seen(Square4(1, 3), {HEAT: [[5.0, 5.0, 5.0]], CELL: [0]}, entry)
    assert window[0, 0] == -7.5
    assert (window[0, 1:] > 0).all()


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("none", 0.0, 20.0),
        ("normalised", np.float32(1 / 7), np.float32(3 / 7)),
        ("clipped", 2.0, 3.0),
        ("logged", 0.0, np.float32(math.log(21))),
    ],
)
def test_the_bounds_of_the_field_are_transformed_as_its_values_are(name, low, high):
    heat = Field(low=0.0, high=20.0)
    space = plan_of(Square4(1, 1), TRANSFORMS[name](Observe(heat)), known=[heat]).space
    assert (space.low.tolist(), space.high.tolist()) == ([low], [high])


def test_a_field_without_bounds_has_those_of_the_transform():
    space = plan_of(Square4(1, 1), Observe(HEAT).normalised(3.0, 4.0), Observe(HEAT).logged()).space
    assert (space.low.tolist(), space.high.tolist()) == ([0, -math.inf], [1, math.inf])
