import copy
import gc
import os
import signal
import threading

import numpy as np
import pytest

from murk_arena import (
    ClosedHandleError,
    FieldId,
    FieldSpec,
    InvalidConfigError,
    Mutability,
    PingPongArena,
    StaticArena,
    StaticCache,
    UnknownFieldError,
)

DEGREE = FieldSpec(FieldId(7), "degree", (5,), np.dtype(np.int32), Mutability.STATIC)


@pytest.fixture
def two(wall):
    return StaticArena({wall: [1.0, 2.0, 3.0], DEGREE: np.arange(5)})


def test_duplicate_ids_are_refused(wall):
    twin = FieldSpec(wall.id, "floor", (3,), mutability=Mutability.STATIC)
    with pytest.raises(InvalidConfigError, match="fields 'wall' and 'floor' have the same id 4"):
        StaticArena({wall: [0, 0, 0], twin: [0, 0, 0]})


def test_fields_lie_in_one_block_in_order(two, wall):
    assert (two.location(wall.id).offset, two.location(wall.id).length) == (0, 3)
    assert (two.location(DEGREE.id).offset, two.location(DEGREE.id).length) == (16, 5)


def test_values_are_those_that_were_given(two, wall):
    np.testing.assert_array_equal(two.read(wall.id), np.array([1, 2, 3], np.float32), strict=True)
    np.testing.assert_array_equal(two.read(DEGREE.id), np.arange(5, dtype=np.int32), strict=True)


@pytest.mark.parametrize("method", ["read", "location"])
def test_an_unknown_field_is_refused(two, method):
    with pytest.raises(
        UnknownFieldError, match=r"no field with id 9; the fields are: 4 \(wall\), 7 \(degree\)"
    ):
        getattr(two, method)(FieldId(9))


def test_contains_says_which_fields_there_are(two, wall):
    assert two.contains(wall.id)
    assert not two.contains(FieldId(9))


def test_values_can_never_be_written(two, wall):
    values = two.read(wall.id)
    with pytest.raises(ValueError, match="assignment destination is read-only"):
        values[0] = 9.0
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
        values.flags.writeable = True


def test_the_given_array_is_copied(wall):
    given = np.ones(3, np.float32)
    static = StaticArena({wall: given})
    given[0] = 9.0
    assert static.read(wall.id).tolist() == [1.0, 1.0, 1.0]


def test_sizes_count_every_field(two):
    assert (two.field_count, two.memory_bytes) == (2, 2 * 64)


def test_an_arena_of_no_fields_is_allowed():
    empty = StaticArena({})
    assert (empty.field_count, empty.memory_bytes, empty.specs) == (0, 0, ())


@pytest.mark.parametrize("give", [StaticArena.share, copy.copy, copy.deepcopy])
def test_every_copy_is_a_handle_on_the_same_memory(two, wall, give):
    other = give(two)
    assert other.read(wall.id) is two.read(wall.id)
    assert other.shares_memory_with(two)
    assert two.handle_count == 2


def test_handles_are_counted_until_they_are_closed_or_collected(two):
    closed, dropped = two.share(), two.share()
    closed.close()
    closed.close()
    assert two.handle_count == 2
    del dropped
    gc.collect()
    assert two.handle_count == 1


def test_a_closed_handle_is_refused(two, wall):
    two.close()
    with pytest.raises(ClosedHandleError, match=r"this handle on a StaticArena was given back by close\(\)"):
        two.read(wall.id)


def test_arrays_outlive_the_handle_they_were_read_from(wall):
    values = StaticArena({wall: [1, 2, 3]}).read(wall.id)
    gc.collect()
    assert values.tolist() == [1.0, 2.0, 3.0]


def test_arenas_share_one_static_arena(static, wall):
    arenas = [PingPongArena([wall], num_worlds=2, static=static) for _ in range(3)]
    values = {id(arena.snapshot().read(wall.id)) for arena in arenas}
    assert values == {id(static.read(wall.id))}
    assert static.handle_count == 4


def test_a_field_that_is_not_static_is_refused(heat):
    with pytest.raises(
        InvalidConfigError, match="field 'heat' is per_tick; a StaticArena holds static fields"
    ):
        StaticArena({heat: [0, 0, 0]})


def test_a_value_of_another_shape_is_refused(wall):
    with pytest.raises(InvalidConfigError, match=r"static field 'wall' has shape \(3,\), its value \(2,\)"):
        StaticArena({wall: [0.0, 0.0]})


def test_a_value_of_another_kind_is_refused():
    with pytest.raises(InvalidConfigError, match="static field 'degree' holds int32, its value is float64"):
        StaticArena({DEGREE: np.zeros(5)})


def test_a_cache_finds_what_was_built_for_the_same_key(two):
    cache = StaticCache()
    first = cache.get_or_build("a", lambda: two)
    second = cache.get_or_build("a", lambda: pytest.fail("built again"))
    assert second is not first
    assert second.shares_memory_with(first)


def test_a_cache_keeps_nothing_alive(wall):
    cache = StaticCache()
    built = []

    def build():
        built.append(1)
        return StaticArena({wall: [0, 0, 0]})

    cache.get_or_build("a", build).close()
    gc.collect()
    cache.get_or_build("a", build)
    assert len(built) == 2


def test_a_forked_child_can_build_while_another_thread_was_building(two):
    cache, building, forked = StaticCache(), threading.Event(), threading.Event()

    def build():
        building.set()
        forked.wait(timeout=60)
        return two

    other = threading.Thread(target=cache.get_or_build, args=("a", build))
    other.start()
    assert building.wait(timeout=60)
    child = os.fork()
    if child == 0:  # pragma: no cover
        signal.alarm(20)  # for ever is no answer
        os._exit(not cache.get_or_build("a", lambda: two).shares_memory_with(two))
    status = os.waitpid(child, 0)[1]
    forked.set()
    other.join()
    assert status == 0
