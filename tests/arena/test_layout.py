import pytest

from murk_arena import (
    FieldAccessError,
    NoTickError,
    StaticFieldError,
    UnknownFieldError,
)


@pytest.mark.parametrize("kind", ["heat", "hits", "flow"])
@pytest.mark.parametrize("method", ["read", "previous", "write", "update"])
def test_arrays_are_the_same_objects_every_second_tick(arena, request, kind, method):
    field = request.getfixturevalue(kind).id
    seen = []
    for _ in range(6):
        with arena.begin_tick() as guard:
            seen.append(getattr(guard, method)(field))
    assert all(later is earlier for earlier, later in zip(seen, seen[2:], strict=False))
    assert seen[0] is not seen[1]


def test_staging_views_are_the_same_objects_as_written_ones(arena, heat):
    with arena.begin_tick() as guard:
        assert arena.staging_view(heat.id) is guard.write(heat.id)
        guard.seal()
        assert arena.staging_view(heat.id).flags.writeable


def test_every_tick_has_the_same_guard_and_sealed_view(arena):
    guards = set()
    for _ in range(3):
        with arena.begin_tick() as guard:
            guards.add((id(guard), id(guard.seal())))
    assert len(guards) == 1


def test_the_layout_version_stands_still_without_sparse_writes(arena, heat, flow, fill):
    version = arena.layout_version
    for _ in range(3):
        fill(arena, 1.0, heat, flow)
        arena.begin_tick().cancel()
    assert arena.layout_version == version


def test_the_layout_version_changes_whenever_a_sparse_array_moves(arena, drag):
    bound = {}
    for number in range(20):
        with arena.begin_tick() as guard:
            if number % 3 == 0:
                guard.update(drag.id)
            if number % 6 == 3:
                guard.cancel()
                continue
            key = arena.staging_index, arena.layout_version
            arrays = guard.read(drag.id), guard.previous(drag.id)
            assert all(a is b for a, b in zip(bound.setdefault(key, arrays), arrays, strict=True))


@pytest.mark.parametrize(
    "move",
    [
        lambda arena, owned: arena.begin_tick().update(3),
        lambda arena, owned: arena.restore(owned),
        lambda arena, owned: arena.reset(),
    ],
)
def test_the_layout_version_changes_with_every_move(arena, move):
    owned, version = arena.snapshot().to_owned(), arena.layout_version
    move(arena, owned)
    assert arena.layout_version > version  # never one that it had before


def test_cancelling_a_copy_on_write_changes_the_layout_version(arena, drag):
    guard = arena.begin_tick()
    guard.update(drag.id)
    version = arena.layout_version
    guard.cancel()
    assert arena.layout_version != version


def test_a_staging_view_needs_a_tick(arena, heat):
    with pytest.raises(NoTickError, match="staging memory may be written inside a tick only"):
        arena.staging_view(heat.id)


@pytest.mark.parametrize(
    ("field", "error", "message"),
    [
        (3, FieldAccessError, "field 'drag' is sparse: it has no staging memory of its own"),
        (4, StaticFieldError, "field 'wall' is static: it has no staging memory"),
        (9, UnknownFieldError, "there is no field with id 9"),
    ],
)
def test_only_per_tick_fields_have_staging_views(arena, field, error, message):
    with arena.begin_tick(), pytest.raises(error, match=message):
        arena.staging_view(field)


def test_a_guard_says_whether_its_tick_is_sealed(arena):
    with arena.begin_tick() as tick:
        assert not tick.sealed
        tick.seal()
        assert tick.sealed
