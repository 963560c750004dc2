import numpy as np
import pytest

from murk_arena import (
    ArenaConfig,
    CapacityExceededError,
    FieldId,
    FieldSpec,
    Mutability,
    PingPongArena,
    StaticFieldError,
    UnknownFieldError,
)


def value_of(arena, field):
    return arena.snapshot().read(field.id)


@pytest.mark.parametrize("kind", ["heat", "hits", "flow", "drag"])
def test_a_second_write_in_a_tick_is_the_same_memory_with_what_was_written(arena, request, kind):
    field = request.getfixturevalue(kind)
    with arena.begin_tick() as tick:
        first = tick.write(field.id)
        first.fill(3)
        again = tick.write(field.id)
        assert again is first
        assert (again == 3).all()


def test_a_full_write_is_neither_cleared_nor_copied(arena, flow):
    for value in (1.0, 2.0):
        with arena.begin_tick() as tick:
            tick.write(flow.id).fill(value)
    with arena.begin_tick() as tick:
        assert (tick.write(flow.id) == 1.0).all()  # what the buffer held two generations ago
        tick.write(flow.id).fill(3.0)


@pytest.mark.parametrize("kind", ["heat", "hits", "flow", "drag"])
def test_an_incremental_write_starts_from_the_previous_values(arena, request, kind):
    field = request.getfixturevalue(kind)
    for _ in range(5):
        with arena.begin_tick() as tick:
            tick.update(field.id)[...] += 1
    assert (value_of(arena, field) == 5).all()


def test_an_incremental_write_goes_on_from_what_was_written_in_the_tick(arena, flow):
    with arena.begin_tick() as tick:
        tick.write(flow.id).fill(4.0)
        tick.update(flow.id)[...] += 1.0
    assert (value_of(arena, flow) == 5.0).all()


def test_the_first_sparse_write_copies_all_values_and_leaves_the_published_ones(arena, drag):
    with arena.begin_tick() as tick:
        tick.update(drag.id)[...] = [1, 2, 3, 4]
    with arena.begin_tick() as tick:
        tick.update(drag.id)[0] = 9.0
        assert tick.read(drag.id).tolist() == [9.0, 2.0, 3.0, 4.0]
        assert tick.previous(drag.id).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert value_of(arena, drag).tolist() == [9.0, 2.0, 3.0, 4.0]


def test_a_sparse_field_is_copied_at_most_once_a_tick(arena, drag):
    with arena.begin_tick() as tick:
        first = tick.update(drag.id)
        first[0] = 1.0
        assert tick.update(drag.id) is first
        tick.rows([1]).write(drag.id, 2.0)
    assert value_of(arena, drag).tolist() == [1.0, 2.0, 0.0, 0.0]
    assert arena.metrics.sparse_reuse_misses == 1


def test_a_sparse_field_of_one_number_is_copied_too():
    one = FieldSpec(FieldId(0), "one", (), mutability=Mutability.SPARSE)
    arena = PingPongArena([one], num_worlds=1)
    for total in (1.0, 2.0, 3.0):
        with arena.begin_tick() as tick:
            tick.update(one.id)[...] += 1.0
        assert arena.snapshot().read(one.id).tolist() == [total]


def test_a_discarded_sparse_write_does_not_count_as_written_in_the_next_tick(arena, drag):
    guard = arena.begin_tick()
    guard.update(drag.id)[...] = 7.0
    generation = guard.generation
    guard.cancel()
    with arena.begin_tick() as tick:
        assert tick.generation == generation
        assert tick.update(drag.id).tolist() == [0.0] * 4
    assert arena.metrics.sparse_reuse_misses == 1


@pytest.mark.parametrize("method", ["write", "update"])
def test_a_static_field_cannot_be_written(arena, wall, method):
    with (
        arena.begin_tick() as tick,
        pytest.raises(StaticFieldError, match="field 'wall' is static: frozen when"),
    ):
        getattr(tick, method)(wall.id)


@pytest.mark.parametrize("method", ["write", "update", "read", "previous"])
def test_an_unknown_field_is_refused_by_the_tick(arena, method):
    with (
        arena.begin_tick() as tick,
        pytest.raises(UnknownFieldError, match=r"no field with id 99.*0 \(heat\)"),
    ):
        getattr(tick, method)(FieldId(99))


def test_staged_reads_see_writes_of_the_tick_and_static_values(arena, heat, drag, wall):
    with arena.begin_tick() as tick:
        tick.write(heat.id).fill(2.0)
        tick.update(drag.id).fill(3.0)
        assert (tick.read(heat.id) == 2.0).all()
        assert (tick.read(drag.id) == 3.0).all()
        assert tick.read(wall.id) is arena.static_arena.read(wall.id)
        assert tick.previous(wall.id) is arena.static_arena.read(wall.id)


