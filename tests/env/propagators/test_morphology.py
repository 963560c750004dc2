"""Morphology against the reference's numbers and the distance ball."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Fcc12, Hex2D, Line1D, Square4, Square8
from murk_env.propagators import Morphology
from murk_env.world import World
from tests.env.propagators.subjects import LATTICES
from tests.env.propagators.worlds_first import worlds_first

VECTORS = dict(np.load(Path(__file__).parents[2] / "data" / "morphology.npz"))  # murk 0.2.0, float32
CASES = {
    "square4_4x5_Absorb": Square4(4, 5),
    "square4_4x5_Wrap": Square4(4, 5, "wrap"),
    "square8_4x5_Clamp": Square8(4, 5, "clamp"),
    "hex2d_cols5_rows4": Hex2D(5, 4),
    "line1d_n7_Absorb": Line1D(7),
    "fcc12_5x3x4_Absorb": Fcc12(5, 3, 4),
}
THRESHOLDS = {"dilate": 8.5, "erode": 2.0}


def morph(lattice, values, operation, *, ticks=1, dtype: Any = np.float32, **options):
    field, output = Field(dtype=dtype), Field()
    propagator = Morphology(field, output, operation=operation, **options)
    world = World(lattice, {"field": field, "output": output}, [propagator])
    with world.edit() as tick:
        tick[field] = worlds_first(world, field, np.asarray(values, dtype))
    world.run(ticks)
    return world[output][0].tolist()


@pytest.mark.parametrize("operation", THRESHOLDS)
@pytest.mark.parametrize("case", CASES)
def test_every_lattice_gives_the_references_numbers(case, operation):
    after = morph(CASES[case], VECTORS[f"{case}__u0"], operation, threshold=THRESHOLDS[operation])
    assert after == VECTORS[f"{case}__{operation}_r1"].tolist()


@pytest.mark.parametrize("radius", [1, 2, 3, 50])
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_a_cell_takes_the_any_or_the_all_of_its_ball(lattice, radius):
    present = np.random.default_rng(radius).random(lattice.num_cells) < 0.3
    cells = np.arange(lattice.num_cells)
    balls = lattice.distance(cells[:, np.newaxis], cells) <= radius
    dilated = morph(lattice, present, "dilate", radius=radius)
    eroded = morph(lattice, ~present, "erode", radius=radius)
    assert dilated == [float(present[ball].any()) for ball in balls]
    assert eroded == [float(not present[ball].any()) for ball in balls]


def test_a_block_that_is_eroded_and_dilated_comes_back():
    block = np.zeros((9, 9))
    block[2:7, 3:7] = 1.0
    core = np.zeros((9, 9))
    core[3:6, 4:6] = 1.0
    lattice = Square8(9, 9)
    assert morph(lattice, block.ravel(), "erode") == core.ravel().tolist()
    assert morph(lattice, core.ravel(), "dilate") == block.ravel().tolist()


def test_a_value_at_the_threshold_is_not_above_it():
    assert morph(Line1D(5), [0.0, 0.0, 0.5, 0.0, 0.0], "dilate") == [0.0] * 5
    above = float(np.nextafter(np.float32(0.5), np.float32(1.0)))
    assert morph(Line1D(5), [0.0, 0.0, above, 0.0, 0.0], "dilate") == [0.0, 1.0, 1.0, 1.0, 0.0]


@pytest.mark.slow
def test_whole_numbers_are_compared_as_they_are():
    assert morph(Line1D(4), [3, 2, 0, 0], "dilate", threshold=2.5, dtype=np.int32) == [1.0, 1.0, 0.0, 0.0]


def test_a_field_may_grow_in_place():
    spread = Field()
    world = World(Line1D(7), {"spread": spread}, [Morphology(spread, spread, operation="dilate")])
    with world.edit() as tick:
        tick[spread] = np.eye(7, dtype=np.float32)[np.newaxis, 3]
    world.run(2)
    assert world[spread][0].tolist() == [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("radius", [0, -1, 1.5, "2", True, 2**31, 2**70])
def test_a_radius_is_a_number_of_hops(radius):
    with pytest.raises(
        PropagatorConfigError, match=f"Morphology's radius .* integer from 1 to .*, not {radius!r}"
    ):
        Morphology(Field(), Field(), operation="dilate", radius=radius)


def test_the_largest_radius_reaches_everything():
    spread = Field()
    world = World(
        Square4(3, 4), {"spread": spread}, [Morphology(spread, spread, operation="dilate", radius=2**31 - 1)]
    )
    with world.edit() as tick:
        tick[spread] = np.eye(12, dtype=np.float32)[np.newaxis, 0]
    world.tick()
    assert (world[spread] == 1.0).all()


def test_an_unknown_operation_is_refused():
    with pytest.raises(PropagatorConfigError, match="no operation 'dilation'; did you mean 'dilate'"):
        Morphology(Field(), Field(), operation="dilation")  # pyright: ignore[reportArgumentType]


def test_a_static_field_is_refused():
    chart, output = Field(mutability="static"), Field()
    propagator = Morphology(chart, output, operation="dilate")
    with pytest.raises(ValueError, match="'chart' for every world, but it is static"):
        World(Line1D(3), {"chart": chart, "output": output}, [propagator], static={chart: np.ones(3)})


def test_guarantees_are_nothing_and_one():
    output = Field()
    assert Morphology(Field(), output, operation="erode").guarantees(output) == (0.0, 1.0)
