"""What a static field takes: values within its bounds, no NaN, nothing masked, the lattice's shape."""

import numpy as np
import pytest

from murk_arena import FieldId, StaticArena
from murk_env import Fcc12, Field, Hex2D, Line1D, Product, Square4, World
from murk_env.errors import DefinitionError, FieldError

GRID = Square4(2, 3)
SHARES = np.linspace(0.0, 1.0, 6)


def taken(values, lattice=GRID, **declaration):
    """Return what a world holds of a static field that is given these values."""
    wall = Field(mutability="static", **declaration)
    return World(lattice, {"wall": wall}, num_agents=2, static={wall: values})[wall]


@pytest.mark.parametrize("given", [lambda values: values, lambda values: lambda: values], ids=["array", "by"])
@pytest.mark.parametrize(
    ("declaration", "values", "message"),
    [
        (
            {"low": 0.0, "high": 1.0},
            SHARES + 0.5,
            r"takes values in \[0.0, 1.0\], not 1.5; change its values",
        ),
        ({"low": 0.5, "initial": 1.0}, SHARES, r"static field 'wall' takes values in \[0.5, inf\], not 0.0"),
        ({"low": 0.0, "high": 1.0, "at_bounds": "wrap"}, SHARES, r"takes values in \[0.0, 1.0\), not 1.0"),
        ({"categories": 3}, [0, 1, 2, 3, 0, 0], r"takes categories in \[0, 2\], not 3"),
        ({"dtype": np.int32, "indexes": "cells", "low": 0}, np.arange(6) - 1, r"cells in \[0, 5\], not -1"),
        ({"dtype": np.int32, "indexes": "agents", "low": 0}, np.arange(6), r"agents in \[0, 1\], not 5"),
        ({}, [0.0, np.nan, 0.0, 0.0, 0.0, 0.0], "static field 'wall' must not have NaN among its values; "),
        ({"low": 0.0}, np.full(6, np.nan), "static field 'wall' must not have NaN"),
        ({"high": 9.0}, np.full(6, np.inf), r"takes values in \[-inf, 9.0\], not inf"),
        ({}, np.ma.masked_less(SHARES, 0.5), "static field 'wall' has masked values; give it values.filled"),
        (
            {"components": 2},
            [SHARES, np.ma.masked_less(SHARES, 0.5)],
            "static field 'wall' has masked values",
        ),
        ({}, SHARES.reshape(3, 2), r"needs values of shape \(6,\), not of \(3, 2\)"),
        ({"components": 2}, np.zeros((2, 3, 2)), r"needs values of shape \(2, 6\), not of \(2, 3, 2\)"),
        ({"over": "agents"}, SHARES.reshape(2, 3), r"needs values of shape \(2,\), not of \(2, 3\)"),
    ],
    ids=str,
)
def test_what_a_static_field_does_not_take_is_refused(declaration, values, message, given):
    with pytest.raises(FieldError, match=message):
        taken(given(values), **declaration)


def test_a_static_arena_made_by_hand_is_held_to_the_same():
    wall = Field(mutability="static", high=1.0)
    spec = World(GRID, {"wall": wall}, static={wall: SHARES}).layout.specs[FieldId(0)]
    with pytest.raises(FieldError, match=r"static field 'wall' takes values in \[-inf, 1.0\], not 2.0"):
        World(GRID, {"wall": wall}, static=StaticArena({spec: np.full(6, 2.0, np.float32)}))


@pytest.mark.parametrize(
    ("declaration", "values"),
    [
        ({"low": 0.0, "high": 0.1}, np.full(6, 0.1)),  # float32(0.1) is a little more
        ({}, np.full(6, np.inf)),  # such as the way to where there is none
        ({"categories": 3}, np.arange(6) % 3),
        ({"dtype": np.int32, "indexes": "cells", "low": 0}, np.arange(6)),
        ({}, np.ma.masked_array(SHARES, np.zeros(6, bool))),  # none is masked
    ],
    ids=str,
)
def test_what_lies_within_is_taken(declaration, values):
    assert (taken(values, **declaration) == np.asarray(values, np.float32)).all()


@pytest.mark.parametrize(
    "lattice",
    [GRID, Hex2D(3, 4), Product(Line1D(2), Square4(2, 3)), Fcc12(2, 2, 2)],
    ids=lambda lattice: type(lattice).__name__,
)
@pytest.mark.parametrize("components", [None, 2])
def test_values_of_the_lattices_own_shape_are_flattened_in_its_order(lattice, components):
    leading = () if components is None else (components,)
    values = np.arange(np.prod((*leading, lattice.num_cells)), dtype=np.float32)
    held = taken(values.reshape(*leading, *lattice.shape), lattice, components=components)
    assert held.shape == (*leading, lattice.num_cells)
    assert held.ravel().tolist() == values.tolist()
    if len(lattice.shape) == lattice.ndim:  # a cell's value stands at its coordinate
        first = values.reshape(-1, *lattice.shape)[0]
        for cell, coordinate in enumerate(lattice.coordinates.tolist()):
            place = coordinate[::-1] if isinstance(lattice, Hex2D) else coordinate  # (column, row) there
            assert held.reshape(-1, lattice.num_cells)[0, cell] == first[tuple(place)]


def test_masked_arrays_in_a_list_are_not_unmasked_by_an_edit():
    heat = Field()
    world = World(GRID, {"heat": heat}, num_worlds=2)
    with pytest.raises(DefinitionError, match="field 'heat' is set to a masked array"), world.edit() as tick:
        tick[heat] = [SHARES, np.ma.masked_less(SHARES, 0.5)]
