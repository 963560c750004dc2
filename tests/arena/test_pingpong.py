import dataclasses

import numpy as np
import pytest

from murk_arena import (
    ArenaConfig,
    CapacityExceededError,
    ClosedTickError,
    FieldId,
    FieldSpec,
    InvalidConfigError,
    Mutability,
    NoTickError,
    PingPongArena,
    SealedError,
    StaleSnapshotError,
    TickInProgressError,
    UnknownFieldError,
)


def tick(arena):
    with arena.begin_tick():
        pass


# --- construction


def test_a_snapshot_before_the_first_tick_reads_zeros_of_the_right_shape(arena, heat, hits, flow, drag):
    snapshot = arena.snapshot()
    for field, shape in ((heat, (4, 3)), (hits, (4,)), (flow, (4, 2, 3)), (drag, (4,))):
        np.testing.assert_array_equal(snapshot.read(field.id), np.zeros(shape, field.dtype), strict=True)


def test_a_static_field_that_the_static_arena_lacks_is_refused(wall):
    with pytest.raises(UnknownFieldError, match=r"static field 'wall' \(id 4\) has no values; pass static="):
        PingPongArena([wall], num_worlds=1)


def test_a_static_field_that_is_declared_otherwise_is_refused(static, wall):
    other = dataclasses.replace(wall, shape=(5,))
    with pytest.raises(
        InvalidConfigError, match=r"'wall' is declared as float32 \(5,\), the static arena holds"
    ):
        PingPongArena([other], num_worlds=1, static=static)


def test_an_arena_holds_at_least_one_world(heat):
    with pytest.raises(InvalidConfigError, match="num_worlds is 0; an arena holds at least one world"):
        PingPongArena([heat], num_worlds=0)


@pytest.mark.parametrize("mutability", [Mutability.PER_TICK, Mutability.SPARSE])
def test_fields_fill_a_segment_exactly_and_one_more_element_is_refused(mutability):
    def make(size):
        field = FieldSpec(FieldId(0), "wide", (size,), mutability=mutability)
        return PingPongArena([field], num_worlds=4, config=ArenaConfig(1024, 3))

    assert make(256).snapshot().read(FieldId(0)).size == 1024
    with pytest.raises(
        CapacityExceededError, match="field 'wide' needs 4112 bytes, but only 4096 are available"
    ):
        make(257)


def test_one_world_of_one_number_works(fill):
    arena = PingPongArena([FieldSpec(FieldId(0), "x", ())], num_worlds=1)
    fill(arena, 5.0, arena.specs[0])
    assert arena.snapshot().read(FieldId(0)).tolist() == [5.0]


@pytest.mark.parametrize("kinds", [["heat"], ["hits"], ["flow"], ["drag"], ["wall"], []])
def test_every_kind_of_field_works_alone(request, static, kinds, fill):
    fields = [request.getfixturevalue(kind) for kind in kinds]
    arena = PingPongArena(fields, num_worlds=2, static=static)
    for value in (1, 2, 3):
        fill(arena, value, *(field for field in fields if field.mutability is not Mutability.STATIC))
    assert arena.generation == 3
    for field in fields:
        expected = [1.0, 2.0, 3.0] if field.mutability is Mutability.STATIC else 3
        assert (arena.snapshot().read(field.id) == expected).all()


def test_fields_may_lie_in_several_segments(fill):
    fields = [FieldSpec(FieldId(index), f"f{index}", (900,)) for index in range(3)]
    arena = PingPongArena(fields, num_worlds=1, config=ArenaConfig(1024, 9))
    fill(arena, 2.0, *fields)
    fill(arena, 3.0, fields[1])
    assert [float(arena.snapshot().read(field.id)[0, 899]) for field in fields] == [2.0, 3.0, 2.0]


def test_accessors_show_what_the_arena_was_made_with(arena, static, heat):
    assert arena.static_arena.shares_memory_with(static)
    assert arena.num_worlds == 4
    assert arena.specs[0] is heat
    assert not arena.checked
    for name in ("generation", "config", "static_arena"):
        with pytest.raises(AttributeError, match=name):
            setattr(arena, name, None)


