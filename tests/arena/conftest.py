"""One field of each kind, and an arena that holds them."""

import numpy as np
import pytest

from murk_arena import FieldId, FieldSpec, Mutability, PingPongArena, StaticArena, WriteMode

HEAT = FieldSpec(FieldId(0), "heat", (3,))
HITS = FieldSpec(FieldId(1), "hits", (), np.dtype(np.int32), write=WriteMode.INCREMENTAL)
FLOW = FieldSpec(FieldId(2), "flow", (2, 3), write=WriteMode.FULL)
DRAG = FieldSpec(FieldId(3), "drag", (), mutability=Mutability.SPARSE)
WALL = FieldSpec(FieldId(4), "wall", (3,), mutability=Mutability.STATIC)


@pytest.fixture
def heat():
    """Carried, per tick, (num_worlds, 3)."""
    return HEAT


@pytest.fixture
def hits():
    """Incremental, per tick, int32 (num_worlds,)."""
    return HITS


@pytest.fixture
def flow():
    """With a full writer, per tick, (num_worlds, 2, 3)."""
    return FLOW


@pytest.fixture
def drag():
    """Sparse, (num_worlds,)."""
    return DRAG


@pytest.fixture
def wall():
    """Static, (3,)."""
    return WALL


@pytest.fixture
def static():
    return StaticArena({WALL: [1.0, 2.0, 3.0]})


@pytest.fixture
def arena(static):
    """Four worlds of all five fields."""
    return PingPongArena([HEAT, HITS, FLOW, DRAG, WALL], num_worlds=4, static=static)


@pytest.fixture
def checked_arena(static):
    """The same in checked mode."""
    return PingPongArena([HEAT, HITS, FLOW, DRAG, WALL], num_worlds=4, static=static, checked=True)


@pytest.fixture
def fill():
    """A function that sets fields to a value in a tick of its own."""

    def fill(arena, value, *fields):
        with arena.begin_tick() as tick:
            for field in fields:
                tick.update(field.id)[...] = value

    return fill


@pytest.fixture
def observed():
    """A function that gives everything that can be seen of an arena between ticks, but for layout_version."""

    def observed(arena):
        snapshot = arena.snapshot()
        values = {spec.name: snapshot.read(spec.id).tobytes() for spec in arena.specs}
        handles = tuple(arena.handle(spec.id) for spec in arena.specs)
        return values, handles, arena.metrics, arena.in_tick, arena.staging_index

    return observed
