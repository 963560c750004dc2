from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from murk_arena import (
    ArenaConfig,
    CapacityExceededError,
    FieldDescriptor,
    FieldEntry,
    FieldHandle,
    FieldId,
    FieldSpec,
    InvalidConfigError,
    Mutability,
    PingPongArena,
    StaticLocation,
    UnknownFieldError,
)

SOMEWHERE = FieldHandle(0, 0, 1, StaticLocation())


def entries(*numbers, mutability=Mutability.PER_TICK):
    return [FieldEntry(FieldSpec(FieldId(n), f"f{n}", (), mutability=mutability), SOMEWHERE) for n in numbers]


def test_entries_come_in_the_order_of_registration():
    assert [entry.spec.id for entry in FieldDescriptor(entries(5, 1, 9, 0))] == [5, 1, 9, 0]


def test_words_are_counted_with_a_worlds_axis_unless_static():
    assert FieldSpec(FieldId(0), "flow", (2, 3)).num_words(4) == 24
    assert FieldSpec(FieldId(0), "wall", (2, 3), mutability=Mutability.STATIC).num_words(4) == 6


def test_an_element_of_float64_takes_two_words():
    assert FieldSpec(FieldId(0), "flow", (2, 3), np.dtype(np.float64)).num_words(4) == 48


def test_more_elements_than_fit_are_refused_by_name():
    huge = FieldSpec(FieldId(0), "huge", (4, 2**31))
    with pytest.raises(CapacityExceededError, match=f"field 'huge' needs {2**35} bytes, but only {2**26}"):
        PingPongArena([huge], num_worlds=1, config=ArenaConfig())


@pytest.mark.parametrize("ids", [(3, 3), (3, 1, 2, 3)])
def test_duplicate_ids_are_refused(ids):
    with pytest.raises(InvalidConfigError, match="fields 'f3' and 'f3' have the same id 3"):
        FieldDescriptor(entries(*ids))


@pytest.mark.parametrize("ids", [(3, 3), (3, 1, 2, 3)])
def test_an_arena_refuses_duplicate_ids(ids):
    with pytest.raises(InvalidConfigError, match="have the same id 3; give each field its own"):
        PingPongArena([entry.spec for entry in entries(*ids)], num_worlds=1)


def test_every_handle_of_a_fresh_arena_leads_to_its_zeros(arena):
    for entry in arena.descriptor.of(Mutability.PER_TICK) + arena.descriptor.of(Mutability.SPARSE):
        words = arena.resolve(arena.handle(entry.spec.id))
        np.testing.assert_array_equal(words, np.zeros(entry.spec.num_words(4), np.float32))


def test_moving_an_unknown_field_raises():
    with pytest.raises(UnknownFieldError, match="no field with id 7; the fields are: 1 \\(f1\\)"):
        FieldDescriptor(entries(1)).update_handle(FieldId(7), SOMEWHERE)


def test_moving_a_field_changes_its_handle_alone():
    descriptor = FieldDescriptor(entries(1, 2))
    moved = FieldHandle(3, 16, 1, StaticLocation())
    descriptor.update_handle(FieldId(1), moved)
    assert [entry.handle for entry in descriptor] == [moved, SOMEWHERE]


def test_filtering_keeps_one_mutability_in_order():
    sparse = entries(8, 2, mutability=Mutability.SPARSE)
    first, last = entries(3, 1)
    descriptor = FieldDescriptor([first, sparse[0], last, sparse[1]])
    assert [entry.spec.id for entry in descriptor.of(Mutability.SPARSE)] == [8, 2]


def test_a_copy_is_independent_and_shares_the_declarations():
    original = FieldDescriptor(entries(1))
    copied = original.copy()
    copied.update_handle(FieldId(1), FieldHandle(9, 0, 1, StaticLocation()))
    assert original[FieldId(1)].handle == SOMEWHERE
    assert copied[FieldId(1)].spec is original[FieldId(1)].spec


def test_no_fields_make_an_empty_descriptor():
    descriptor = FieldDescriptor()
    assert len(descriptor) == 0
    assert not descriptor
    assert FieldId(0) not in descriptor


def test_a_field_needs_a_name():
    with pytest.raises(InvalidConfigError, match="field 6 has an empty name"):
        FieldSpec(FieldId(6), "", ())


def test_a_field_holds_three_dtypes_only():
    with pytest.raises(
        InvalidConfigError, match="field 'heat' has dtype float16; the arena holds float32, int32"
    ):
        FieldSpec(FieldId(0), "heat", (), np.dtype(np.float16))


def test_a_field_has_no_negative_side():
    with pytest.raises(
        InvalidConfigError, match="field 'heat' has shape \\(2, -1\\); no side may be negative"
    ):
        FieldSpec(FieldId(0), "heat", (2, -1))


def test_an_entry_is_fixed():
    (entry,) = entries(3)
    with pytest.raises(FrozenInstanceError):
        setattr(entry, "handle", SOMEWHERE)  # noqa: B010


def test_a_field_may_have_no_elements():
    assert FieldSpec(FieldId(0), "none", (0, 3)).num_words(4) == 0