# --- the order of things


def test_a_second_begin_is_refused_and_the_first_tick_goes_on(arena, drag, fill):
    fill(arena, 1.0, drag)
    guard = arena.begin_tick()
    guard.update(drag.id)[...] = 2.0
    before = arena.metrics
    with pytest.raises(TickInProgressError, match="generation 2 is still being made; publish or cancel"):
        arena.begin_tick()
    assert arena.metrics == before
    guard.publish()
    assert arena.snapshot().read(drag.id).tolist() == [2.0] * 4


def test_publishing_twice_is_refused(arena):
    guard = arena.begin_tick()
    guard.publish()
    with pytest.raises(NoTickError, match="there is no tick to publish"):
        guard.publish()
    assert arena.generation == 1


def test_publishing_or_cancelling_without_a_tick_is_refused(arena, observed):
    guard = arena.begin_tick()
    guard.cancel()
    before = observed(arena)
    for use, message in ((guard.publish, "no tick to publish"), (guard.cancel, "no tick to cancel")):
        with pytest.raises(NoTickError, match=message):
            use()
    assert observed(arena) == before


@pytest.mark.parametrize(
    "use",
    [
        lambda guard: guard.read(0),
        lambda guard: guard.previous(0),
        lambda guard: guard.write(0),
        lambda guard: guard.update(0),
        lambda guard: guard.prove_covered([0]),
        lambda guard: guard.rows([0]),
        lambda guard: guard.seal(),
        lambda guard: guard.reopen_rows([0]),
        lambda guard: guard.generation,
        lambda guard: guard.scratch,
    ],
)
def test_a_guard_is_refused_after_it_closed(arena, use, observed):
    with arena.begin_tick() as guard:
        pass
    before = observed(arena)
    with pytest.raises(ClosedTickError, match="the tick has been published or cancelled"):
        use(guard)
    assert observed(arena) == before


@pytest.mark.parametrize(
    "use",
    [
        lambda guard: guard.write(0),
        lambda guard: guard.update(0),
        lambda guard: guard.prove_covered([0]),
        lambda guard: guard.rows([0]),
    ],
)
def test_a_sealed_tick_refuses_writes(arena, use):
    with arena.begin_tick() as guard:
        guard.seal()
        with pytest.raises(SealedError, match=r"the tick is sealed; only reopen_rows\(\) may still write"):
            use(guard)


def test_a_sealed_view_shows_the_staged_values(arena, heat, wall, fill):
    with arena.begin_tick() as guard:
        guard.write(heat.id).fill(3.0)
        after = guard.seal()
        assert (after.read(heat.id) == 3.0).all()
        assert after.read(wall.id).tolist() == [1.0, 2.0, 3.0]
        assert (after.generation, after.num_worlds) == (1, 4)
        assert (arena.snapshot().read(heat.id) == 0.0).all()


def test_a_sealed_view_sees_reopened_rows(arena, heat, drag):
    with arena.begin_tick() as guard:
        after = guard.seal()
        rows = guard.reopen_rows([1])
        rows.write(heat.id, 5.0)
        rows.write(drag.id, 6.0)
        assert after.read(heat.id)[:, 0].tolist() == [0.0, 5.0, 0.0, 0.0]
        assert after.read(drag.id).tolist() == [0.0, 6.0, 0.0, 0.0]


def test_a_sealed_view_closes_with_its_tick(arena, heat):
    with arena.begin_tick() as guard:
        after = guard.seal()
    with (
        arena.begin_tick(),
        pytest.raises(ClosedTickError, match="no sealed tick is in progress; read the view"),
    ):
        after.read(heat.id)


# --- publishing


def test_the_generation_advances_by_one_with_every_published_tick_only(arena):
    for expected in (1, 2, 3):
        arena.begin_tick().cancel()
        with arena.begin_tick() as guard:
            assert guard.generation == expected
        assert arena.generation == expected


