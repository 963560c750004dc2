"""Eight numbers side by side: each lane is what single numbers give, to the bit."""

import numpy as np
import pytest

from murk_env.kernels import kernel
from murk_env.kernels.lanes import (
    LANES,
    added,
    all_lanes,
    chosen,
    divided,
    lanes_at,
    lanes_from,
    multiplied,
    put_lanes,
    put_lanes_from,
    transposed,
)


@kernel
def combine(values, out, factor):
    """out[1] = (values[0] + values[2]) * factor / values[1], lane by lane."""
    total = added(lanes_at(values, 0), lanes_at(values, np.uint32(2)))
    put_lanes(out, np.uint64(1), divided(multiplied(total, all_lanes(factor)), lanes_at(values, 1)))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_each_lane_is_what_numpy_gives_and_other_places_stay(kind):
    values = np.random.default_rng(1).normal(size=3 * LANES).astype(kind)
    values[:3] = [-0.0, np.inf, np.nan]
    values[2 * LANES] = -0.0
    out = np.full(3 * LANES, 7.0, kind)
    combine(values, out, kind(0.3))
    first, second, third = values.reshape(3, LANES)
    assert out[LANES : 2 * LANES].tobytes() == ((first + third) * kind(0.3) / second).tobytes()
    assert (np.delete(out.reshape(3, LANES), 1, axis=0) == 7.0).all()


@kernel
def move(values, out, first):
    """out[first + 1 ...] = values[first ...], eight numbers that begin anywhere."""
    put_lanes_from(out, first + 1, lanes_from(values, first))


@kernel
def transpose(rows, out):
    """Eight rows of eight numbers become columns."""
    for row, lanes in enumerate(
        transposed(
            (
                lanes_at(rows, 0),
                lanes_at(rows, 1),
                lanes_at(rows, 2),
                lanes_at(rows, 3),
                lanes_at(rows, 4),
                lanes_at(rows, 5),
                lanes_at(rows, 6),
                lanes_at(rows, 7),
            )
        )
    ):
        put_lanes(out, row, lanes)


@kernel
def choose(marks, values, out):
    """The first lanes of `values` where marked, else the second."""
    put_lanes(out, 0, chosen(lanes_at(marks, 0), lanes_at(values, 0), lanes_at(values, 1)))


def test_eight_numbers_that_begin_anywhere_are_moved_and_no_more():
    values, out = np.arange(20.0), np.full(20, -1.0)
    move(values, out, np.uint64(5))
    expected = np.full(20, -1.0)
    expected[6:14] = values[5:13]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_eight_rows_become_columns(kind):
    rows = np.arange(LANES * LANES, dtype=kind)
    out = np.empty_like(rows)
    transpose(rows, out)
    np.testing.assert_array_equal(out.reshape(LANES, LANES), rows.reshape(LANES, LANES).T)


def test_a_lane_is_chosen_where_its_mark_is_not_zero():
    marks = np.array([0.0, 1.0, -0.0, -2.0, np.nan, np.inf, 1e-300, 0.0])
    values, out = np.arange(2.0 * LANES), np.empty(LANES)
    choose(marks, values, out)
    np.testing.assert_array_equal(out, np.where(marks != 0.0, values[:LANES], values[LANES:]))
