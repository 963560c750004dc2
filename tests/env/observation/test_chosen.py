"""`Observe(pool, at=index)`: what an index field chooses of a pool."""

import re
from typing import Any, cast

import numpy as np
import pytest

from murk_env.errors import BlueprintError
from murk_env.fields import Field
from murk_env.observation import Observe
from tests.env.observation.scenes import GRID, plan_of, seen

SONGS = Field(components=4, mutability="static")
POOL = Field(components=3)
WHICH = Field(over="world", categories=3)
HEAT = Field()
KIND = Field(categories=2)
WHERE = Field(over="world", indexes="cells", low=-1)
EACH = Field(over="agents", indexes="cells")
for _name, _field in {
    "songs": SONGS,
    "pool": POOL,
    "which": WHICH,
    "heat": HEAT,
    "kind": KIND,
    "where": WHERE,
    "each": EACH,
}.items():
    _field.name = _name
RNG = np.random.default_rng(5)


@pytest.mark.slow
def test_one_component_of_a_pool_is_shown_to_each_world():
    arrays = {POOL: RNG.normal(size=(4, 3, 20)), WHICH: np.array([2, 0, 1, 2])}
    shown = seen(GRID, arrays, Observe(POOL, at=WHICH), layout="image")
    assert shown.shape == (4, 1, 4, 5)
    expected = arrays[POOL][np.arange(4), arrays[WHICH]].reshape(shown.shape)
    np.testing.assert_array_equal(shown, expected.astype(np.float32))


def test_a_static_pool_lies_once_and_shows_one_component():
    which = Field(over="world", categories=4)
    arrays = {SONGS: RNG.normal(size=(4, 20)), which: np.array([3, 0])}
    shown = seen(GRID, arrays, Observe(SONGS, at=which))
    np.testing.assert_array_equal(shown, arrays[SONGS][[3, 0]].astype(np.float32))


def test_the_value_at_a_cell_is_shown_and_zero_where_there_is_none():
    arrays = {POOL: RNG.normal(size=(3, 3, 20)), WHERE: np.array([7, -1, 19])}
    shown = seen(GRID, arrays, Observe(POOL, at=WHERE).clipped(-0.5, 0.5))
    expected = np.clip(arrays[POOL][np.arange(3), :, arrays[WHERE]], -0.5, 0.5)
    expected[1] = 0.0
    np.testing.assert_array_equal(shown, expected.astype(np.float32))


@pytest.mark.slow
def test_a_class_at_a_cell_is_shown_one_hot():
    arrays = {KIND: RNG.integers(0, 2, (3, 20)), WHERE: np.array([7, -1, 19])}
    shown = seen(GRID, arrays, Observe(KIND, at=WHERE, one_hot=True))
    expected = np.eye(2)[arrays[KIND][np.arange(3), arrays[WHERE]]]
    expected[1] = 0.0
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.few(1)
@pytest.mark.parametrize("over", ["world", "agents"])
def test_every_agents_index_chooses_for_itself(over):
    arrays = {HEAT: RNG.normal(size=(2, 20)), EACH: np.array([[3, 4, 5], [0, 19, 3]])}
    shown = seen(GRID, arrays, Observe(HEAT, at=EACH), over=over, num_agents=3)
    expected = np.take_along_axis(arrays[HEAT], arrays[EACH], axis=1).astype(np.float32)
    np.testing.assert_array_equal(shown.reshape(2, 3), expected)


def test_the_space_holds_the_zero_of_a_place_that_is_none():
    warm = Field(low=3.0, high=5.0, initial=3.0)
    space = plan_of(GRID, Observe(warm, at=WHERE), known=[warm, WHERE]).space
    assert (space.low, space.high) == (0.0, 5.0)
    always = Field(over="world", indexes="cells")
    assert plan_of(GRID, Observe(warm, at=always), known=[warm, always]).space.low == 3.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Observe(POOL, at=HEAT), "must be a scalar int32 field over the world or over agents"),
        (
            lambda: Observe(POOL, at=cast(Any, 3)),
            "int32 field over the world or over agents, not 3",
        ),
        (lambda: Observe(HEAT, at=WHICH), "chooses a component, and Field(heat"),
        (lambda: Observe(POOL, at=Field(over="world", categories=4)), "one of 3 components, but"),
        (lambda: Observe(POOL, at=Field(over="world", dtype="int32")), "holds -inf to inf"),
        (lambda: Observe(POOL, at=WHERE, cells=[1]), "cells=, or what at= chooses, not both"),
        (lambda: Observe(HEAT, at=WHERE).pooled("mean", 2).fit, "cannot be pooled"),
        (lambda: Observe(HEAT, at=WHERE).window(around=WHERE, disk=1), "has no window()"),
        (lambda: plan_of(GRID, Observe(HEAT, at=WHERE), known=[HEAT]), "shows Field(where"),
    ],
)
def test_what_cannot_choose_is_refused(make, message):
    with pytest.raises(BlueprintError, match=re.escape(message)):
        make()