def test_publishing_swaps_the_buffers(arena, heat, fill):
    assert arena.staging_index == 1
    fill(arena, 1.0, heat)
    assert arena.staging_index == 0
    assert arena.handle(heat.id).location.buffer == 1
    assert arena.handle(heat.id).generation == 1


def test_beginning_a_tick_leaves_the_published_values(arena, heat, flow, hits, fill):
    fill(arena, 2, heat, flow, hits)
    with arena.begin_tick() as guard:
        guard.write(heat.id).fill(9.0)
        assert all((arena.snapshot().read(field.id) == 2).all() for field in (heat, flow, hits))
        assert (guard.previous(heat.id) == 2.0).all()


@pytest.mark.parametrize("kind", ["heat", "hits", "flow", "drag"])
def test_a_field_that_nobody_writes_keeps_its_values(arena, request, kind, fill):
    field = request.getfixturevalue(kind)
    fill(arena, 4, field)
    for _ in range(5):
        tick(arena)
        assert (arena.snapshot().read(field.id) == 4).all()


def test_a_sparse_field_that_nobody_writes_keeps_its_place(arena, drag, fill):
    fill(arena, 1.0, drag)
    handle = arena.handle(drag.id)
    for _ in range(3):
        tick(arena)
    assert arena.handle(drag.id) == handle


def test_the_data_of_two_generations_ago_are_gone_when_a_tick_begins(arena, heat, fill):
    fill(arena, 1.0, heat)
    first = arena.snapshot()
    kept = first.read(heat.id)
    fill(arena, 2.0, heat)
    assert (first.read(heat.id) == 1.0).all()
    with arena.begin_tick():
        assert (kept == 2.0).all()
        with pytest.raises(StaleSnapshotError, match=r"snapshot of generation 1 is stale.* for generation 3"):
            first.read(heat.id)


def test_an_exception_discards_the_tick_and_passes_through(arena, heat, fill):
    with pytest.raises(ZeroDivisionError), arena.begin_tick() as guard:  # noqa: PT012 - what happens inside the tick is the point
        guard.write(heat.id).fill(9.0)
        raise ZeroDivisionError
    assert arena.generation == 0
    assert (arena.snapshot().read(heat.id) == 0.0).all()


def test_a_keyboard_interrupt_discards_the_tick_and_passes_through(arena, drag, fill, observed):
    before = observed(arena)
    with pytest.raises(KeyboardInterrupt), arena.begin_tick() as guard:  # noqa: PT012 - what happens inside the tick is the point
        guard.update(drag.id).fill(9.0)
        raise KeyboardInterrupt
    assert observed(arena) == before


def test_a_block_may_publish_or_cancel_by_itself(arena, heat, fill):
    with arena.begin_tick() as guard:
        guard.write(heat.id).fill(1.0)
        guard.publish()
    with arena.begin_tick() as guard:
        guard.write(heat.id).fill(2.0)
        guard.cancel()
    assert arena.generation == 1
    assert (arena.snapshot().read(heat.id) == 1.0).all()


def test_a_tick_that_fails_to_open_is_rolled_back(arena, drag, monkeypatch, fill, observed):
    with arena.begin_tick() as guard:
        guard.update(drag.id).fill(1.0)
        guard.scratch.alloc(10)
    before = observed(arena)
    monkeypatch.setattr("murk_arena.scratch.ScratchRegion.reset", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        arena.begin_tick()
    monkeypatch.undo()
    assert observed(arena) == before
    tick(arena)


def test_a_tick_that_is_interrupted_before_it_opens_changes_nothing(arena, monkeypatch, observed):
    with arena.begin_tick() as guard:
        guard.scratch.alloc(5000)
    before = observed(arena)
    monkeypatch.setattr("murk_arena.scratch.ScratchRegion.mark", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        arena.begin_tick()
    assert observed(arena) == before
