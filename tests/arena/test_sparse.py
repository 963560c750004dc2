import pytest

from murk_arena import CapacityExceededError, FieldId
from murk_arena.segment import SegmentList
from murk_arena.sparse import SparseRange, SparseSlab

A, B, C = FieldId(0), FieldId(1), FieldId(2)


@pytest.fixture
def slab():
    return SparseSlab(SegmentList(1024, 4))


def counters(slab):
    return slab.reuse_hits, slab.reuse_misses


def test_a_fresh_slab_holds_nothing(slab):
    assert (slab.live, slab.retired, slab.pending, counters(slab)) == ({}, (), (), (0, 0))
    assert slab.segments.total_used == 0


def test_the_first_range_of_a_field_takes_new_words_and_counts_a_miss(slab):
    assert slab.alloc(A, 10) == SparseRange(0, 0, 10)
    assert slab.live == {A: SparseRange(0, 0, 10)}
    assert counters(slab) == (0, 1)


def test_a_field_that_moves_leaves_its_range_pending_and_stays_one_live_field(slab):
    for _ in range(3):
        slab.alloc(A, 10)
    assert len(slab.live) == 1
    assert slab.pending == (SparseRange(0, 0, 10), SparseRange(0, 16, 10))


def test_a_range_is_not_used_again_in_the_tick_that_retired_it(slab):
    first = slab.alloc(A, 10)
    slab.alloc(A, 10)
    assert slab.alloc(B, 10) != first
    slab.flush()
    assert slab.retired == (first,)
    assert slab.alloc(C, 10) == first


def test_a_range_is_used_again_for_exactly_its_length_only(slab):
    slab.alloc(A, 10)
    slab.alloc(A, 10)
    slab.flush()
    assert slab.alloc(B, 9).offset == 32
    assert counters(slab) == (0, 3)
    assert slab.retired == (SparseRange(0, 0, 10),)


def test_reuse_takes_the_range_off_the_list_and_counts_a_hit(slab):
    slab.alloc(A, 10)
    slab.alloc(A, 10)
    slab.flush()
    slab.alloc(A, 10)
    assert slab.retired == ()
    assert counters(slab) == (1, 2)


def test_live_ranges_of_different_lengths_never_overlap(slab):
    lengths = {A: 10, B: 33, C: 7}
    for number in range(30):
        field = (A, B, C, B)[number % 4]
        slab.alloc(field, lengths[field])
        if number % 3 == 2:
            slab.flush()
        taken = [
            (found.segment, word)
            for found in (*slab.live.values(), *slab.retired, *slab.pending)
            for word in range(found.offset, found.offset + found.length)
        ]
        assert len(taken) == len(set(taken))


def test_a_failed_allocation_changes_nothing_the_counters_included():
    slab = SparseSlab(SegmentList(1024, 1))
    first = slab.alloc(A, 1000)
    with pytest.raises(CapacityExceededError, match="a sparse field needs 4000 bytes, but only 4096"):
        slab.alloc(A, 1000)
    assert (slab.live, slab.pending, counters(slab)) == ({A: first}, (), (0, 1))


def test_reused_words_keep_what_they_held(slab):
    first = slab.alloc(A, 4)
    slab.segments.slice(first.segment, first.offset, 4).fill(3.0)
    slab.alloc(A, 4)
    slab.flush()
    found = slab.alloc(B, 4)
    assert slab.segments.slice(found.segment, found.offset, 4).tolist() == [3.0] * 4


def test_counters_can_be_reset(slab):
    slab.alloc(A, 4)
    slab.reset_counters()
    assert counters(slab) == (0, 0)
    assert len(slab.live) == 1


def test_a_retired_range_has_named_parts(slab):
    slab.alloc(A, 10)
    slab.alloc(A, 10)
    assert (slab.pending[0].segment, slab.pending[0].offset, slab.pending[0].length) == (0, 0, 10)


def test_neighbouring_retired_ranges_are_not_joined(slab):
    for field in (A, B, A, B):
        slab.alloc(field, 16)
    slab.flush()
    assert slab.alloc(C, 32).offset == 64
    assert len(slab.retired) == 2


def test_rolling_back_restores_ranges_lists_counters_and_cursors(slab):
    slab.alloc(A, 10)
    slab.alloc(A, 10)
    slab.alloc(B, 900)
    state = slab.state()
    slab.flush()
    slab.alloc(B, 10)
    slab.alloc(A, 900)
    slab.rollback(state)
    assert slab.state() == state
    assert len(slab.segments) == 1


def test_resetting_empties_the_slab_and_its_pool(slab):
    slab.alloc(A, 10)
    slab.alloc(A, 10)
    slab.reset()
    assert (slab.live, slab.retired, slab.pending, counters(slab)) == ({}, (), (), (0, 0))
    assert slab.segments.total_used == 0
