import numpy as np
import pytest

from murk_arena import ClosedTickError, InvalidValueError, NotSealedError, StaticFieldError


def column(arena, field):
    return arena.snapshot().read(field.id).reshape(4, -1)[:, 0].tolist()


@pytest.mark.parametrize("worlds", [[2, 0], np.array([2, 0], np.int32), np.array([True, False, True, False])])
def test_worlds_may_be_indices_or_a_mask(arena, worlds):
    with arena.begin_tick() as tick:
        rows = tick.rows(worlds)
        assert rows.worlds.dtype == np.int64
        assert sorted(rows.worlds.tolist()) == [0, 2]
        with pytest.raises(ValueError, match="read-only"):
            rows.worlds[0] = 1


@pytest.mark.parametrize(
    ("worlds", "message"),
    [
        ([4], "world 4 does not exist; there are 4"),
        ([-1], "world -1 does not exist; there are 4"),
        ([1, 3, 1], "world 1 is named 2 times"),
        ([0, 2, 2, 3], "world 2 is named 2 times"),
        ([0.0], r"worlds must be a mask or integers in one dimension, not float64 of shape \(1,\)"),
        ([[0]], r"worlds must be a mask or integers in one dimension, not int64 of shape \(1, 1\)"),
        ([True, False], r"the mask of worlds has shape \(2,\); it must be \(4,\)"),
    ],
)
def test_worlds_that_do_not_fit_are_refused(arena, worlds, message):
    with arena.begin_tick() as tick, pytest.raises(InvalidValueError, match=message):
        tick.rows(worlds)


def test_no_worlds_are_no_error(arena, heat):
    with arena.begin_tick() as tick:
        tick.rows([]).write(heat.id, 1.0)
        assert tick.rows(np.zeros(4, bool)).read(heat.id).shape == (0, 3)
    assert column(arena, heat) == [0.0] * 4


@pytest.mark.parametrize("kind", ["heat", "hits", "flow", "drag"])
@pytest.mark.parametrize("sealed", [False, True])
def test_a_write_reaches_the_rows_of_its_worlds_only(arena, request, kind, sealed):
    field = request.getfixturevalue(kind)
    with arena.begin_tick() as tick:
        tick.update(field.id)[...] = 1
        if sealed:
            tick.seal()
        rows = tick.reopen_rows([3, 1]) if sealed else tick.rows([3, 1])
        rows.write(field.id, 7)
    assert column(arena, field) == [1, 7, 1, 7]


def test_what_reopened_rows_change_of_a_field_that_was_not_written_is_published(arena, flow):
    with arena.begin_tick() as tick:
        tick.seal()
        tick.reopen_rows([2]).write(flow.id, 7.0)
    assert column(arena, flow) == [0.0, 0.0, 7.0, 0.0]


def test_values_go_to_the_worlds_in_their_order(arena, heat):
    with arena.begin_tick() as tick:
        tick.rows([3, 1]).write(heat.id, [[3, 3, 3], [1, 1, 1]])
    assert column(arena, heat) == [0.0, 1.0, 0.0, 3.0]


def test_values_broadcast_over_the_rows(arena, flow):
    with arena.begin_tick() as tick:
        tick.rows([3, 1]).write(flow.id, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(arena.snapshot().read(flow.id)[[1, 3]], [[[1, 2, 3], [4, 5, 6]]] * 2)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1), (4, 2, 3), (4, 1, 1), (1, 2, 3)])
def test_all_that_numpy_broadcasts_is_written(arena, flow, shape):
    values = np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(shape)
    with arena.begin_tick() as tick:
        tick.rows([0, 1, 2, 3]).write(flow.id, values)
    np.testing.assert_array_equal(arena.snapshot().read(flow.id), np.broadcast_to(values, (4, 2, 3)))


