import pytest

from murk_arena import InvalidConfigError, ScratchRegion


def test_words_are_zero_even_where_old_data_lay():
    scratch = ScratchRegion(64)
    scratch.alloc(64).fill(5.0)
    scratch.reset()
    assert scratch.alloc(64).tolist() == [0.0] * 64


def test_words_handed_out_do_not_overlap():
    scratch = ScratchRegion(64)
    first, second = scratch.alloc(10), scratch.alloc(10)
    first.fill(1.0)
    second.fill(2.0)
    assert first.tolist() == [1.0] * 10


@pytest.mark.parametrize(
    ("capacity", "asked", "grown"), [(0, 1, 2048), (2048, 2049, 4098), (2048, 9000, 18000)]
)
def test_the_region_doubles_what_is_needed_when_it_is_short(capacity, asked, grown):
    scratch = ScratchRegion(capacity)
    scratch.alloc(asked)
    assert scratch.capacity == grown


def test_reset_moves_the_cursor_only():
    scratch = ScratchRegion()
    scratch.alloc(100)
    scratch.reset()
    assert (scratch.used, scratch.capacity, scratch.memory_bytes) == (0, 2048, 8192)


def test_arrays_stay_valid_when_the_region_grows():
    scratch = ScratchRegion(16)
    early = scratch.alloc(16)
    early.fill(4.0)
    scratch.alloc(5000).fill(1.0)
    assert early.tolist() == [4.0] * 16


def test_a_negative_length_is_refused():
    with pytest.raises(
        InvalidConfigError, match="the requested scratch length is -1; it must not be negative"
    ):
        ScratchRegion().alloc(-1)


def test_the_high_water_mark_is_the_most_that_was_held_at_once():
    scratch = ScratchRegion()
    scratch.alloc(100)
    scratch.reset()
    scratch.alloc(10)
    assert scratch.high_water == 100


def test_scratch_is_taken_back_when_the_next_tick_begins(arena):
    for _ in range(3):
        with arena.begin_tick() as tick:
            tick.scratch.alloc(100)
    assert arena.metrics.scratch_high_water == 100
