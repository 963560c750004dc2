"""Plans: layouts of windows, worlds in part, what outlives a reset, and what a call allocates."""

import tracemalloc

import numpy as np
import pytest

from murk_env import Diffusion, Field, World
from murk_env.errors import DefinitionError
from murk_env.lattice import Fcc12, Square4
from murk_env.observation import Mask, Observe, Window
from murk_env.values import Values
from tests.env.observation.scenes import Fields, everywhere, plan_of, seen

HEAT, CELL, FLOW = Fields.heat, Fields.cell, Fields.flow
GRID = Square4(4, 5)


def entries():
    return (
        Window(HEAT, around=CELL, disk=1, with_mask=True, name="near"),
        Mask(CELL),
        Observe(FLOW).normalised(-2, 2),
        Window(FLOW, around=CELL, rectangle=(1, 2)).pooled("max", 2, 1),
    )


def values(num_worlds=3):
    rng = np.random.default_rng(1)
    arrays = {
        HEAT: rng.normal(size=(num_worlds, 20)),
        FLOW: rng.normal(size=(num_worlds, 2, 20)),
        CELL: rng.integers(0, 20, num_worlds),
    }
    return Values({field: array.astype(field.dtype) for field, array in arrays.items()})


def test_a_flat_observation_is_the_parts_of_the_dict_in_order():
    plan = plan_of(GRID, *entries()[:3], layout="dict")
    parts = seen(GRID, dict(values()), *entries()[:3], layout="dict")
    flat = seen(GRID, dict(values()), *entries()[:3])
    assert list(parts) == ["near", "near_mask", "cell", "flow"]
    assert {key: box.shape for key, box in plan.space.items()} == {
        "near": (1, 3, 3),
        "near_mask": (1, 3, 3),
        "cell": (1, 4, 5),
        "flow": (2, 4, 5),
    }
    assert (
        np.concatenate([part.reshape(3, -1) for part in parts.values()], axis=1).tobytes() == flat.tobytes()
    )


def test_windows_of_one_shape_are_the_channels_of_an_image():
    windows = [
        Window(HEAT, around=CELL, disk=2, with_mask=True),
        Window(FLOW, around=CELL, rectangle=(2, 2)),
    ]
    image = seen(GRID, dict(values()), *windows, layout="image")
    parts = seen(GRID, dict(values()), *windows, layout="dict")
    assert image.shape == (3, 4, 5, 5)
    assert image.tobytes() == np.concatenate(list(parts.values()), axis=1).tobytes()


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


@pytest.mark.parametrize(
    "spoil",
    [
        lambda out: out[:, :-1].copy(),
        lambda out: out[:-1],
        lambda out: out.astype(np.float64),
        lambda out: out.ravel(),
        lambda out: np.asfortranarray(out),
    ],
    ids=["narrow", "short", "double", "ravelled", "transposed"],
)
def test_a_wrong_buffer_is_refused_before_anything_is_written(spoil):
    plan = plan_of(GRID, *entries())
    out = plan.allocate(3)
    out.fill(-5.0)
    wrong = spoil(out)
    with pytest.raises(DefinitionError, match=r"contiguous float32 of the shape \(3, 94\), not .*allocate"):
        plan.fill(values(), wrong)
    assert (wrong == -5.0).all()


@pytest.mark.parametrize("layout", ["flat", "dict"])
def test_filling_allocates_nothing_that_grows_with_the_worlds(layout):
    plan = plan_of(GRID, *entries()[:3], layout=layout)
    given, out = values(500), plan.allocate(500)
    plan.fill(given, out)
    tracemalloc.start()
    plan.fill(given, out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2000  # one int64 a world would be 4000 bytes


def test_plans_of_the_same_entries_share_one_compiled_loop():
    def loop_of(lattice, radius):
        plan = plan_of(lattice, Window(HEAT, around=CELL, disk=radius), Observe(FLOW))
        return plan._run

    assert loop_of(GRID, 1) is loop_of(Fcc12(2, 3, 4), 3)
