import copy
import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from murk_arena import ArenaConfig, FieldId, PingPongArena, StaleSnapshotError, UnknownFieldError


def test_a_snapshot_never_sees_staged_values(arena, heat, drag, fill):
    fill(arena, 1, heat, drag)
    with arena.begin_tick() as tick:
        tick.update(heat.id)[...] = 2.0
        tick.update(drag.id)[...] = 2.0
        tick.seal()
        for field in (heat, drag):
            assert (arena.snapshot().read(field.id) == 1.0).all()


def test_a_snapshot_reads_every_kind_of_field(arena, heat, hits, flow, drag, wall, fill):
    fill(arena, 2, heat, hits, flow, drag)
    shapes = [arena.snapshot().read(field.id).shape for field in (heat, hits, flow, drag, wall)]
    assert shapes == [(4, 3), (4,), (4, 2, 3), (4,), (3,)]
    assert arena.snapshot().num_worlds == 4


@pytest.mark.parametrize("take", [lambda arena: arena.snapshot(), lambda arena: arena.snapshot().to_owned()])
def test_a_snapshot_refuses_an_unknown_field(arena, take):
    with pytest.raises(UnknownFieldError, match=r"there is no field with id 99; the fields are: 0 \(heat\)"):
        take(arena).read(FieldId(99))


def test_a_snapshot_carries_its_generation(arena, fill):
    for generation in range(3):
        assert arena.snapshot().generation == generation
        assert arena.snapshot().to_owned().generation == generation
        fill(arena, 0)


@pytest.mark.parametrize("kind", ["heat", "hits", "flow", "drag", "wall"])
@pytest.mark.parametrize("take", [lambda arena: arena.snapshot(), lambda arena: arena.snapshot().to_owned()])
def test_what_a_snapshot_reads_cannot_be_written(arena, request, take, kind):
    values = take(arena).read(request.getfixturevalue(kind).id)
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
        values.flags.writeable = True


def test_a_snapshot_is_readable_until_the_tick_after_next_begins(arena, drag, fill):
    snapshot = arena.snapshot()
    fill(arena, 1.0, drag)
    assert not snapshot.is_stale
    assert snapshot.read(drag.id).tolist() == [0.0] * 4
    with arena.begin_tick():
        assert snapshot.is_stale


@pytest.mark.parametrize("use", [lambda snapshot: snapshot.read(0), lambda snapshot: snapshot.to_owned()])
def test_a_stale_snapshot_names_both_generations(arena, use, fill):
    snapshot = arena.snapshot()
    for _ in range(2):
        fill(arena, 0)
    with pytest.raises(
        StaleSnapshotError, match="of generation 0 is stale: its memory was opened for generation 2"
    ):
        use(snapshot)


@pytest.mark.parametrize("emptied", ["reset", "restore"])
def test_all_snapshots_are_stale_after_a_reset_or_a_restore(arena, heat, fill, emptied):
    owned = arena.snapshot().to_owned()
    snapshots = []
    for value in (1, 2):
        fill(arena, value, heat)
        snapshots.append(arena.snapshot())
    {"reset": arena.reset, "restore": lambda: arena.restore(owned)}[emptied]()
    for snapshot in snapshots:
        with pytest.raises(StaleSnapshotError):
            snapshot.read(heat.id)


def test_an_old_snapshot_keeps_its_sparse_values_while_ranges_are_reused(arena, drag, fill):
    for value in range(1, 30):
        snapshot = arena.snapshot()
        expected = snapshot.read(drag.id).tolist()
        fill(arena, value, drag)
        assert snapshot.read(drag.id).tolist() == expected


def test_an_owned_snapshot_keeps_its_values_for_ever(arena, heat, hits, flow, drag, fill):
    fields = (heat, hits, flow, drag)
    fill(arena, 3, *fields)
    owned = arena.snapshot().to_owned()
    for value in range(10):
        fill(arena, value, *fields)
    arena.reset()
    assert all((owned.read(field.id) == 3).all() for field in fields)


def test_an_owned_snapshot_is_readable_from_threads_while_ticks_go_on(arena, heat, drag, fill):
    fill(arena, 1, heat, drag)
    owned = arena.snapshot().to_owned()

    def is_torn(_):
        return any(len(np.unique(owned.read(field.id))) != 1 for field in (heat, drag))

    with ThreadPoolExecutor(4) as pool:
        torn = pool.map(is_torn, range(1000))
        for value in range(1000):
            fill(arena, value, heat, drag)
        assert not any(torn)


def test_an_owned_snapshot_shares_the_static_values(arena, wall):
    owned = arena.snapshot().to_owned()
    assert owned.read(wall.id) is arena.static_arena.read(wall.id)
    assert owned.static_arena.shares_memory_with(arena.static_arena)


def test_taking_an_owned_snapshot_changes_nothing(arena, heat, drag, fill):
    fill(arena, 1, heat, drag)
    before = arena.metrics, arena.handle(heat.id), arena.handle(drag.id), arena.layout_version
    arena.snapshot().to_owned()
    assert (arena.metrics, arena.handle(heat.id), arena.handle(drag.id), arena.layout_version) == before


def test_an_owned_snapshot_copies_the_used_part_only(heat):
    arena = PingPongArena([heat], num_worlds=2, config=ArenaConfig())
    snapshot = arena.snapshot()
    tracemalloc.start()
    owned = snapshot.to_owned()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert owned.memory_bytes == 24
    assert peak < 64 * 1024  # a segment has 64 MiB


def test_an_owned_snapshot_survives_pickling_with_its_static_values(
    arena, heat, hits, flow, drag, wall, fill
):
    fill(arena, 5, heat, hits, flow, drag)
    owned = arena.snapshot().to_owned()
    copied = pickle.loads(pickle.dumps(owned))
    assert (copied.generation, copied.specs, copied.num_worlds) == (1, arena.specs, 4)
    for field in (heat, hits, flow, drag, wall):
        np.testing.assert_array_equal(copied.read(field.id), owned.read(field.id), strict=True)
    assert b"murk_" not in pickle.dumps(owned).replace(b"murk_arena", b"")  # needs no shared memory


def test_an_unpickled_snapshot_can_be_restored(arena, heat, drag, fill):
    fill(arena, 5, heat, drag)
    pickled = pickle.dumps(arena.snapshot().to_owned())
    arena.reset()
    arena.restore(pickle.loads(pickled))
    assert arena.snapshot().read(drag.id).tolist() == [5.0] * 4
    assert arena.generation == 1


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copies_of_an_owned_snapshot_are_itself(arena, duplicate):
    owned = arena.snapshot().to_owned()
    assert duplicate(owned) is owned