@pytest.mark.parametrize("shape", [(2,), (3, 3), (2, 2, 3), (1, 4, 2, 3), (0,)])
def test_what_numpy_does_not_broadcast_is_refused(arena, flow, shape):
    with (
        arena.begin_tick() as tick,
        pytest.raises(InvalidValueError, match=r"'flow' has rows of shape \(4, 2, 3\)"),
    ):
        tick.rows([0, 1, 2, 3]).write(flow.id, np.zeros(shape, np.float32))


def test_rows_of_a_field_with_a_full_writer_start_from_the_previous_values(arena, flow):
    for value in (1.0, 2.0):
        with arena.begin_tick() as tick:
            tick.write(flow.id).fill(value)
    with arena.begin_tick() as tick:
        tick.rows([0]).write(flow.id, 9.0)
    assert column(arena, flow) == [9.0, 2.0, 2.0, 2.0]


def test_values_of_another_shape_are_refused_before_anything_is_copied(arena, drag):
    with (
        arena.begin_tick() as tick,
        pytest.raises(
            InvalidValueError, match=r"'drag' has rows of shape \(2,\) here, the values have \(3,\)"
        ),
    ):
        tick.rows([0, 1]).write(drag.id, [1, 2, 3])
    assert arena.metrics.sparse_reuse_misses == 0


def test_values_of_another_kind_are_refused(arena, hits):
    with (
        arena.begin_tick() as tick,
        pytest.raises(InvalidValueError, match="'hits' holds int32, the values are fl"),
    ):
        tick.rows([0]).write(hits.id, 0.5)


def test_a_read_is_a_copy_of_the_rows(arena, heat):
    with arena.begin_tick() as tick:
        tick.update(heat.id)[...] = np.arange(4)[:, None]
        rows = tick.rows([2, 1])
        copied = rows.read(heat.id)
        copied += 10.0
        assert rows.read(heat.id).tolist() == [[2.0] * 3, [1.0] * 3]


def test_a_static_field_is_read_whole_and_never_written(arena, wall):
    with arena.begin_tick() as tick:
        rows = tick.rows([2])
        assert rows.read(wall.id) is arena.static_arena.read(wall.id)
        for write in (lambda: rows.write(wall.id, 1.0), lambda: rows.unguarded(wall.id)):
            with pytest.raises(StaticFieldError, match="field 'wall' is static"):
                write()


def test_unguarded_memory_is_the_staged_array_of_all_worlds(arena, heat):
    with arena.begin_tick() as tick:
        assert tick.rows([2]).unguarded(heat.id) is arena.staging_view(heat.id)


def test_rows_cannot_be_reopened_before_the_seal(arena):
    with arena.begin_tick() as tick, pytest.raises(NotSealedError, match=r"rows are reopened after seal\(\)"):
        tick.reopen_rows([0])


@pytest.mark.parametrize(
    "end",
    [
        lambda tick, rows: rows.close(),
        lambda tick, rows: tick.seal(),
        lambda tick, rows: tick.publish(),
        lambda tick, rows: tick.cancel(),
    ],
)
def test_a_writer_closes_with_the_phase_it_was_opened_in(arena, heat, end):
    tick = arena.begin_tick()
    rows = tick.rows([0])
    end(tick, rows)
    for use in (
        lambda: rows.read(heat.id),
        lambda: rows.write(heat.id, 1.0),
        lambda: rows.unguarded(heat.id),
    ):
        with pytest.raises(ClosedTickError, match="this row writer has closed: its tick ended, was sealed"):
            use()


def test_reopening_closes_the_writer_before(arena, heat):
    tick = arena.begin_tick()
    tick.seal()
    rows = tick.reopen_rows([0])
    tick.reopen_rows([1])
    with pytest.raises(ClosedTickError, match="this row writer has closed"):
        rows.write(heat.id, 1.0)


def test_a_writer_does_not_come_alive_with_the_next_tick(arena, heat):
    rows = arena.begin_tick().rows([0])
    arena.reset()
    with arena.begin_tick(), pytest.raises(ClosedTickError, match="this row writer has closed"):
        rows.write(heat.id, 1.0)
