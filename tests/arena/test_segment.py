import numpy as np
import pytest

from murk_arena import CapacityExceededError, InvalidConfigError, UnallocatedRangeError
from murk_arena.segment import Segment, SegmentList


def test_a_new_segment_is_empty_and_zero():
    segment = Segment(2048)
    assert (segment.used, segment.capacity, segment.remaining, segment.memory_bytes) == (0, 2048, 2048, 8192)
    segment.alloc(2048)
    assert not segment.slice(0, 2048).any()


def test_memory_starts_on_a_cache_line():
    segment = Segment(1024)
    segment.alloc(1)
    words = segment.slice(segment.alloc(1), 1)
    assert words.__array_interface__["data"][0] % 64 == 0


def test_allocations_advance_the_cursor_and_start_at_multiples_of_sixteen():
    segment = Segment(1024)
    assert [segment.alloc(length) for length in (16, 10, 5)] == [0, 16, 32]
    assert segment.used == 37
    assert segment.remaining == 1024 - 48


def test_allocations_never_overlap():
    segment = Segment(1024)
    places = [(segment.alloc(length), length) for length in (3, 17, 0, 40, 16)]
    for number, place in enumerate(places, start=1):
        segment.slice(*place).fill(number)
    assert [segment.slice(*place).tolist() for place in places] == [
        [number] * length for number, (_, length) in enumerate(places, start=1)
    ]


def test_an_allocation_beyond_the_rest_is_refused_and_moves_nothing():
    segment = Segment(1024)
    segment.alloc(1000)
    with pytest.raises(CapacityExceededError, match="needs 68 bytes, but only 64 are available"):
        segment.alloc(17)
    assert segment.used == 1000


def test_a_segment_can_be_filled_to_its_capacity():
    segment = Segment(1024)
    segment.alloc(1024)
    with pytest.raises(CapacityExceededError, match="needs 4 bytes, but only 0 are available"):
        segment.alloc(1)


def test_no_words_can_always_be_allocated_and_lie_at_the_cursor():
    segment = Segment(1024)
    segment.alloc(5)
    assert segment.alloc(0) == 5
    assert segment.slice(5, 0).size == 0
    segment.alloc(1008)
    assert segment.alloc(0) == 1024


def test_a_negative_length_is_refused():
    with pytest.raises(InvalidConfigError, match="the requested length is -1 words; it must not be negative"):
        Segment(1024).alloc(-1)


def test_a_slice_beyond_the_cursor_is_refused():
    segment = Segment(1024)
    segment.alloc(10)
    with pytest.raises(UnallocatedRangeError, match="words 0 to 11 were requested, but only those before 10"):
        segment.slice(0, 11)


@pytest.mark.parametrize(("offset", "length"), [(2**63, 1), (1, 2**63), (-1, 2), (3, -1)])
@pytest.mark.parametrize("method", ["slice", "read_only"])
def test_an_absurd_slice_is_refused(offset, length, method):
    segment = Segment(1024)
    segment.alloc(1024)
    with pytest.raises(UnallocatedRangeError, match="only those before 1024 are allocated"):
        getattr(segment, method)(offset, length)


def test_writes_are_seen_through_the_read_only_slice():
    segment = Segment(1024)
    segment.alloc(4)
    seen = segment.read_only(0, 4)
    segment.slice(0, 4)[...] = [1, 2, 3, 4]
    np.testing.assert_array_equal(seen, [1, 2, 3, 4])


def test_the_read_only_slice_cannot_be_made_writable():
    segment = Segment(1024)
    segment.alloc(4)
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
        segment.read_only(0, 4).flags.writeable = True


def test_reset_moves_the_cursor_only_and_refuses_earlier_slices():
    segment = Segment(1024)
    segment.alloc(4)
    segment.slice(0, 4).fill(7.0)
    segment.reset()
    assert (segment.used, segment.capacity) == (0, 1024)
    with pytest.raises(UnallocatedRangeError, match="only those before 0 are allocated"):
        segment.slice(0, 4)
    segment.alloc(4)
    np.testing.assert_array_equal(segment.slice(0, 4), [7.0] * 4)


def test_a_copy_is_independent_in_both_directions():
    segment = Segment(1024)
    segment.alloc(2)
    segment.slice(0, 2)[...] = [1, 2]
    copied = segment.copy()
    segment.slice(0, 2)[0] = 10
    copied.slice(0, 2)[1] = 20
    assert segment.slice(0, 2).tolist() == [10, 2]
    assert copied.slice(0, 2).tolist() == [1, 20]


def test_a_list_starts_with_one_segment():
    segments = SegmentList(1024, 5)
    assert (len(segments), segments.memory_bytes) == (1, 4096)


def test_a_request_longer_than_a_segment_is_refused_whatever_the_budget():
    with pytest.raises(CapacityExceededError, match="needs 4100 bytes, but only 4096 are available"):
        SegmentList(1024, 99).alloc(1025)


def test_an_allocation_lies_in_one_segment():
    segments = SegmentList(1024, 3)
    assert [segments.alloc(length) for length in (1000, 30, 900)] == [(0, 0), (1, 0), (1, 32)]


def test_segments_are_used_again_after_a_reset_before_new_ones_are_made():
    segments = SegmentList(1024, 3)
    for _ in range(2):
        segments.alloc(1024)
    segments.reset()
    assert (len(segments), segments.memory_bytes) == (2, 8192)
    assert [segments.alloc(1024)[0] for _ in range(3)] == [0, 1, 2]


def test_a_full_list_refuses_with_the_bytes_of_its_segments():
    segments = SegmentList(1024, 2)
    for _ in range(2):
        segments.alloc(1020)
    with pytest.raises(CapacityExceededError, match="needs 400 bytes, but only 8192 are available"):
        segments.alloc(100)
    assert segments.total_used == 2040


def test_a_list_never_goes_back_to_an_earlier_segment():
    segments = SegmentList(1024, 3)
    segments.alloc(100)
    segments.alloc(1024)
    assert segments.alloc(10)[0] == 2


@pytest.mark.parametrize("index", [1, -1])
@pytest.mark.parametrize("method", ["slice", "read_only"])
def test_an_unknown_segment_is_refused(index, method):
    with pytest.raises(UnallocatedRangeError, match=f"segment {index} was requested, but there are only 1"):
        getattr(SegmentList(1024, 3), method)(index, 0, 0)


def test_sizes_are_sums_over_the_segments():
    segments = SegmentList(1024, 3)
    for length in (1000, 600, 600):
        segments.alloc(length)
    assert (segments.memory_bytes, segments.total_used) == (3 * 4096, 2200)


def test_a_copied_list_leaves_out_segments_past_the_current_one_and_unused_words():
    segments = SegmentList(1024, 3)
    for _ in range(3):
        segments.slice(*segments.alloc(1024), 1024).fill(1.0)
    segments.reset()
    segments.alloc(1024)
    segments.slice(*segments.alloc(8), 8).fill(2.0)
    copied = segments.copy()
    assert len(copied) == 2
    copied.alloc(16)
    assert copied.slice(1, 0, 8).tolist() == [2.0] * 8
    assert copied.slice(1, 16, 16).tolist() == [0.0] * 16


def test_rewinding_takes_later_allocations_and_segments_back():
    segments = SegmentList(1024, 3)
    segments.alloc(100)
    mark = segments.mark()
    segments.alloc(1000)
    segments.rewind(mark)
    assert (len(segments), segments.total_used) == (1, 100)
    assert segments.alloc(10) == (0, 112)
