"""The arena against a plain dictionary of numpy arrays, under every order of operations."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from murk_arena import (
    ClosedTickError,
    FieldId,
    FieldSpec,
    Mutability,
    PingPongArena,
    SealedError,
    StaleSnapshotError,
    StaticArena,
    TickInProgressError,
    WriteMode,
)
from murk_arena.sparse import SparseSlab
from murk_arena.write import WriteArena

NUM_WORLDS = 3
STALE = -1
INT32 = np.dtype(np.int32)
SPECS = [
    FieldSpec(FieldId(0), "heat", (2,)),
    FieldSpec(FieldId(1), "drag", (), mutability=Mutability.SPARSE),
    FieldSpec(FieldId(2), "flow", (2,), write=WriteMode.FULL),
    FieldSpec(FieldId(3), "hits", (), INT32, write=WriteMode.INCREMENTAL),
    FieldSpec(FieldId(4), "mass", (), INT32, mutability=Mutability.SPARSE),
    FieldSpec(FieldId(5), "wide", (6,), mutability=Mutability.SPARSE),
    FieldSpec(FieldId(6), "sink", (), write=WriteMode.FULL),
    FieldSpec(FieldId(7), "wall", (2,), mutability=Mutability.STATIC),
]
MUTABLE = [spec for spec in SPECS if spec.mutability is not Mutability.STATIC]
FULL = [spec for spec in SPECS if spec.write is WriteMode.FULL]

fields = st.sampled_from(MUTABLE)
values = st.integers(1, 9)
worlds = st.sets(st.integers(0, NUM_WORLDS - 1), min_size=1).map(sorted)


def zeros():
    return {spec.id: np.zeros((NUM_WORLDS, *spec.shape), spec.dtype) for spec in MUTABLE}


def copied(state):
    return {field: array.copy() for field, array in state.items()}


def check(read, state):
    for field, expected in state.items():
        np.testing.assert_array_equal(read(field), expected, strict=True)


class ArenaMachine(RuleBasedStateMachine):
    """Model: `published` and, `in_tick`, `staged`; `epoch` counts the states that were published."""

    @initialize(checked=st.booleans())
    def make(self, checked):
        static = StaticArena({SPECS[7]: [1.0, 2.0]})
        self.arena = PingPongArena(SPECS, num_worlds=NUM_WORLDS, static=static, checked=checked)
        self.published, self.staged, self.in_tick, self.sealed = zeros(), {}, False, False
        self.generation, self.epoch = 0, 0
        self.copies, self.copied_now = 0, set()
        self.snapshots, self.owned = [], []
        self.snapshot()

    # --- between ticks

    @precondition(lambda self: not self.in_tick)
    @rule(full=st.none() | values)
    def begin(self, full):
        """Begin a tick, in which every field with a full writer may be written at once."""
        self.snapshots = [
            (taken, state, epoch if epoch == self.epoch else STALE) for taken, state, epoch in self.snapshots
        ]
        self.guard = self.arena.begin_tick(full=full is not None)
        self.staged, self.copied_now = copied(self.published), set()
        self.in_tick, self.sealed = True, False
        for spec in FULL if full is not None else ():
            self.arena.staging_view(spec.id)[...] = full
            self.staged[spec.id][...] = full

    @precondition(lambda self: not self.in_tick and self.owned)
    @rule(data=st.data())
    def restore(self, data):
        owned, state, generation = data.draw(st.sampled_from(self.owned))
        self.arena.restore(owned)
        self.copies += sum(spec.mutability is Mutability.SPARSE for spec in MUTABLE)
        self.replace(copied(state), generation)

    @rule()
    def snapshot(self):
        self.snapshots.append((self.arena.snapshot(), copied(self.published), self.epoch))
        del self.snapshots[:-6]

    @rule()
    def own(self):
        self.owned.append((self.arena.snapshot().to_owned(), copied(self.published), self.generation))
        del self.owned[:-4]

    @precondition(lambda self: self.epoch > 4)
    @rule()
    def reset(self):
        self.arena.reset()
        self.copies = 0
        self.replace(zeros(), 0)

    def replace(self, state, generation):
        self.published, self.in_tick, self.generation = state, False, generation
        self.epoch += 1
        self.snapshots = [(taken, old, STALE) for taken, old, _ in self.snapshots]

    # --- inside a tick

    def touch(self, spec):
        if spec.mutability is Mutability.SPARSE:
            self.copied_now.add(spec.id)

    @precondition(lambda self: self.in_tick and not self.sealed)
    @rule(spec=fields, worlds=worlds, value=values)
    def update(self, spec, worlds, value):
        self.touch(spec)
        self.guard.update(spec.id)[worlds] += value
        self.staged[spec.id][worlds] += value

    @precondition(lambda self: self.in_tick and not self.sealed)
    @rule(spec=fields, value=values)
    def write(self, spec, value):
        self.touch(spec)
        self.guard.write(spec.id)[...] = value
        self.staged[spec.id][...] = value

    @precondition(lambda self: self.in_tick)
    @rule(spec=fields, worlds=worlds, value=values, unguarded=st.booleans())
    def write_rows(self, spec, worlds, value, unguarded):
        self.touch(spec)
        rows = self.guard.reopen_rows(worlds) if self.sealed else self.guard.rows(worlds)
        if unguarded:
            rows.unguarded(spec.id)[worlds] = value
        else:
            rows.write(spec.id, value)
        self.staged[spec.id][worlds] = value
        np.testing.assert_array_equal(rows.read(spec.id), self.staged[spec.id][worlds], strict=True)

    @precondition(lambda self: self.in_tick)
    @rule(spec=fields)
    def read_staged(self, spec):
        np.testing.assert_array_equal(self.guard.read(spec.id), self.staged[spec.id], strict=True)

    @precondition(lambda self: self.in_tick)
    @rule()
    def seal(self):
        check(self.guard.seal().read, self.staged)
        self.sealed = True

    @precondition(lambda self: self.in_tick)
    @rule(spec=fields)
    def refused(self, spec):
        with pytest.raises(TickInProgressError, match="is still being made"):
            self.arena.begin_tick()
        if self.sealed:
            with pytest.raises(SealedError, match="the tick is sealed"):
                self.guard.update(spec.id)

    @precondition(lambda self: self.in_tick)
    @rule()
    def publish(self):
        self.guard.publish()
        self.published, self.in_tick = self.staged, False
        self.generation += 1
        self.epoch += 1
        self.copies += len(self.copied_now)

    @precondition(lambda self: self.in_tick)
    @rule()
    def cancel(self):
        self.guard.cancel()
        self.in_tick = False

    # --- always

    @invariant()
    def the_published_state_is_the_models(self):
        check(self.arena.snapshot().read, self.published)
        assert self.arena.snapshot().read(SPECS[7].id).tolist() == [1.0, 2.0]
        assert (self.arena.generation, self.arena.in_tick) == (self.generation, self.in_tick)

    @invariant()
    def snapshots_read_what_they_did_or_refuse(self):
        for taken, state, epoch in self.snapshots:
            if epoch == STALE:
                with pytest.raises(StaleSnapshotError, match="is stale"):
                    taken.read(SPECS[0].id)
            else:
                check(taken.read, state)

    @invariant()
    def owned_snapshots_never_change(self):
        for owned, state, generation in self.owned:
            check(owned.read, state)
            assert owned.generation == generation

    @invariant()
    def a_closed_tick_refuses(self):
        if not self.in_tick and hasattr(self, "guard"):
            with pytest.raises(ClosedTickError, match="published or cancelled"):
                self.guard.read(SPECS[0].id)
        elif self.in_tick:
            check(self.guard.previous, self.published)

    @invariant()
    def ranges_are_disjoint_and_few(self):
        slab = self.arena._slab
        ranges = {*slab.live.values(), *slab.retired, *slab.pending}
        assert len(ranges) == len(slab.live) + len(slab.retired) + len(slab.pending)
        words = [place.offset + word for place in ranges for word in range(place.length)]
        assert len(words) == len(set(words))
        assert max(words) < slab.segments.total_used
        assert len(ranges) <= 2 * len(slab.live)

    @invariant()
    def every_first_sparse_write_was_counted(self):
        metrics = self.arena.metrics
        now = len(self.copied_now) if self.in_tick else 0
        assert metrics.sparse_reuse_hits + metrics.sparse_reuse_misses == self.copies + now


SETTINGS = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("num_runs", [15, pytest.param(60, marks=pytest.mark.slow)])
def test_the_arena_is_its_model(num_runs):
    run_state_machine_as_test(
        ArenaMachine, settings=settings(SETTINGS, max_examples=num_runs, derandomize=False)
    )


def clear_the_flag_only(self):
    """L2: the staging side keeps the failed tick's copies."""
    self.phase, self.opener = 0, None


