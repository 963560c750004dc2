"""Levels: which of several maps each world has."""

import re

import numpy as np
import pytest

from murk_env.errors import MapError
from murk_env.maps import Levels, Raster

MAPS = np.arange(5.0 * 6).reshape(5, 6)


def test_levels_are_drawn_from_the_split_that_is_asked_for():
    assert Levels(hill=MAPS).ids.tolist() == [0, 1, 2, 3, 4]
    assert Levels(hill=MAPS, test=[1, 4]).ids.tolist() == [0, 2, 3]
    assert Levels(hill=MAPS, test=[1, 4], split="test").ids.tolist() == [1, 4]
    assert Levels(hill=MAPS, train=[0], test=[1], split="all").ids.tolist() == [0, 1, 2, 3, 4]


def test_shares_end_where_the_weights_of_the_split_say():
    levels = Levels(hill=MAPS, test=[0], weights=[9.0, 1.0, 0.0, 3.0, 0.0])
    assert levels.ends.tolist() == [0.25, 0.25, 1.0, 1.0]


def test_the_largest_weights_are_shares_too():
    assert Levels(hill=MAPS[:4], weights=[1.7e308] * 4).ends.tolist() == [0.25, 0.5, 0.75, 1.0]


def test_maps_are_a_copy_of_lists_and_rasters_too():
    maps = MAPS.copy()
    levels = Levels(hill=[Raster(maps[:1]), maps[1:2].tolist()])
    maps[...] = 0.0
    np.testing.assert_array_equal(levels.maps["hill"], MAPS[:2, np.newaxis])
    assert not levels.maps["hill"].flags.writeable


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "at least one field with at least one map"),
        ({"hill": np.zeros((0, 6))}, "at least one field with at least one map"),
        ({"hill": 3.0}, "must be an array of numbers, the levels first, not float64 of shape ()"),
        ({"hill": MAPS, "fuel": MAPS[:3]}, "their numbers are {'hill': 5, 'fuel': 3}"),
        (
            {"hill": [MAPS[:2], MAPS[:2], MAPS[:3]]},
            "maps of 'hill' must have one shape: that of level 2 is (3, 6), that of level 0 is (2, 6)",
        ),
        ({"hill": [[1.0, 2.0], [3.0, np.nan]]}, "the map of 'hill' of level 1 has NaN"),
        ({"hill": np.ma.masked_equal(MAPS, 3.0)}, "the maps of 'hill' have masked values"),
        ({"hill": MAPS, "split": "tset"}, "cannot be 'tset'; did you mean 'test'?"),
        ({"hill": MAPS, "split": "test"}, "the split 'test' of Levels is empty"),
        ({"hill": MAPS, "test": range(5)}, "the split 'train' of Levels is empty"),
        ({"hill": MAPS, "test": [5]}, "test names level 5, but there are the levels 0 to 4"),
        ({"hill": MAPS, "train": [-1]}, "train names level -1"),
        ({"hill": MAPS, "train": [1, 1]}, "the levels of train must differ, not [1, 1]; weights="),
        ({"hill": MAPS, "train": [0.5]}, "the levels of train must be a list of numbers"),
        ({"hill": MAPS, "train": "ab"}, "the levels of train must be a list of numbers, not 'ab'"),
        ({"hill": MAPS, "test": 3}, "the levels of test must be a list of numbers, not 3"),
        ({"hill": MAPS, "test": None}, "the levels of test must be a list of numbers, not None"),
        ({"hill": [[[1.0], [1.0, 2.0]]]}, "the maps of 'hill' must be arrays of numbers"),
        ({"hill": MAPS, "train": [1, 2], "test": [2]}, "train and test must share no level, but level 2"),
        ({"hill": MAPS, "weights": [1.0, 2.0]}, "weights of Levels must be 5 finite numbers >= 0"),
        ({"hill": MAPS, "weights": [[1.0], 2.0]}, "weights of Levels must be 5 finite numbers >= 0"),
        ({"hill": MAPS, "weights": [1.0, -1.0, 1.0, 1.0, 1.0]}, "weights of Levels"),
        ({"hill": MAPS, "weights": [1, 0, 0, 0, 0], "test": [0]}, "not all 0 in the split"),
    ],
)
def test_what_is_no_bank_of_levels_is_refused(given, message):
    with pytest.raises(MapError, match=re.escape(message)):
        Levels(**given)
