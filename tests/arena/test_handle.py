import dataclasses

import numpy as np
import pytest

from murk_arena import (
    ArenaConfig,
    FieldHandle,
    PerTickLocation,
    PingPongArena,
    SparseLocation,
    StaleHandleError,
    StaticLocation,
)


def tick(arena):
    with arena.begin_tick():
        pass


def test_handles_are_values():
    handle = FieldHandle(3, 16, 8, PerTickLocation(0, 1))
    assert handle == FieldHandle(3, 16, 8, PerTickLocation(0, 1))
    assert len({handle, FieldHandle(3, 16, 8, PerTickLocation(0, 1))}) == 1
    for other in ({"generation": 4}, {"offset": 0}, {"length": 9}, {"location": SparseLocation(1)}):
        assert dataclasses.replace(handle, **other) != handle


def test_a_handle_says_where_its_field_lies(arena, heat, drag, wall):
    assert arena.handle(heat.id).location == PerTickLocation(0, 0)
    assert arena.handle(drag.id).location == SparseLocation(0)
    assert (arena.handle(drag.id).offset, arena.handle(drag.id).length) == (0, 4)
    assert arena.handle(wall.id).location == StaticLocation()
    assert arena.handle(wall.id).length == wall.num_words(1) > 0


def test_a_handle_of_no_words_is_empty():
    assert FieldHandle(0, 0, 0, StaticLocation()).is_empty
    assert not FieldHandle(0, 0, 1, StaticLocation()).is_empty


def test_a_handle_resolves_to_its_words(arena, heat, wall):
    with arena.begin_tick() as guard:
        guard.update(heat.id)[...] = 2.0
    np.testing.assert_array_equal(arena.resolve(arena.handle(heat.id)), np.full(12, 2.0, np.float32))
    np.testing.assert_array_equal(arena.resolve(arena.handle(wall.id)), [1.0, 2.0, 3.0])


def test_a_handle_of_the_last_generation_but_one_is_stale(arena, heat):
    handle = arena.handle(heat.id)
    tick(arena)
    arena.resolve(handle)
    tick(arena)
    with pytest.raises(
        StaleHandleError, match=r"the handle of generation 0 is stale: the oldest .* resolves is 1"
    ):
        arena.resolve(handle)


def test_a_generation_age_of_zero_allows_only_the_published_generation(heat):
    arena = PingPongArena([heat], num_worlds=1, config=ArenaConfig(1024, 3, max_generation_age=0))
    handle = arena.handle(heat.id)
    arena.resolve(handle)
    tick(arena)
    with pytest.raises(StaleHandleError, match=r"generation 0 is stale: the oldest .* resolves is 1"):
        arena.resolve(handle)


def test_a_handle_goes_stale_when_its_buffer_is_opened_even_for_a_discarded_tick(arena, heat):
    handle = arena.handle(heat.id)
    tick(arena)
    arena.begin_tick().cancel()
    with pytest.raises(StaleHandleError, match="generation 0 is stale"):
        arena.resolve(handle)


def test_a_sparse_handle_lives_until_its_field_has_moved_and_the_old_generation_is_gone(arena, drag):
    handle = arena.handle(drag.id)
    for _ in range(5):
        tick(arena)
    arena.resolve(handle)
    with arena.begin_tick() as guard:
        guard.update(drag.id)
    arena.resolve(handle)
    with arena.begin_tick(), pytest.raises(StaleHandleError, match="generation 0 is stale"):
        arena.resolve(handle)


@pytest.mark.parametrize("kind", ["heat", "drag"])
def test_a_handle_from_before_a_reset_does_not_come_alive_again(arena, request, kind):
    field = request.getfixturevalue(kind).id
    handle = arena.handle(field)
    arena.reset()
    assert arena.handle(field).generation == handle.generation
    with pytest.raises(StaleHandleError, match="generation 0 is stale"):
        arena.resolve(handle)


@pytest.mark.parametrize("kind", ["heat", "drag"])
def test_a_handle_from_before_a_restore_is_stale(arena, request, kind):
    field = request.getfixturevalue(kind).id
    tick(arena)
    owned, handle = arena.snapshot().to_owned(), arena.handle(field)
    arena.restore(owned)
    with pytest.raises(StaleHandleError, match="is stale"):
        arena.resolve(handle)


def test_handles_of_a_new_arena_are_of_one_moment(arena, heat, drag):
    assert arena.handle(drag.id).stamp == arena.handle(heat.id).stamp == arena.stamp