def forget_the_slab(self):
    """L3: the published range of a failed copy stays pending, and is reused."""
    for field in self._moved:
        self.staging.adopt(field, self.published)
    self._moved = {}
    self._slab_state = None
    self.phase, self.opener = 0, None


def retire_in_one_phase(self, *arguments, alloc=SparseSlab.alloc):
    """A range is reusable in the very tick that retires it, while it is still published."""
    found = alloc(self, *arguments)
    self.flush()
    return found


class ValuesMachine(ArenaMachine):
    """The model without a look at the slab's books: a fault must show in values."""

    def ranges_are_disjoint_and_few(self):
        pass

    def every_first_sparse_write_was_counted(self):
        pass


@pytest.mark.slow
@pytest.mark.parametrize(
    ("owner", "method", "fault"),
    [
        (WriteArena, "rollback", clear_the_flag_only),
        (WriteArena, "rollback", forget_the_slab),
        (SparseSlab, "alloc", retire_in_one_phase),
    ],
)
def test_the_model_catches_a_planted_fault(monkeypatch, owner, method, fault):
    monkeypatch.setattr(owner, method, fault)
    with pytest.raises(AssertionError, match="Arrays are not equal"):
        run_state_machine_as_test(ValuesMachine, settings=settings(SETTINGS, phases=[Phase.generate]))
