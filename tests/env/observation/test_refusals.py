"""What cannot be seen is refused when the entry or the plan is made, and the message says why."""

import math
from typing import Any

import numpy as np
import pytest

from murk_env import Field
from murk_env.errors import BlueprintError
from murk_env.fields.values import Values
from murk_env.lattice import Fcc12, Line1D, Square4
from murk_env.observation import Mask, Neighbours, Observation, ObservationPlan, Observe, Rings, Window
from tests.env.observation.scenes import Fields, plan_of

HEAT, CELL, CELLS, FLOW = Fields.heat, Fields.cell, Fields.cells, Fields.flow
GRID = Square4(4, 5)
OTHER = Field(over="world", dtype=np.int32)
TERRAIN = Field(categories=3)
MANY = Field(categories=2 * 10**9)

misspelt: Any = "maen"
half: Any = 1.5
one: Any = "1"
nothing: Any = None
NAME: Any = "heat"


def window(field=HEAT, **options: Any):
    return Window(field, around=options.pop("around", CELL), **options)


def rings(field=HEAT, **options: Any):
    return Rings(field, around=options.pop("around", CELL), begin=options.pop("begin", (0, 2)), **options)


REFUSED = {
    "rings over the world": (lambda: rings(CELL), r"field of Rings must be over cells, not Field\(cell"),
    "rings around floats": (
        lambda: rings(around=Field(over="world")),
        "the centre of Rings must be a scalar int32 field",
    ),
    "no rings": (
        lambda: rings(begin=()),
        r"rings of 'heat' are given by the hops .* begin=\(0, 1, 3\), not \(\)",
    ),
    "rings of one number": (lambda: rings(begin=3), "hops at which each begins, .* not 3"),
    "rings of a word": (lambda: rings(begin="13"), "hops at which each begins, .* not '13'"),
    "half a ring": (
        lambda: rings(begin=(0, half)),
        "hops at which a ring of 'heat' begins must be an integer >= 0, not 1.5",
    ),
    "negative ring": (
        lambda: rings(begin=(-1, 2)),
        "a ring of 'heat' begins must be an integer >= 0, not -1",
    ),
    "rings out of order": (
        lambda: rings(begin=(1, 3, 3)),
        r"each ring of 'heat' begins farther away than the one before, not \(1, 3, 3\)",
    ),
    "sectors": (
        lambda: rings(sectors=0),
        "number of sectors of Rings of 'heat' must be an integer >= 1, not 0",
    ),
    "operation of rings": (lambda: rings(operation=misspelt), "no operation 'maen'; did you mean 'mean'"),
    "operation of a list": (lambda: rings(operation=[one]), r"no operation \['1'\]"),
    "rings of squares": (
        lambda: Observe(HEAT).pooled("mean", 2).rings(around=CELL, begin=(0, 2)),
        "Rings of 'heat' are pooled by their operation='sum'; leave out pooled",
    ),
    "squares of rings": (lambda: rings().pooled("mean", 2), "numbers are pooled once"),
    "rings on a large lattice": (
        lambda: plan_of(Line1D(2**14 + 1), rings()),
        "Rings on Line1D.* need a table of 16385 cells seen from as many, more than 268435456",
    ),
    "over": (
        lambda: plan_of(GRID, Observe(HEAT), over="agent"),
        "over cannot be 'agent'; did you mean 'agents'",
    ),
    "no entry": (lambda: plan_of(GRID, "heat"), r"entries such as Observe\(cls.heat\), not of 'heat'"),
    "unknown field": (lambda: plan_of(GRID, Observe(TERRAIN)), "which is not a field of this environment"),
    "unknown centre": (
        lambda: plan_of(GRID, window(around=OTHER, disk=1)),
        r"Field\(\?, over='world'.*not a field of this environment",
    ),
    "one_hot": (lambda: Observe(HEAT, one_hot=True), r"scalar with categories=, not Field\(heat"),
    "window over the world": (
        lambda: window(CELL, disk=1),
        r"field of a Window must be over cells, not Field\(cell.*use Observe",
    ),
    "centre over cells": (
        lambda: window(around=Field(dtype=np.int32), disk=1),
        "the centre of a Window must be a scalar int32 field over the world or over agents .* not Field",
    ),
    "centre of floats": (lambda: window(around=Field(over="world"), disk=1), "scalar int32 field over"),
    "centre of classes": (
        lambda: window(around=Field(over="world", categories=9), disk=1),
        "scalar int32 field over",
    ),
    "centre a number": (lambda: window(around=3, disk=1), "that holds cells, not 3"),
    "no region": (lambda: window(), "either a disk or a rectangle, not disk=None and rectangle=None"),
    "two regions": (lambda: window(disk=1, rectangle=(1, 1)), r"not disk=1 and rectangle=\(1, 1\)"),
    "negative radius": (lambda: window(disk=-1), "radius or extent must be an integer >= 0, not -1"),
    "half a radius": (lambda: window(disk=1.5), "radius or extent must be an integer >= 0, not 1.5"),
    "negative extent": (
        lambda: window(rectangle=(1, -2)),
        "radius or extent must be an integer >= 0, not -2",
    ),
    "extents": (
        lambda: plan_of(GRID, window(rectangle=(1,))),
        r"on Square4\(4, 5, .* has 2 extents, one for each coordinate, not \(1,\)",
    ),
    "no extents": (lambda: plan_of(GRID, window(rectangle=())), "has 2 extents"),
    "rectangle of one": (lambda: window(rectangle=1), r"a tuple of extents, .* such as \(1, 2\), not 1"),
    "rectangle of a word": (lambda: window(rectangle="12"), "a tuple of extents, .* not '12'"),
    "padding": (lambda: window(disk=1, padding=math.nan), "padding must be a finite number .* not nan"),
    "no padding": (lambda: window(disk=1, padding=None), "padding must be a finite number .* not None"),
    "padding of a word": (lambda: window(disk=1, padding="0"), "padding must be a finite number .* not '0'"),
    "padding beyond float32": (
        lambda: window(disk=1, padding=-1e300),
        r"within float32, up to 3.4e38, not -1e\+300",
    ),
    "with_mask": (
        lambda: window(disk=1, with_mask="no"),
        "with_mask of a Window must be True or False, not 'no'",
    ),
    "one_hot of a word": (
        lambda: Observe(TERRAIN, one_hot=NAME),
        r"one_hot of Observe\(Field.* must be True or False, not 'heat'",
    ),
    "name": (
        lambda: Observe(HEAT, name=half),
        r"name of Observe\(Field\(heat.* must be a string, .* not 1.5",
    ),
    "name of a window": (lambda: window(disk=1, name=3), r"name of Window\(Field\(heat.* not 3"),
    "name of a mask": (lambda: Mask(CELL, name=half), r"name of Mask\(Field\(cell.* not 1.5"),
    "name of slots": (lambda: Neighbours(CELLS, 1, name=half), r"name of Neighbours\(Field\(cells.* not 1.5"),
    "a word as limit": (lambda: Observe(HEAT).normalised(one, 1), "not '1' and 1; those of float32 end at"),
    "no limit": (lambda: Observe(HEAT).clipped(0, nothing), r"clipped.* not 0 and None"),
    "limits beyond float32": (
        lambda: Observe(HEAT).normalised(-1e308, 1e308),
        r"finite numbers, .* not -1e\+308 and 1e\+308; those of float32 end at 3.4e38",
    ),
    "clip beyond float32": (lambda: Observe(HEAT).clipped(0, 10**400), "clipped.* finite numbers"),
    "no agents": (
        lambda: plan_of(GRID, Observe(HEAT), num_agents=-1),
        "num_agents of an ObservationPlan must be an integer >= 0, not -1",
    ),
    "half an agent": (lambda: plan_of(GRID, Observe(HEAT), num_agents=half), "integer >= 0, not 1.5"),
    "no lattice": (lambda: plan_of("Square4", Observe(HEAT)), "'Square4' is not of type Lattice"),
    "no observation": (
        lambda: ObservationPlan(NAME, GRID, frozenset([HEAT]), 0),
        "takes an Observation and a Lattice, but 'heat' is not of type Observation",
    ),
    "dtype of integers": (
        lambda: Observation(Observe(HEAT), dtype="int32"),  # pyright: ignore[reportArgumentType]
        r"dtype cannot be 'int32'",
    ),
    "layout of an array": (
        lambda: plan_of(GRID, Observe(HEAT), layout=np.zeros(2)),
        r"layout cannot be array",
    ),
    "low above high": (lambda: Observe(HEAT).normalised(2, 1), r"normalised\(low, high\) .* not 2 and 1"),
    "nan": (lambda: Observe(HEAT).normalised(math.nan, 1), "finite numbers, low <= high, not nan and 1"),
    "infinite": (lambda: window(disk=1).normalised(0, math.inf), "not 0 and inf"),
    "clip": (lambda: window(disk=1).clipped(3, 2), r"clipped\(low, high\) takes finite .* not 3 and 2"),
    "clip nan": (lambda: Observe(HEAT).clipped(0, math.nan), "clipped.* not 0 and nan"),
    "operation": (lambda: window(disk=1).pooled(misspelt, 2), "no operation 'maen'; did you mean 'mean'"),
    "size": (
        lambda: window(disk=1).pooled("mean", 0),
        r"the size of pooled\(\) must be an integer >= 1, not 0",
    ),
    "stride": (
        lambda: window(disk=1).pooled("mean", 2, 0),
        r"the stride of pooled\(\) must be an integer >= 1, not 0",
    ),
    "half a size": (
        lambda: window(disk=1).pooled("mean", half),
        r"the size of pooled\(\) must be an integer >= 1, not 1.5",
    ),
    "size above box": (
        lambda: plan_of(GRID, window(disk=1).pooled("mean", 4)),
        r"4 places a side, but the box has the sides \(3, 3\)",
    ),
    "size above one side": (
        lambda: plan_of(GRID, window(rectangle=(0, 2)).pooled("mean", 2)),
        r"2 places a side, but the box has the sides \(1, 5\)",
    ),
    "pooled twice": (lambda: window(disk=1).pooled("mean", 2).pooled("max", 2), "pooled once, and before"),
    "pooled late": (lambda: window(disk=1).logged().pooled("mean", 2), "pooled once, and before"),
    "pooled number": (
        lambda: plan_of(GRID, Observe(CELL).pooled("mean", 1)),
        r"needs cells in a box, unlike those of Field\(cell.* on Square4",
    ),
    "pooled ragged": (
        lambda: plan_of(Fcc12(4, 4, 4), Observe(HEAT).pooled("mean", 2)),
        r"needs cells in a box, unlike those of Field\(heat.* on Fcc12",
    ),
    "slots": (lambda: Neighbours(CELLS, 0), "number of slots of Neighbours must be an integer >= 1, not 0"),
    "half a slot": (
        lambda: Neighbours(CELLS, half),
        "number of slots of Neighbours must be an integer >= 1, not 1.5",
    ),
    "neighbours of a world": (lambda: Neighbours(CELL, 1), r"found by a field over agents, not Field\(cell"),
    "neighbours of floats": (
        lambda: Neighbours(Field(over="agents"), 1),
        "what Neighbours are found by must be a scalar int32 field",
    ),
    "image of slots": (
        lambda: plan_of(GRID, Neighbours(CELLS, 2), layout="image", num_agents=2, over="agents"),
        r"'cells' has the shape \(2, 3\) for each viewer; use layout='flat' or 'dict'",
    ),
    "image of many": (
        lambda: plan_of(GRID, window(around=CELLS, disk=1), layout="image", num_agents=2),
        "one picture an entry, but 'heat' has one for each of 2 agents; use over='agents'",
    ),
    "image of two sizes": (
        lambda: plan_of(GRID, window(disk=1), Observe(FLOW), layout="image"),
        r"equal sides, but 'flow' has \(4, 5\) and 'heat' \(3, 3\)",
    ),
    "key of a mask": (
        lambda: plan_of(GRID, window(disk=1, with_mask=True), Observe(FLOW, name="heat_mask"), layout="dict"),
        "two entries of the observation are called 'heat_mask'",
    ),
}


