"""Fields of float64: two words an element, bit for bit, at an address that a double may have."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_arena import (
    FieldId,
    FieldSpec,
    Mutability,
    PingPongArena,
    RowAccessError,
    StaticArena,
    UncoveredWriteError,
    WriteMode,
)

FLOAT64 = np.dtype(np.float64)
THIRD = 1.0 / 3.0  # as a float32 it is another number

kinds = st.sampled_from(
    [(Mutability.PER_TICK, write) for write in WriteMode]
    + [(Mutability.SPARSE, WriteMode.CARRIED), (Mutability.STATIC, WriteMode.CARRIED)]
)
shapes = st.lists(st.integers(0, 9), max_size=2).map(tuple)
layouts = st.lists(st.tuples(kinds, shapes, st.sampled_from(["f4", "i4", "f8"])), min_size=1, max_size=9)


def field(shape=(3,), mutability=Mutability.PER_TICK, write=WriteMode.CARRIED, number=0, dtype=FLOAT64):
    return FieldSpec(FieldId(number), f"f{number}", shape, np.dtype(dtype), mutability, write)


def arena_of(specs, num_worlds=2, *, checked=False):
    rng = np.random.default_rng(0)
    static = {
        spec: rng.integers(-9, 9, spec.shape).astype(spec.dtype)
        for spec in specs
        if spec.mutability is Mutability.STATIC
    }
    return PingPongArena(specs, num_worlds=num_worlds, static=StaticArena(static), checked=checked), static


@settings(max_examples=60, deadline=None)
@given(layouts, st.integers(1, 5), st.booleans())
def test_in_every_layout_every_field_keeps_its_bytes_apart_from_the_others(layout, num_worlds, checked):
    specs = [
        field(shape, kind[0], kind[1], number, dtype) for number, (kind, shape, dtype) in enumerate(layout)
    ]
    arena, model = arena_of(specs, num_worlds, checked=checked)
    rng = np.random.default_rng(1)
    for _ in range(3):
        with arena.begin_tick() as tick:
            for spec in specs:
                if spec.mutability is not Mutability.STATIC:
                    model[spec] = rng.random((num_worlds, *spec.shape)).view("i8").astype(spec.dtype)
                    tick.update(spec.id)[...] = model[spec]
        for spec in specs:
            values = arena.snapshot().read(spec.id)
            assert values.dtype == spec.dtype
            assert values.tobytes() == model[spec].tobytes()
            assert values.ctypes.data % 64 == 0 or not values.size


@pytest.mark.parametrize("mutability", [Mutability.PER_TICK, Mutability.SPARSE])
def test_an_owned_snapshot_holds_the_doubles_and_restores_them(mutability):
    spec = field(mutability=mutability)
    arena, _ = arena_of([spec])
    with arena.begin_tick() as tick:
        tick.update(spec.id)[...] = THIRD
    owned = pickle.loads(pickle.dumps(arena.snapshot().to_owned()))
    with arena.begin_tick() as tick:
        tick.update(spec.id)[...] = 0.0
    arena.restore(owned)
    assert (arena.snapshot().read(spec.id) == THIRD).all()


def test_a_static_double_is_shared_bit_for_bit():
    spec = field((), Mutability.STATIC)
    static = StaticArena({spec: THIRD})
    assert pickle.loads(pickle.dumps(static)).read(spec.id) == THIRD
    PingPongArena([spec], num_worlds=1, static=static).restore(
        PingPongArena([spec], num_worlds=1, static=StaticArena({spec: THIRD})).snapshot().to_owned()
    )


def test_the_pattern_of_a_full_write_is_no_number_and_is_found_where_it_is_left():
    spec = field(write=WriteMode.FULL)
    arena, _ = arena_of([spec], checked=True)
    tick = arena.begin_tick()
    values = tick.write(spec.id)
    assert np.isnan(values).all()
    values.reshape(-1)[:5] = THIRD
    with pytest.raises(
        UncoveredWriteError, match=r"1 of its 6 elements are unset, .* world 1 at index \(2,\)"
    ):
        tick.publish()


def test_half_of_a_double_in_another_world_is_found():
    spec = field(())
    arena, _ = arena_of([spec], 4, checked=True)
    with pytest.raises(RowAccessError, match="changed in world 3"), arena.begin_tick() as tick:
        tick.rows([0]).unguarded(spec.id).view(np.int32)[7] = 1
