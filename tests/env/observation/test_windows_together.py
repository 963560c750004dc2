"""Windows of several fields around the same cell, against the same windows asked one by one."""

import dataclasses

import numpy as np
import pytest

from murk_env import Field
from murk_env.lattice import Hex2D, Square8
from murk_env.observation import Observe, Window
from murk_env.observation.windows_together import WindowsTogether, windows_together
from tests.env.observation.scenes import seen

FIELDS = [Field(), Field(dtype=np.int32), Field(dtype="float64")]
FLOW, KINDS = Field(components=2), Field(categories=3)
CELL, OTHER = Field(over="agents", dtype=np.int32), Field(over="agents", dtype=np.int32)


def window(field, **options):
    return Window(field, **{"around": CELL, "rectangle": (2, 1)} | options)


def worlds():
    """Values in as many worlds as cells, and in one more, in which one agent is in no cell."""
    rng = np.random.default_rng(2)
    centres = np.arange(-1, 20)
    found = {field: (100.0 * rng.normal(size=(21, 20))).astype(field.dtype) for field in FIELDS}
    found[FIELDS[0]][3, 4:8] = [np.nan, np.inf, -0.0, 1e30]
    return found | {CELL: np.stack([centres, np.maximum(centres, 7)], axis=1)}


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("lattice", "place"),
    [
        (Hex2D(5, 4), {"rectangle": None, "disk": 2}),
        (Square8(4, 5, "wrap"), {"rectangle": (1, 3)}),
        (Square8(4, 5), {"rectangle": (1, 3)}),
    ],
    ids=["a disk of hexagons", "a rectangle that wraps", "a rectangle beyond the border"],
)
def test_windows_together_are_the_same_bytes_as_one_by_one(lattice, place):
    entries = [
        window(FIELDS[0], padding=-0.0, **place).logged(),
        window(FIELDS[1], padding=3.0, with_mask=True, **place).clipped(-50.0, 50.0),
        window(FIELDS[2], padding=0.5, with_mask=True, **place).normalised(-100.0, 100.0),
        window(FIELDS[0], name="again", padding=2.0, **place),
    ]
    view = {"num_agents": 2, "over": "agents"}
    together = seen(lattice, worlds(), *entries, **view)
    apart = [seen(lattice, worlds(), entry, **view) for entry in entries]
    assert together.tobytes() == np.concatenate(apart, axis=-1).tobytes()


def test_windows_in_a_row_become_one_entry_in_order():
    others = [Observe(FIELDS[1]), window(FIELDS[2])]
    first, *rest = windows_together([*map(window, FIELDS), *others])
    assert isinstance(first, WindowsTogether)
    assert first.fields == (FIELDS[0], CELL, *FIELDS[1:])
    assert rest == others


@pytest.mark.parametrize(
    "odd",
    [
        window(FIELDS[2], around=OTHER),
        window(FIELDS[2], rectangle=(1, 2)),
        window(FIELDS[2], rectangle=None, disk=2),
        window(FIELDS[2]).pooled("max", 2),
        window(FLOW),
        window(KINDS, one_hot=True),
        Observe(FIELDS[2]),
    ],
    ids=["centre", "rectangle", "disk", "pooled", "components", "classes", "another entry"],
)
def test_windows_that_do_not_share_their_places_stay_apart(odd):
    entries = [window(FIELDS[0]), odd, window(FIELDS[1])]
    assert windows_together(entries) == entries


def test_windows_of_an_entry_of_ones_own_are_filled_by_it():
    class Own(Window):
        pass

    entries = [
        Own(**{one.name: getattr(window(field), one.name) for one in dataclasses.fields(Window)})
        for field in FIELDS
    ]
    assert windows_together(entries) == entries


@pytest.mark.parametrize(
    ("entry", "value", "changes"),
    [
        (Observe(FIELDS[0]).clipped(0.0, 2.0), 0.0, False),
        (Observe(FIELDS[0]).clipped(0.0, 2.0), 3.0, True),
        (Observe(FIELDS[0]).logged(), 0.0, False),
        (Observe(FIELDS[0]).logged(), 1.0, True),
        (Observe(FIELDS[0]).normalised(0.0, 5.0), 0.0, False),
        (Observe(FIELDS[0]).noisy(0.0), 0.0, True),
        (Observe(FIELDS[0]), 7.0, False),
    ],
    ids=["within a clip", "clipped", "log of 0", "log", "normalised 0", "noise", "no transform"],
)
def test_transforms_know_which_padding_they_leave_as_it_is(entry, value, changes):
    assert entry.changes(value, np.dtype(np.float32)) == changes
