"""What holds over long and random runs of many fields."""

import dataclasses
import gc
import random
import sys
import tracemalloc

import numpy as np
import pytest

from murk_arena import FieldId, FieldSpec, Mutability, PingPongArena, WriteMode

LENGTHS = (3, 40, 3, 17, 100, 40, 1, 3, 17, 64)
SPARSE = [
    FieldSpec(FieldId(index), f"s{index}", (length,), mutability=Mutability.SPARSE)
    for index, length in enumerate(LENGTHS)
]
MIXED = [
    dataclasses.replace(spec, mutability=mutability, write=write)
    for spec, (mutability, write) in zip(
        SPARSE,
        [(Mutability.PER_TICK, write) for write in WriteMode] * 2
        + [(Mutability.SPARSE, WriteMode.CARRIED)] * 4,
        strict=True,
    )
]


def run(arena, seed, num_ticks):
    """Random updates; some ticks are discarded. Returns the number of first writes of published ticks."""
    rng = random.Random(seed)
    first_writes = 0
    for number in range(num_ticks):
        guard = arena.begin_tick()
        written = [field for field in range(len(LENGTHS)) if rng.random() < 0.4]
        for field in written:
            guard.update(FieldId(field))[0, 0] += number
        if rng.random() < 0.1:
            guard.cancel()
        else:
            guard.publish()
            first_writes += len(written)
    return first_writes


def state(arena):
    return {spec.id: arena.snapshot().read(spec.id).tobytes() for spec in arena.specs}


@pytest.mark.slow
def test_sparse_memory_is_bounded_over_ten_thousand_ticks():
    arena = PingPongArena(SPARSE, num_worlds=1)
    live = sum(-(-length // 16) * 16 for length in LENGTHS)
    run(arena, seed=1, num_ticks=10_000)
    assert arena._slab.segments.total_used <= 2 * live


def test_every_first_write_of_a_tick_is_one_hit_or_miss():
    arena = PingPongArena(SPARSE, num_worlds=1)
    first_writes = run(arena, seed=2, num_ticks=1000)
    metrics = arena.metrics
    assert metrics.sparse_reuse_hits + metrics.sparse_reuse_misses == first_writes


def test_arenas_fed_the_same_operations_are_the_same_bit_for_bit():
    first, second = (PingPongArena(MIXED, num_worlds=2) for _ in range(2))
    for arena in (first, second):
        run(arena, seed=3, num_ticks=300)
    assert state(first) == state(second)
    assert first.metrics == second.metrics
    assert list(first.descriptor) == list(second.descriptor)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_fields_changes_no_value(seed):
    shuffled = random.Random(seed).sample(MIXED, len(MIXED))
    arenas = PingPongArena(MIXED, num_worlds=2), PingPongArena(shuffled, num_worlds=2)
    for arena in arenas:
        run(arena, seed=4, num_ticks=100)
    assert state(arenas[0]) == state(arenas[1])


def test_checked_mode_changes_no_value():
    arenas = [PingPongArena(MIXED, num_worlds=2, checked=checked) for checked in (False, True)]
    for arena in arenas:
        run(arena, seed=5, num_ticks=100)
    assert state(arenas[0]) == state(arenas[1])


def test_a_steady_tick_allocates_no_array():
    specs = [dataclasses.replace(spec, shape=(50_000,)) for spec in MIXED[:6]]
    arena = PingPongArena(specs, num_worlds=2)

    def tick():
        with arena.begin_tick(full=True) as guard:
            for spec in specs:
                arena.staging_view(spec.id)[0, 0] = 1.0
                guard.read(spec.id)
                guard.previous(spec.id)

    tick()
    tracemalloc.start()
    for _ in range(10):
        tick()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000  # bytes; one field has 400,000


@pytest.mark.parametrize("full", [True, False])
def test_the_work_of_a_tick_does_not_depend_on_the_number_of_fields(full):
    def calls(num_fields):
        specs = [
            FieldSpec(FieldId(index), "f", (4,), write=list(WriteMode)[index % 3])
            for index in range(num_fields)
        ]
        arena = PingPongArena(specs, num_worlds=2)
        events = []
        gc.disable()  # a collection would call the finalizers of other tests' objects
        sys.setprofile(lambda frame, event, argument: events.append(event))
        for _ in range(3):
            with arena.begin_tick(full=full):
                pass
        sys.setprofile(None)
        gc.enable()
        return len(events)

    assert calls(3) == calls(60)


def test_per_tick_fields_lie_with_carried_ones_first_and_on_cache_lines():
    arena = PingPongArena(MIXED, num_worlds=2)
    offsets = {spec.write: [] for spec in MIXED}
    for spec in MIXED[:6]:
        offsets[spec.write].append(arena.handle(spec.id).offset)
    assert max(offsets[WriteMode.CARRIED] + offsets[WriteMode.INCREMENTAL]) < min(offsets[WriteMode.FULL])
    assert all(offset % 16 == 0 for group in offsets.values() for offset in group)
    assert all(arena.snapshot().read(spec.id).ctypes.data % 64 == 0 for spec in MIXED)


def test_reading_published_values_is_the_same_in_every_generation_parity():
    arena = PingPongArena(MIXED, num_worlds=1)
    for value in range(1, 6):
        with arena.begin_tick() as tick:
            for spec in MIXED:
                tick.update(spec.id)[...] = value
        for spec in MIXED:
            np.testing.assert_array_equal(arena.snapshot().read(spec.id), np.full((1, *spec.shape), value))