def test_reading_a_field_that_its_full_writer_has_not_written_gives_the_previous_values(arena, flow):
    for value in (1.0, 2.0):
        with arena.begin_tick() as tick:
            tick.write(flow.id).fill(value)
    with arena.begin_tick() as tick:
        assert (tick.read(flow.id) == 2.0).all()


@pytest.mark.parametrize("method", ["read", "previous"])
@pytest.mark.parametrize("kind", ["heat", "flow", "drag", "wall"])
def test_what_a_tick_reads_cannot_be_written(arena, request, method, kind):
    with arena.begin_tick() as tick:
        values = getattr(tick, method)(request.getfixturevalue(kind).id)
        with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
            values.flags.writeable = True


def test_a_sparse_pool_that_is_full_refuses_and_changes_nothing():
    wide = FieldSpec(FieldId(0), "wide", (1024,), mutability=Mutability.SPARSE)
    arena = PingPongArena([wide], num_worlds=1, config=ArenaConfig(1024, 3))
    before = arena.metrics
    with arena.begin_tick() as tick:
        with pytest.raises(
            CapacityExceededError, match="sparse field 'wide' needs 4096 bytes, but only 4096"
        ):
            tick.update(wide.id)
        assert tick.read(wide.id) is tick.previous(wide.id)
    assert arena.resolve(arena.handle(wide.id)).tolist() == [0.0] * 1024
    after = arena.metrics
    assert (after.sparse_pending, after.sparse_reuse_misses) == (0, 0)
    assert after.bytes_reserved == before.bytes_reserved


def test_a_sparse_field_of_a_whole_segment_needs_two():
    wide = FieldSpec(FieldId(0), "wide", (1024,), mutability=Mutability.SPARSE)
    arena = PingPongArena([wide], num_worlds=1, config=ArenaConfig(1024, 4))
    for _ in range(5):
        with arena.begin_tick() as tick:
            tick.update(wide.id)[...] += 1.0
    assert (value_of(arena, wide) == 5.0).all()


@pytest.mark.parametrize("written", [True, False])
def test_fields_with_full_writers_that_nobody_wrote_are_carried_forward_at_the_seal(flow, written):
    other = FieldSpec(FieldId(9), "other", (), write=flow.write)
    arena = PingPongArena([flow, other], num_worlds=2)
    for value in (1.0, 2.0):
        with arena.begin_tick() as tick:
            tick.write(flow.id).fill(value)
            tick.write(other.id).fill(value)
    with arena.begin_tick() as tick:
        if written:
            tick.write(other.id).fill(5.0)
    assert (value_of(arena, flow) == 2.0).all()
    assert (value_of(arena, other) == (5.0 if written else 2.0)).all()


def test_a_tick_of_full_writes_takes_fields_from_their_staging_views(arena, flow, heat):
    with arena.begin_tick(full=True):
        arena.staging_view(heat.id).fill(1.0)
        arena.staging_view(flow.id).fill(2.0)
    assert (value_of(arena, heat) == 1.0).all()
    assert (value_of(arena, flow) == 2.0).all()


def test_a_tick_may_leave_carrying_to_its_caller(arena, hits):
    for value in (1, 2):
        with arena.begin_tick() as tick:
            tick.write(hits.id).fill(value)
    with arena.begin_tick(carry=False):
        staged = arena.staging_view(hits.id)
        assert (staged == 1).all()  # as two ticks ago
        staged.fill(7)
    assert (value_of(arena, hits) == 7).all()
    with arena.begin_tick():
        pass
    assert (value_of(arena, hits) == 7).all()


def test_full_holds_for_one_tick_only(arena, flow):
    for value in (1.0, 2.0):
        with arena.begin_tick(full=True):
            arena.staging_view(flow.id).fill(value)
    with arena.begin_tick():
        pass
    assert (value_of(arena, flow) == 2.0).all()


def test_int32_values_are_kept_bit_for_bit(arena, hits):
    bits = np.array([-1, 2**31 - 1, 0x7F800001, 0x7FC00001], np.int64).astype(np.int32)  # two are float NaNs
    with arena.begin_tick() as tick:
        tick.write(hits.id)[...] = bits
    for _ in range(3):
        with arena.begin_tick():
            pass
    np.testing.assert_array_equal(value_of(arena, hits), bits, strict=True)
