from murk_arena import (
    ArenaConfig,
    FieldId,
    FieldSpec,
    Mutability,
    PingPongArena,
)


def tick(arena):
    with arena.begin_tick():
        pass


def sparse_counters(arena):
    metrics = arena.metrics
    return metrics.sparse_retired, metrics.sparse_pending


def test_a_retired_range_is_pending_for_one_tick(arena, drag, fill):
    fill(arena, 1.0, drag)
    assert sparse_counters(arena) == (0, 1)
    fill(arena, 2.0, drag)
    assert sparse_counters(arena) == (0, 1)
    tick(arena)
    assert sparse_counters(arena) == (1, 0)


def test_metrics_count_bytes_of_every_part(arena):
    metrics = arena.metrics
    per_tick = 16 + 16 + 24  # heat, hits and flow, each on a cache line of its own but for the last one's end
    assert metrics.bytes_in_use == 4 * (2 * per_tick + 4) + 64
    assert metrics.bytes_reserved == 3 * 4096 + 64


def test_default_limits_reserve_three_segments(heat):
    arena = PingPongArena([heat], num_worlds=1, config=ArenaConfig())
    assert arena.metrics.bytes_reserved == 3 * 64 * 2**20


def test_metrics_can_be_read_inside_a_tick(arena, drag):
    with arena.begin_tick() as guard:
        guard.update(drag.id)
        assert arena.metrics.sparse_reuse_misses == 1


def test_two_hundred_copies_on_write_stay_in_two_ranges(fill):
    wide = FieldSpec(FieldId(0), "wide", (100,), mutability=Mutability.SPARSE)
    arena = PingPongArena([wide], num_worlds=1, config=ArenaConfig(1024, 6))
    for _ in range(200):
        fill(arena, 1.0, wide)
    metrics = arena.metrics
    assert (metrics.sparse_reuse_hits, metrics.sparse_reuse_misses) == (199, 1)
    assert metrics.bytes_reserved == 3 * 4096
