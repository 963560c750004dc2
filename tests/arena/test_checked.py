from functools import reduce
from operator import and_, or_

import numpy as np
import pytest

from murk_arena import FieldId, FieldSpec, PingPongArena, RowAccessError, UncoveredWriteError, WriteMode

UNCOVERED = r"'flow' was .* 2 of its 24 elements are unset, the first in world 2 at index \(1, 0\)"


def write_flow_with_a_gap(arena, flow):
    with arena.begin_tick() as tick:
        view = tick.write(flow.id)
        view[[0, 1, 3]] = 1.0
        view[2, 0] = view[2, 1, 2] = 1.0


def test_a_full_write_that_misses_an_element_is_named_and_the_tick_cancelled(checked_arena, flow):
    with pytest.raises(UncoveredWriteError, match=UNCOVERED):
        write_flow_with_a_gap(checked_arena, flow)
    assert checked_arena.generation == 0
    assert not checked_arena.in_tick


def test_publishing_explicitly_cancels_an_uncovered_tick(checked_arena, flow):
    tick = checked_arena.begin_tick()
    tick.write(flow.id)[:3] = 1.0
    with pytest.raises(UncoveredWriteError, match="the first in world 3 at index"):
        tick.publish()
    assert not checked_arena.in_tick
    assert (checked_arena.snapshot().read(flow.id) == 0.0).all()


def test_sealing_proves_it_too(checked_arena, flow):
    tick = checked_arena.begin_tick()
    tick.write(flow.id)
    with pytest.raises(UncoveredWriteError, match="24 of its 24 elements"):
        tick.seal()
    tick.cancel()


@pytest.mark.parametrize("kind", ["heat", "hits", "flow", "drag"])
def test_every_kind_of_full_write_is_proved(checked_arena, request, kind):
    field = request.getfixturevalue(kind).id
    tick = checked_arena.begin_tick()
    tick.write(field)[:3] = 1
    with pytest.raises(UncoveredWriteError, match="the first in world 3"):
        tick.publish()


def test_writes_that_cover_everything_are_published(checked_arena, heat, hits, flow, drag):
    for _ in range(4):
        with checked_arena.begin_tick() as tick:
            for field in (heat, hits, flow, drag):
                tick.write(field.id).fill(6)
    assert all((checked_arena.snapshot().read(field.id) == 6).all() for field in (heat, hits, flow, drag))


def test_a_tick_of_full_writes_is_proved_for_every_field_with_a_full_writer(checked_arena, flow):
    tick = checked_arena.begin_tick(full=True)
    assert np.isnan(checked_arena.staging_view(flow.id)).all()
    with pytest.raises(UncoveredWriteError, match="field 'flow' was written in full"):
        tick.publish()


def test_memory_handed_out_for_an_incremental_write_is_never_filled(checked_arena, flow):
    with checked_arena.begin_tick() as tick:
        tick.update(flow.id)[...] += 1.0
        tick.write(flow.id)[0] += 1.0
    assert checked_arena.snapshot().read(flow.id)[:, 0, 0].tolist() == [2.0, 1.0, 1.0, 1.0]


def test_the_pattern_changes_from_tick_to_tick(checked_arena, hits):
    patterns = set()
    for _ in range(50):
        with checked_arena.begin_tick() as tick:
            patterns.add(int(tick.write(hits.id)[0]))
            tick.write(hits.id).fill(0)
    assert len(patterns) == 50
    varying = reduce(or_, patterns) & ~reduce(and_, patterns)
    assert varying == (1 << 22) - 1  # every bit that a NaN leaves free


def test_an_unguarded_write_outside_the_rows_is_named(checked_arena, heat):
    tick = checked_arena.begin_tick()
    tick.rows([0, 2]).unguarded(heat.id)[:3] = 5.0
    with pytest.raises(
        RowAccessError, match="field 'heat' changed in world 1, but its writer may write 2 other"
    ):
        tick.publish()
    assert not checked_arena.in_tick
    assert (checked_arena.snapshot().read(heat.id) == 0.0).all()


def test_an_unguarded_write_inside_the_rows_is_published(checked_arena, heat):
    with checked_arena.begin_tick() as tick:
        tick.rows([0, 2]).unguarded(heat.id)[[0, 2]] = 5.0
    assert checked_arena.snapshot().read(heat.id)[:, 0].tolist() == [5.0, 0.0, 5.0, 0.0]


def open_after_seal(tick):
    tick.seal()
    return tick.reopen_rows([1])


def open_before_seal(tick):
    return tick.rows([1])


