"""Batched spaces are Gymnasium's, in the memory of one row."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from gymnasium.vector.utils import batch_space

from murk_env.faces.spaces import batched_space

SPACES = [
    Box(-1.0, np.inf, (3,), np.float32),
    Box(np.array([0.0, 1.0]), np.array([2.0, 5.0]), dtype=np.float64),
    Dict({"near": Box(0.0, 1.0, (2, 2)), "far": Box(-2.0, 2.0, (1,))}),
    Discrete(4, start=-1),
    MultiDiscrete([3, 2]),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_it_is_the_space_that_gymnasium_makes(space):
    ours, theirs = batched_space(space, 5), batch_space(space, 5)
    assert ours == theirs
    assert pickle.loads(pickle.dumps(ours)) == theirs
    for one in (ours, theirs):
        one.seed(3)
    mine, other = ours.sample(), theirs.sample()
    assert pickle.dumps(mine) == pickle.dumps(other)
    assert theirs.contains(mine)
    assert ours.contains(other)


def test_its_bounds_take_the_memory_of_one_row():
    space: Any = batched_space(SPACES[0], 1000)
    for bounds in (space.low, space.high, space.bounded_below, space.bounded_above):
        assert bounds.shape == (1000, 3)
        assert bounds.strides[0] == 0
        assert bounds.base.nbytes <= 12


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_it_draws_as_the_one_space_was_seeded_to(space):
    one = copy.deepcopy(space)
    one.seed(7)
    ours, theirs = batched_space(one, 4), batch_space(one, 4)
    assert pickle.dumps(ours.sample()) == pickle.dumps(theirs.sample())
