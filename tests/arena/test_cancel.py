import gc
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from murk_arena import FieldId, FieldSpec, Mutability, PingPongArena, TickInProgressError
from murk_arena.write import WriteArena


def tick_once(arena):
    with arena.begin_tick():
        pass


def disturb(guard, fields):
    for field in fields:
        guard.update(field.id)[...] = 77
    guard.rows([1]).write(fields[0].id, 78)
    guard.scratch.alloc(5000)


def test_a_tick_that_is_interrupted_at_the_last_moment_is_cancelled(arena, heat, monkeypatch, observed):
    def interrupted(self):
        raise KeyboardInterrupt

    before = observed(arena)
    monkeypatch.setattr("murk_arena.write.WriteArena.commit", interrupted)
    guard = arena.begin_tick()
    guard.write(heat.id).fill(1.0)
    with pytest.raises(KeyboardInterrupt):
        guard.publish()
    assert observed(arena) == before


@pytest.mark.parametrize("sealed", [False, True])
def test_a_cancelled_tick_leaves_everything_as_it_was(arena, heat, hits, flow, drag, sealed, fill, observed):
    fields = (heat, hits, flow, drag)
    for value in (1, 2):
        fill(arena, value, *fields)
    before = observed(arena)
    for _ in range(4):
        guard = arena.begin_tick()
        disturb(guard, fields)
        if sealed:
            guard.seal()
        guard.cancel()
        assert observed(arena) == before


def test_a_good_tick_after_a_failed_sparse_write_publishes_nothing_of_it(arena, drag):
    guard = arena.begin_tick()
    guard.update(drag.id)[0] = 9.0
    guard.cancel()
    tick_once(arena)
    assert arena.snapshot().read(drag.id).tolist() == [0.0] * 4


def test_failed_ticks_never_reuse_a_published_range(fill):
    specs = [FieldSpec(FieldId(i), f"s{i}", (), mutability=Mutability.SPARSE) for i in range(2)]
    arena = PingPongArena(specs, num_worlds=4)
    fill(arena, 5.0, specs[0])
    for _ in range(3):
        guard = arena.begin_tick()
        for spec in specs:
            guard.update(spec.id)[...] = 77.0
        guard.cancel()
        assert arena.snapshot().read(specs[0].id).tolist() == [5.0] * 4
        assert arena.snapshot().read(specs[1].id).tolist() == [0.0] * 4


def test_a_snapshot_that_a_discarded_tick_made_stale_stays_stale(arena, heat):
    first = arena.snapshot()
    tick_once(arena)
    arena.begin_tick().cancel()
    assert first.is_stale
    tick_once(arena)
    assert first.is_stale


@pytest.mark.parametrize("change", ["nothing", "tick", "reset"])
@pytest.mark.parametrize("taken_back", [True, False])
def test_a_cancelled_tick_leaves_the_scratch_region_as_it_was(arena, taken_back, change):
    with arena.begin_tick() as tick:
        tick.scratch.alloc(5000)
        if taken_back:
            tick.scratch.reset()
    {"nothing": lambda: None, "tick": lambda: tick_once(arena), "reset": arena.reset}[change]()
    before = arena.metrics
    for length in (0, 9000):
        tick = arena.begin_tick()
        tick.scratch.alloc(length)
        tick.cancel()
        assert arena.metrics == before


def test_a_forked_child_begins_outside_any_tick(arena, heat):
    with arena.begin_tick() as tick:
        tick.update(heat.id)[...] = 7.0
        child = os.fork()
        if child == 0:  # pragma: no cover
            os._exit(arena.in_tick or bool(arena.snapshot().read(heat.id).any()))
        assert os.waitpid(child, 0)[1] == 0
    assert (arena.snapshot().read(heat.id) == 7.0).all()  # the parent's tick goes on


@pytest.fixture
def in_another_thread():
    """Returns a function that calls another in a thread named 'other' and returns what it returned."""
    with ThreadPoolExecutor(1, thread_name_prefix="other") as pool:
        yield lambda call: pool.submit(call).result(timeout=60)


def test_a_tick_is_refused_while_another_thread_makes_one(arena, heat, observed, in_another_thread):
    message = (
        r"generation 1 is still being made by thread 'MainThread', and this is thread 'other_0': .* lock"
    )
    owned = arena.snapshot().to_owned()
    with arena.begin_tick() as guard:
        guard.update(heat.id)[...] = 7.0
        before = observed(arena)
        for asked in (arena.begin_tick, arena.reset, lambda: arena.restore(owned)):
            with pytest.raises(TickInProgressError, match=message):
                in_another_thread(asked)
        assert observed(arena) == before
    assert (arena.snapshot().read(heat.id) == 7.0).all()


def test_a_tick_is_abandoned_by_the_thread_that_began_it_alone(arena, in_another_thread):
    arena.begin_tick()
    in_another_thread(arena.abandon_tick)
    assert arena.in_tick
    arena.abandon_tick()
    assert not arena.in_tick
    in_another_thread(lambda: arena.begin_tick().cancel())


@pytest.mark.parametrize("end", ["publish", "cancel"])
def test_a_tick_that_one_thread_has_ended_is_another_threads_to_begin(arena, end, in_another_thread):
    in_another_thread(lambda: getattr(arena.begin_tick(), end)())
    getattr(arena.begin_tick(), end)()
    assert arena.generation == (2 if end == "publish" else 0)


def test_a_tick_that_cannot_begin_leaves_the_next_thread_to_begin(arena, monkeypatch, in_another_thread):
    def interrupted(self, full, carry):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WriteArena, "open", interrupted)
        with pytest.raises(KeyboardInterrupt):
            arena.begin_tick()
    in_another_thread(lambda: arena.begin_tick().publish())
    assert arena.generation == 1


def test_a_cancelled_tick_holds_on_to_no_writer(arena):
    guard = arena.begin_tick()
    rows = guard.rows([0])
    guard.cancel()
    assert not [holder for holder in gc.get_referrers(rows) if isinstance(holder, list)]
