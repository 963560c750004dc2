"""Static fields: one copy for all envs of the same class and parameters, gone with the last of them."""

import dataclasses
import gc
from typing import Any

import numpy as np
import pytest

import murk_env
from murk_arena import StaticArena
from murk_env import Blueprint, Field, MurkEnv, MurkVectorEnv, Observation, Observe, Square4, World
from murk_env.errors import FieldError
from tests.env.engine.states import batch_of
from tests.env.worlds import Mixed, Walker


def arena_of(env):
    """Return the static arena that an env keeps, as a copy of it by pickle would find it."""
    return batch_of(env).snapshot().static_arena


def values_of(env):
    """Return the memory of the prizes."""
    return env.world.view(Mixed.prizes)


def test_envs_of_one_class_and_equal_parameters_share_one_copy():
    first, second, envs = Mixed(share=0.125), Mixed(share=0.125), MurkVectorEnv(Mixed, 3, share=0.125)
    assert np.shares_memory(values_of(first), values_of(second))
    assert np.shares_memory(values_of(first), values_of(envs))


def test_other_parameters_have_a_copy_of_their_own():
    assert not np.shares_memory(values_of(Mixed(share=0.125)), values_of(Mixed(share=0.0625)))


class Costly(Mixed):
    """Counts how often its static values are computed."""

    computed: list[int] = []  # noqa: RUF012 - shared by all envs on purpose

    @classmethod
    def build(cls, params):
        def compute():
            cls.computed.append(1)
            return np.zeros(6)

        return dataclasses.replace(super().build(params), static={cls.prizes: compute})


def test_a_function_of_static_values_is_called_once_for_all_and_again_when_they_are_gone():
    Costly.computed.clear()
    envs = [Costly(), Costly(), MurkVectorEnv(Costly, 2)]
    assert len(Costly.computed) == 1
    del envs
    gc.collect()
    Costly()
    assert len(Costly.computed) == 2


class Given(Mixed):
    """Has whatever prizes the class was told last."""

    given: Any = 0.0

    @classmethod
    def build(cls, params):
        return dataclasses.replace(super().build(params), static={cls.prizes: cls.given})


def given(values):
    Given.given = values
    return Given()


STEPS = np.arange(6.0) / 8.0


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (STEPS, STEPS.copy(), True),
        (np.arange(6.0) % 2, np.arange(6) % 2, True),  # the same once they are float32
        (STEPS, np.repeat(STEPS, 2)[::2], True),
        (STEPS, STEPS.reshape(2, 3), True),  # the lattice's own shape
        (STEPS, STEPS[::-1], False),
        (np.zeros(6), -np.zeros(6), False),  # 1 / 0 tells them apart
        (np.zeros(6), lambda: np.zeros(6), False),
    ],
    ids=["equal", "of integers", "of strides", "NaN", "reversed", "signs of zero", "a function"],
)
def test_arrays_are_shared_where_they_are_equal(first, second, shared):
    envs = [given(first), given(second)]
    assert np.shares_memory(*map(values_of, envs)) == shared
    for env, values in zip(envs, (first, second), strict=True):
        expected = np.asarray(values() if callable(values) else values, np.float32).reshape(-1)
        assert values_of(env).tobytes() == expected.tobytes()


def test_an_array_that_its_author_changes_later_changes_no_env():
    walls = np.ones(6)
    first = given(walls)
    walls[:] = 0.5
    second = given(walls)
    assert values_of(first).tolist() == [1.0] * 6
    assert values_of(second).tolist() == [0.5] * 6


@pytest.mark.slow
def test_handles_are_counted_and_go_with_their_envs():
    first = Mixed(weight=7.0)
    arena = arena_of(first)
    gc.collect()
    alone = arena.handle_count
    others = [Mixed(weight=7.0) for _ in range(3)]
    assert arena.handle_count == alone + 3
    del others
    gc.collect()
    assert arena.handle_count == alone


def test_a_static_arena_can_be_passed_from_one_env_to_another():
    first = Mixed(share=0.125)
    second = Mixed(share=0.25, static_arena=arena_of(first))
    assert np.shares_memory(values_of(first), values_of(second))


def test_a_static_arena_that_does_not_fit_is_refused_with_both_listings():
    with pytest.raises(
        FieldError, match=r"does not fit: this world has prizes: float32 \(6,\), the arena holds no sta"
    ):
        Mixed(static_arena=StaticArena({}))
    with pytest.raises(
        FieldError, match=r"this world has no static fields, the arena holds prizes: float32 \(6,\); build"
    ):
        Walker(static_arena=arena_of(Mixed()))


class Unhashable(MurkEnv):
    """Its parameters cannot be hashed."""

    class Params(murk_env.Params):
        levels: list[float]

    wall = Field(mutability="static")

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 2),
            observation=Observation(Observe(cls.wall)),
            action_space=Mixed().action_space,
            static={cls.wall: params.levels},
        )

    def start(self, tick, worlds):
        assert tick.wall.shape == (2,)

    act = reward = terminated = lambda self, *arguments: False


def test_parameters_that_cannot_be_hashed_share_nothing_and_work():
    first, second = Unhashable(levels=[1.0, 2.0]), Unhashable(levels=[3.0, 4.0])
    assert first.reset(seed=1)[0].tolist() == [1.0, 2.0]
    assert second.reset(seed=1)[0].tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("static", "message"),
    [
        ({}, r"static field 'wall' has no value; give one in static=\{...\}"),
        ("shape", r"static field 'wall' needs values of shape \(2,\), not of \(3,\)\."),
        ("dtype", "static field 'wall' needs values that float32 can hold, not complex128"),
        ("nothing", r"static field 'wall' is given by a function that returns nothing; .* of shape \(2,\)"),
        ("masked", r"static field 'wall' has masked values; give it values.filled\(number\)"),
        ("large", r"static field 'wall' is float32, which cannot hold 1e\+99"),
        ("none", r"static field 'wall' is None; it needs values of shape \(2,\)"),
        ("extra", r"static values were given for \['heat'\], which are not static fields of this world"),
        ("foreign", r"static values were given for \['other'\], which are not static fields of this world"),
    ],
    ids=str,
)
def test_static_values_that_do_not_fit_are_refused(static, message):
    wall, heat, other = Field(mutability="static"), Field(), Field(mutability="static")
    World(Square4(1, 2), {"other": other}, static={other: [0.0, 0.0]})  # gives it its name
    good = {wall: [1.0, 2.0]}
    given = {
        "shape": {wall: np.zeros(3)},
        "dtype": {wall: np.zeros(2, complex)},
        "nothing": {wall: lambda: None},
        "masked": {wall: np.ma.masked_array([1.0, 2.0], [True, False])},
        "large": {wall: [1.0, 1e99]},
        "none": {wall: None},
        "extra": good | {heat: [0.0, 0.0]},
        "foreign": good | {other: [0.0, 0.0]},
    }
    with pytest.raises(FieldError, match=message):
        World(Square4(1, 2), {"wall": wall, "heat": heat}, static=given.get(str(static), {}))


def test_static_values_can_be_read_and_not_written():
    wall = Field(mutability="static")
    world = World(Square4(1, 2), {"wall": wall}, static={wall: lambda: [1.0, 2.0]}, num_worlds=3)
    assert world[wall].tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        world[wall][0] = 5.0
