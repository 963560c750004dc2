import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from murk_arena import ArenaConfig, FieldId, FieldSpec, InvalidConfigError, Mutability, PingPongArena


def test_defaults_are_those_of_the_reference():
    config = ArenaConfig()
    assert (config.segment_size, config.max_segments, config.max_generation_age) == (16_777_216, 16, 1)


@pytest.mark.parametrize("size", [1000, 1023, 1025, 0])
def test_segment_size_is_checked_when_an_arena_is_made(heat, size):
    config = ArenaConfig(segment_size=size)
    with pytest.raises(
        InvalidConfigError, match=f"segment_size is {size}; it must be a power of two and at least"
    ):
        PingPongArena([heat], num_worlds=1, config=config)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_segments_are_refused(heat, count):
    with pytest.raises(InvalidConfigError, match=f"max_segments is {count}; it must be at least 3"):
        PingPongArena([heat], num_worlds=1, config=ArenaConfig(max_segments=count))


def test_negative_generation_age_is_refused(heat):
    with pytest.raises(InvalidConfigError, match="max_generation_age is -1; it must not be negative"):
        PingPongArena([heat], num_worlds=1, config=ArenaConfig(max_generation_age=-1))


@pytest.mark.parametrize(
    ("total", "buffer", "sparse"), [(16, 5, 6), (3, 1, 1), (4, 1, 2), (5, 1, 3), (6, 2, 2)]
)
def test_budget_is_split_in_thirds(total, buffer, sparse):
    config = ArenaConfig(max_segments=total)
    assert (config.buffer_segments, config.sparse_segments) == (buffer, sparse)


def test_segment_bytes_are_four_to_an_element():
    assert ArenaConfig(segment_size=2048).segment_bytes == 8192


def test_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError, match="segment_size"):
        ArenaConfig().segment_size = 2048  # pyright: ignore[reportAttributeAccessIssue]


def test_fitting_reserves_little_for_small_fields(heat, drag):
    arena = PingPongArena([heat, drag], num_worlds=4)
    assert arena.metrics.bytes_reserved == 3 * 1024 * 4


def test_fitting_puts_all_per_tick_fields_into_one_segment():
    specs = [FieldSpec(FieldId(index), "f", (700,)) for index in range(5)]
    config = ArenaConfig.fitting(specs, num_worlds=3)
    assert config.segment_size == 16_384  # the power of two above 5 * 2112
    assert len({PingPongArena(specs, num_worlds=3).handle(spec.id).location for spec in specs}) == 1


@given(sizes=st.lists(st.integers(0, 600), min_size=1, max_size=6), num_worlds=st.integers(1, 5))
def test_fitting_holds_copies_on_write_of_every_sparse_field_in_every_tick(sizes, num_worlds):
    specs = [
        FieldSpec(FieldId(index), f"s{index}", (size,), mutability=Mutability.SPARSE)
        for index, size in enumerate(sizes)
    ]
    arena = PingPongArena(specs, num_worlds=num_worlds)
    for number in range(6):
        guard = arena.begin_tick()
        for spec in specs if number % 2 else reversed(specs):
            guard.update(spec.id)
        guard.cancel() if number % 3 == 2 else guard.publish()
    assert arena.generation == 4
