"""Plans: layouts of windows, worlds in part, what outlives a reset, and what a call allocates."""

import tracemalloc

import numpy as np
import pytest

from murk_env import Diffusion, Field, World
from murk_env.lattice import Fcc12, Square4
from murk_env.observation import Mask, Observe, Window
from tests.env.observation.scenes import GRID, Fields, entries, everywhere, plan_of, seen, values

HEAT, CELL, FLOW = Fields.heat, Fields.cell, Fields.flow


def test_a_flat_observation_is_the_parts_of_the_dict_in_the_order_of_the_entries():
    plan = plan_of(GRID, *entries()[:3], layout="dict")
    parts = seen(GRID, dict(values()), *entries()[:3], layout="dict")
    flat = seen(GRID, dict(values()), *entries()[:3])
    assert list(parts) == list(plan.space) == ["cell", "flow", "near", "near_mask"]
    assert {key: box.shape for key, box in plan.space.items()} == {
        "near": (1, 3, 3),
        "near_mask": (1, 3, 3),
        "cell": (1, 4, 5),
        "flow": (2, 4, 5),
    }
    declared = [parts[key].reshape(3, -1) for key in ("near", "near_mask", "cell", "flow")]
    assert np.concatenate(declared, axis=1).tobytes() == flat.tobytes()


@pytest.mark.slow
def test_windows_of_one_shape_are_the_channels_of_an_image():
    windows = [
        Window(HEAT, around=CELL, disk=2, with_mask=True),
        Window(FLOW, around=CELL, rectangle=(2, 2)),
    ]
    image = seen(GRID, dict(values()), *windows, layout="image")
    parts = seen(GRID, dict(values()), *windows, layout="dict")
    assert image.shape == (3, 4, 5, 5)
    keys = [key for window in ("heat", "flow") for key in parts if key.startswith(window)]
    assert image.tobytes() == np.concatenate([parts[key] for key in keys], axis=1).tobytes()


@pytest.mark.slow
def test_all_of_a_lattice_that_is_no_box_is_a_picture_of_one_axis():
    lattice = Fcc12(3, 3, 3)
    image = seen(lattice, everywhere(lattice), Observe(HEAT), Mask(CELL), layout="image")
    assert image.shape == (14, 2, 14)
    assert image[:, 1].tolist() == np.eye(14).tolist()


@pytest.mark.parametrize("layout", ["flat", "dict"])
def test_the_observation_of_some_worlds_is_their_rows_of_the_whole(layout):
    plan = plan_of(GRID, *entries()[:3], layout=layout)
    whole = seen(GRID, dict(values(6)), *entries()[:3], layout=layout)
    rows = plan.fill_rows(values(6), np.array([4, 1]))
    for key in whole if layout == "dict" else [...]:
        assert rows[key].tobytes() == whole[key][[4, 1]].tobytes()


@pytest.mark.slow
def test_a_plan_outlives_resets_and_ticks():
    heat, cell = Field(low=0.0, initial=1.0), Field(over="world", dtype=np.int32, initial=7)
    world = World(GRID, {"heat": heat, "cell": cell}, [Diffusion(heat, coefficient=0.1, sources={0: 9.0})])
    plan = plan_of(GRID, Window(heat, around=cell, disk=2), Observe(heat), known=[heat, cell])
    begun, later, again = (plan.allocate(1) for _ in range(3))
    plan.fill(world.published(), begun)
    world.run(5)
    plan.fill(world.published(), later)
    world.reset(seed=1)
    plan.fill(world.published(), again)
    assert begun.tobytes() == again.tobytes()
    assert later[0, 25:].tolist() != begun[0, 25:].tolist()


def test_values_that_move_are_read_where_they_are():
    plan, given = plan_of(GRID, *entries()), [values(1 + number) for number in range(7)]
    for number in (0, 1, 0, 2, 3, 4, 5, 6, 0, 3):
        out = plan.allocate(1 + number)
        plan.fill(given[number], out)
        assert out.tobytes() == seen(GRID, dict(given[number]), *entries()).tobytes()


@pytest.mark.parametrize("layout", ["flat", "dict"])
def test_a_bound_plan_fills_the_rows_it_is_told(layout):
    plan = plan_of(GRID, *entries()[:3], layout=layout)
    given, out = values(6), plan.allocate(6)
    arrays = list(out.values()) if layout == "dict" else [out]
    for array in arrays:
        array.fill(-5.0)
    plan.bound(given, out)(2, 5)
    whole = seen(GRID, dict(given), *entries()[:3], layout=layout)
    for array, filled in zip(arrays, whole.values() if layout == "dict" else [whole], strict=True):
        assert array[2:5].tobytes() == filled[2:5].tobytes()
        assert (array[[0, 1, 5]] == -5.0).all()


def test_integers_beyond_24_bits_are_rounded_to_float32():
    hits = Field(dtype=np.int32)
    given = {hits: [[2**24, 2**24 + 1, 2**24 + 3, -(2**31)]]}
    assert seen(Square4(2, 2), given, Observe(hits))[0].tolist() == [2**24, 2**24, 2**24 + 4, -(2**31)]


@pytest.mark.parametrize("layout", ["flat", "dict"])
def test_filling_allocates_nothing_that_grows_with_the_worlds(layout):
    plan = plan_of(GRID, *entries()[:3], layout=layout)
    given, out = values(500), plan.allocate(500)
    plan.fill(given, out)
    tracemalloc.start()
    plan.fill(given, out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3000  # one int64 a world would be 4000 bytes


def test_plans_of_the_same_entries_share_one_compiled_loop():
    def loop_of(lattice, radius):
        plan = plan_of(lattice, Window(HEAT, around=CELL, disk=radius), Observe(FLOW))
        return plan._run

    assert loop_of(GRID, 1) is loop_of(Fcc12(2, 3, 4), 3)
