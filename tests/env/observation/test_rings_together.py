"""Rings of several fields around the same cell, against the same rings asked one by one."""

import dataclasses

import numpy as np
import pytest

from murk_env import Field
from murk_env.lattice import Hex2D
from murk_env.observation import Observe, Rings
from murk_env.observation.rings_together import RingsTogether, rings_together
from tests.env.observation.scenes import seen

LATTICE = Hex2D(5, 4)
FIELDS = [Field() for _ in range(4)]
FLOW, KINDS = Field(components=2), Field(categories=3)
CELL, OTHER = Field(over="agents", dtype=np.int32), Field(over="agents", dtype=np.int32)


def rings(field, **options):
    return Rings(field, **{"around": CELL, "begin": (0, 1, 4), "sectors": 5} | options)


def worlds():
    """Values in as many worlds as cells, and in one more, in which one agent is in no cell."""
    rng = np.random.default_rng(2)
    centres = np.arange(-1, 20)
    found = {field: (100.0 * rng.normal(size=(21, 20))).astype(np.float32) for field in FIELDS}
    found[FIELDS[0]][3, 4:8] = [np.nan, np.inf, -0.0, 1e30]
    return found | {CELL: np.stack([centres, np.maximum(centres, 7)], axis=1)}


@pytest.mark.few(1)
@pytest.mark.parametrize("operation", ["sum", "mean"])
def test_four_rings_together_are_the_same_bytes_as_one_by_one(operation):
    entries = [
        rings(field, operation=operation).normalised(-1000.0, high)
        for field, high in zip(FIELDS, (500.0, 700.0, 900.0, 1100.0), strict=True)
    ]
    view = {"num_agents": 2, "over": "agents"}
    together = seen(LATTICE, worlds(), *entries, **view)
    apart = [seen(LATTICE, worlds(), entry, **view) for entry in entries]
    assert together.tobytes() == np.concatenate(apart, axis=-1).tobytes()


def test_rings_of_five_fields_are_those_of_four_and_of_one_in_order():
    entries = [*map(rings, FIELDS), rings(FIELDS[0], begin=[0, 1, 4]), Observe(FIELDS[1])]
    first, *rest = rings_together(entries)
    assert isinstance(first, RingsTogether)
    assert first.fields == (FIELDS[0], CELL, *FIELDS[1:])
    assert rest == entries[4:]


@pytest.mark.parametrize(
    "odd",
    [
        rings(FIELDS[2], around=OTHER),
        rings(FIELDS[2], begin=(0, 1, 3)),
        rings(FIELDS[2], sectors=4),
        rings(FIELDS[2], operation="mean"),
        rings(FLOW),
        rings(KINDS, one_hot=True),
        Observe(FIELDS[2]),
    ],
    ids=["centre", "rings", "sectors", "operation", "components", "classes", "another entry"],
)
def test_rings_that_do_not_share_their_cells_stay_apart(odd):
    entries = [rings(FIELDS[0]), rings(FIELDS[1]), odd, rings(FIELDS[3])]
    assert rings_together(entries) == entries


@pytest.mark.parametrize("operation", ["max", "min"])
def test_the_largest_and_the_smallest_are_asked_one_by_one(operation):
    entries = [rings(field, operation=operation) for field in FIELDS]
    assert rings_together(entries) == entries


def test_rings_of_an_entry_of_ones_own_are_filled_by_it():
    class Own(Rings):
        pass

    entries = [
        Own(**{one.name: getattr(rings(field), one.name) for one in dataclasses.fields(Rings)})
        for field in FIELDS
    ]
    assert rings_together(entries) == entries
