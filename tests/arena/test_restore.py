import copy
import pickle

import pytest

from murk_arena import (
    ClosedTickError,
    PingPongArena,
    SnapshotMismatchError,
    StaleSnapshotError,
    StaticArena,
    TickInProgressError,
)


def tick(arena):
    with arena.begin_tick():
        pass


def test_restoring_brings_values_and_generation_back(arena, heat, hits, flow, drag, fill):
    fields = (heat, hits, flow, drag)
    fill(arena, 3, *fields)
    owned = arena.snapshot().to_owned()
    for value in (4, 5, 6):
        fill(arena, value, *fields)
    arena.restore(owned)
    assert arena.generation == 1
    assert all((arena.snapshot().read(field.id) == 3).all() for field in fields)
    fill(arena, 7, *fields)
    assert arena.generation == 2


def test_restoring_makes_earlier_snapshots_stale(arena):
    owned, before, published = arena.snapshot().to_owned(), arena.snapshot(), None
    tick(arena)
    published = arena.snapshot()
    arena.restore(owned)
    assert before.is_stale
    assert published.is_stale
    assert not arena.snapshot().is_stale


def test_a_snapshot_of_other_worlds_is_refused(arena, static):
    owned = PingPongArena(arena.specs, num_worlds=3, static=static).snapshot().to_owned()
    with pytest.raises(SnapshotMismatchError, match="the snapshot holds 3 worlds, the arena 4"):
        arena.restore(owned)


def test_a_snapshot_of_other_fields_is_refused(arena, heat, hits):
    owned = PingPongArena([heat, hits], num_worlds=4).snapshot().to_owned()
    with pytest.raises(SnapshotMismatchError, match="declare different fields: 'drag', 'flow', 'wall'"):
        arena.restore(owned)


def test_a_snapshot_of_other_static_values_is_refused(arena, wall):
    other = PingPongArena(arena.specs, num_worlds=4, static=StaticArena({wall: [1.0, 2.0, 4.0]}))
    with pytest.raises(
        SnapshotMismatchError, match="static field 'wall' has other values in the snapshot than"
    ):
        arena.restore(other.snapshot().to_owned())


def test_a_snapshot_of_equal_static_values_elsewhere_is_restored(arena, wall, heat, fill):
    other = PingPongArena(arena.specs, num_worlds=4, static=StaticArena({wall: [1.0, 2.0, 3.0]}))
    fill(other, 5.0, heat)
    arena.restore(other.snapshot().to_owned())
    assert (arena.snapshot().read(heat.id) == 5.0).all()


def test_restoring_inside_a_tick_is_refused(arena):
    owned = arena.snapshot().to_owned()
    with arena.begin_tick(), pytest.raises(TickInProgressError, match="generation 1 is still being made"):
        arena.restore(owned)


def test_reset_makes_an_arena_as_new(arena, static, heat, hits, flow, drag, fill, observed):
    for value in (1, 2, 3):
        fill(arena, value, heat, hits, flow, drag)
    arena.reset()
    fresh = PingPongArena(arena.specs, num_worlds=4, static=static)
    assert observed(arena)[0] == observed(fresh)[0]
    assert arena.metrics == fresh.metrics
    assert arena.staging_index == fresh.staging_index
    assert arena.snapshot().read(4).tolist() == [1.0, 2.0, 3.0]


def test_an_arena_goes_on_after_a_reset_as_from_the_start(arena, drag, heat, fill):
    fill(arena, 1.0, heat, drag)
    arena.reset()
    for value in (2.0, 3.0):
        fill(arena, value, drag)
    assert arena.snapshot().read(drag.id).tolist() == [3.0] * 4
    assert (arena.snapshot().read(heat.id) == 0.0).all()
    assert arena.generation == 2


def test_reset_keeps_the_scratch_space(arena):
    with arena.begin_tick() as guard:
        guard.scratch.alloc(3000)
    reserved = arena.metrics.bytes_reserved
    arena.reset()
    assert arena.metrics.bytes_reserved == reserved
    assert arena.metrics.scratch_high_water == 0


def test_reset_discards_a_tick_in_progress(arena, heat, fill):
    guard = arena.begin_tick()
    guard.write(heat.id).fill(1.0)
    arena.reset()
    assert not arena.in_tick
    with pytest.raises(ClosedTickError, match="the tick has been published or cancelled"):
        guard.write(heat.id)
    tick(arena)
    assert (arena.snapshot().read(heat.id) == 0.0).all()


def test_reset_makes_earlier_snapshots_stale(arena, heat):
    snapshot = arena.snapshot()
    arena.reset()
    with pytest.raises(StaleSnapshotError, match="the snapshot of generation 0 is stale"):
        snapshot.read(heat.id)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_arena_cannot_be_copied(arena, duplicate):
    with pytest.raises(
        TypeError, match=r"a PingPongArena cannot be copied or pickled; keep snapshot\(\).to_owned"
    ):
        duplicate(arena)


def test_two_arenas_of_one_static_arena_do_not_touch_each_other(static, heat, wall, fill):
    first, second = (PingPongArena([heat, wall], num_worlds=1, static=static) for _ in range(2))
    fill(first, 1.0, heat)
    assert second.snapshot().read(heat.id).tolist() == [[0.0] * 3]


def test_an_arena_keeps_its_static_values_when_others_close_theirs(wall):
    static = StaticArena({wall: [1, 2, 3]})
    arena = PingPongArena([wall], num_worlds=1, static=static)
    static.close()
    assert arena.snapshot().read(wall.id).tolist() == [1.0, 2.0, 3.0]