ABSURD = {
    "disk": (
        lambda: plan_of(GRID, window(disk=10**5)),
        r"sides \(200001, 200001\) is far larger than Square4\(4, 5.*sides \(7, 9\) shows every cell",
    ),
    "disk beyond int64": (lambda: plan_of(GRID, window(disk=np.int64(2**62))), "far larger than Square4"),
    "disk on a line": (
        lambda: plan_of(Line1D(5), window(disk=10**9)),
        r"larger than Line1D\(5.*sides \(9,\)",
    ),
    "rectangle": (lambda: plan_of(GRID, window(rectangle=(10**30, 1))), "far larger than Square4"),
    "table": (
        lambda: plan_of(Square4(150, 200), window(disk=150)),
        r"a table of 30000 kinds of cells x 90601 places, more than 268435456; .* by Observe",
    ),
    "slots": (
        lambda: plan_of(GRID, Neighbours(CELLS, 10**11), num_agents=2),
        r"'cells' has the shape \(2, 100000000000, 3\) for each viewer, more than 268435456 numbers",
    ),
    "classes": (
        lambda: plan_of(GRID, Observe(MANY, one_hot=True), known=[MANY]),
        r"has the shape \(2000000000, 4, 5\) for each viewer",
    ),
    "agents": (lambda: plan_of(GRID, Observe(CELLS), num_agents=10**12), r"has the shape \(1000000000000,\)"),
    "pooling": (
        lambda: plan_of(Square4(400, 400), Observe(HEAT).pooled("mean", 100, 1)),
        "100 places a side, 1 apart, takes more than 268435456 numbers",
    ),
    "size": (lambda: plan_of(GRID, Observe(HEAT).pooled("mean", 10**30)), "places a side, but the box has"),
}
REFUSED.update({f"absurd {name}": refusal for name, refusal in ABSURD.items()})


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_seen_is_refused(make, message):
    with pytest.raises(BlueprintError, match=message):
        make()