@pytest.mark.parametrize("open_rows", [open_before_seal, open_after_seal])
@pytest.mark.parametrize(
    "end",
    [
        lambda tick, rows: tick.seal(),
        lambda tick, rows: tick.publish(),
        lambda tick, rows: rows.close(),
    ],
)
@pytest.mark.parametrize("kind", ["heat", "hits", "flow", "drag"])
def test_rows_are_proved_whenever_their_writer_closes(checked_arena, request, open_rows, end, kind):
    tick = checked_arena.begin_tick()
    rows = open_rows(tick)
    rows.unguarded(request.getfixturevalue(kind).id)[3] = 1
    with pytest.raises(RowAccessError, match="changed in world 3"):
        end(tick, rows)


def test_reopening_proves_the_writer_before(checked_arena, heat):
    tick = checked_arena.begin_tick()
    open_after_seal(tick).unguarded(heat.id)[3] = 1.0
    with pytest.raises(RowAccessError, match="changed in world 3"):
        tick.reopen_rows([3])


def test_another_writer_of_the_same_field_is_not_blamed_on_the_first(checked_arena, heat):
    with checked_arena.begin_tick() as tick:
        first, second = tick.rows([0]), tick.rows([1])
        first.unguarded(heat.id)[0] = 1.0
        second.write(heat.id, 2.0)
        tick.update(heat.id)[3] = 3.0
    assert checked_arena.snapshot().read(heat.id)[:, 0].tolist() == [1.0, 2.0, 0.0, 3.0]


def test_a_field_is_proved_before_another_writer_gets_it(checked_arena, heat):
    tick = checked_arena.begin_tick()
    tick.rows([0]).unguarded(heat.id)[1] = 1.0
    with pytest.raises(RowAccessError, match="changed in world 1"):
        tick.update(heat.id)


def test_asking_twice_for_unguarded_memory_does_not_forget_a_change(checked_arena, heat):
    tick = checked_arena.begin_tick()
    rows = tick.rows([0])
    rows.unguarded(heat.id)[1] = 1.0
    rows.unguarded(heat.id)
    with pytest.raises(RowAccessError, match="changed in world 1"):
        rows.close()


def test_each_field_that_a_writer_asks_for_is_looked_at(checked_arena, heat, flow):
    tick = checked_arena.begin_tick()
    rows = tick.rows([0])
    rows.unguarded(heat.id)
    rows.unguarded(flow.id)[1] = 1.0
    with pytest.raises(RowAccessError, match="field 'flow' changed in world 1"):
        rows.close()


def test_a_change_of_bits_alone_is_seen(checked_arena, heat):
    tick = checked_arena.begin_tick()
    rows = tick.rows([0])
    rows.unguarded(heat.id)[1] = -0.0
    with pytest.raises(RowAccessError, match="changed in world 1"):
        rows.close()


def test_normal_mode_proves_nothing(arena, flow, heat):
    with arena.begin_tick() as tick:
        tick.write(flow.id)
        tick.rows([0]).unguarded(heat.id)[1] = 1.0
    assert arena.generation == 1


def test_a_scalar_field_is_named_by_world_alone():
    lone = FieldSpec(FieldId(0), "lone", (), write=WriteMode.FULL)
    arena = PingPongArena([lone], num_worlds=2, checked=True)
    tick = arena.begin_tick(full=True)
    arena.staging_view(lone.id)[0] = 1.0
    with pytest.raises(UncoveredWriteError, match=r"in world 1 at index \(\)"):
        tick.publish()


def test_coverage_can_be_proved_of_one_writers_fields_before_the_seal(checked_arena, heat, flow):
    tick = checked_arena.begin_tick()
    tick.write(heat.id).fill(1.0)
    tick.write(flow.id)
    tick.prove_covered([heat.id])
    with pytest.raises(
        UncoveredWriteError, match="field 'flow' was written in full, but 24 of its 24 elements"
    ):
        tick.prove_covered([heat.id, flow.id])


def test_coverage_is_not_proved_in_normal_mode(arena, flow):
    with arena.begin_tick() as tick:
        tick.write(flow.id)
        tick.prove_covered([flow.id])
    assert arena.generation == 1


def test_what_a_cancelled_ticks_writer_kept_to_does_not_bind_later_ticks(checked_arena, heat):
    tick = checked_arena.begin_tick()
    tick.rows([0]).unguarded(heat.id)
    tick.cancel()
    with checked_arena.begin_tick():
        checked_arena.staging_view(heat.id)[1] = 5.0  # of which nothing is noted
    with checked_arena.begin_tick():
        pass  # in the other buffer
    with checked_arena.begin_tick() as tick:
        tick.update(heat.id)[2] = 1.0
    assert checked_arena.snapshot().read(heat.id)[:, 0].tolist() == [0.0, 5.0, 1.0, 0.0]
