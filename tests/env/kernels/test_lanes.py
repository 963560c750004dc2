"""Eight numbers side by side: each lane is what single numbers give, to the bit."""

import numpy as np
import pytest

from murk_env.kernels import kernel
from murk_env.kernels.lanes import LANES, added, all_lanes, divided, lanes_at, multiplied, put_lanes


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