@pytest.mark.parametrize("stride", [10**18, 10**30])
def test_a_stride_beyond_the_box_leaves_one_number(stride):
    assert plan_of(GRID, Observe(HEAT).pooled("max", 4, stride)).space.shape == (1,)


@pytest.mark.parametrize("number", [np.float32(2.5), np.int64(3), True, 3.4e38], ids=repr)
def test_a_number_of_any_type_may_be_a_padding_or_a_limit(number):
    entry = window(disk=1, padding=number).clipped(0, number)
    space = plan_of(GRID, entry).space
    assert space.high.max() == np.float32(number)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Observe(NAME),
        lambda: Observe(NAME, one_hot=True),
        lambda: Mask(NAME),
        lambda: Window(NAME, around=CELL, disk=1),
    ],
)
def test_a_name_instead_of_a_field_is_refused(make):
    with pytest.raises(BlueprintError, match="must be a Field, not 'heat': write"):
        make()


def test_a_sum_of_values_at_their_bound_lies_within_the_space():
    high = 1.0033055271057059  # float32(high) is above it
    heat = Field(low=0.0, high=high)
    plan = ObservationPlan(Observation(Observe(heat).pooled("sum", 5)), Square4(5, 5), frozenset([heat]), 0)
    out = plan.allocate(1)
    plan.fill(Values({heat: np.full((1, 25), np.float32(high))}), out)
    assert plan.space.contains(np.asarray(out)[0])
