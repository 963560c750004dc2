"""Gradient: exact on affine fields, centred across wrapped borders, the reference's where that is right."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env.errors import PipelineError
from murk_env.fields import Field
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.propagators import Gradient
from murk_env.world import World
from tests.env.lattice.samples import LATTICES
from tests.env.lattice.test_random_lattices import PRODUCTS, SIMPLE
from tests.env.propagators.worlds_first import put

VECTORS = dict(np.load(Path(__file__).parents[2] / "data" / "gradient_line1d.npz"))  # murk 0.2.0, float32
THIN = [
    Fcc12(3, 3, 1),
    Fcc12(2, 5, 1),
    Fcc12(1, 4, 3),
    Product(Fcc12(3, 3, 1), Line1D(3)),
    Product(Fcc12(3, 3, 1), Fcc12(1, 2, 3)),
]


def slopes(lattice, values, *, static=False, checked=True):
    """Return the gradient of values (num_worlds, num_cells), (num_worlds, k, num_cells)."""
    hill, slope = Field(mutability="static" if static else "per_tick"), Field(components=dimensions(lattice))
    values = np.atleast_2d(np.asarray(values, np.float32))
    world = World(
        lattice,
        {"hill": hill, "slope": slope},
        [Gradient(hill, slope)],
        num_worlds=len(values),
        static={hill: values[0]} if static else None,
        checked=checked,
    )
    if not static:
        put(world, hill, values)
    world.tick()
    return np.array(world[slope])


def dimensions(lattice):
    return lattice.positions.shape[1]


def away_from_wrapped_borders(lattice):
    """Cells all of whose neighbours lie where their positions say, (num_cells,) bool."""
    there = np.where(lattice.neighbours < 0, np.arange(lattice.num_cells)[:, None], lattice.neighbours)
    ways = lattice.positions[there] - lattice.positions[:, None]
    return np.isclose(ways, lattice.neighbour_displacements).all(axis=(1, 2))


def assert_exact_on_an_affine_field(lattice, seed):
    slope = np.random.default_rng(seed).uniform(-3.0, 3.0, dimensions(lattice))
    values = (lattice.positions @ slope - 20.0).astype(np.float32)
    from_first = lattice.positions - lattice.positions[0]
    visible = np.linalg.pinv(from_first) @ from_first @ slope  # a flat lattice cannot tell what is across it
    found = slopes(lattice, values)[0].T[away_from_wrapped_borders(lattice)]
    np.testing.assert_allclose(found, np.broadcast_to(visible, found.shape), atol=3e-7 * np.abs(values).max())


@pytest.mark.slow
@given(lattice=st.one_of(SIMPLE, PRODUCTS), seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_it_is_exact_on_affine_fields_of_random_lattices(lattice, seed):
    assert_exact_on_an_affine_field(lattice, seed)


@pytest.mark.few(20)
@pytest.mark.parametrize("lattice", [*LATTICES, *THIN], ids=repr)
def test_it_is_exact_on_an_affine_field_of_every_lattice(lattice):
    assert_exact_on_an_affine_field(lattice, 1)


@pytest.mark.parametrize("edge", ["absorb", "clamp"])
@pytest.mark.parametrize("make", [Square4, Square8])
def test_x_is_to_the_east_and_y_to_the_south(make, edge):
    row, col = np.divmod(np.arange(12), 4)
    found = slopes(make(3, 4, edge), 5 * col - 2 * row)[0]
    assert found.tolist() == [[5.0] * 12, [-2.0] * 12]


def test_across_a_wrapped_border_it_is_the_centred_difference():
    values = np.random.default_rng(2).normal(size=(4, 5)).astype(np.float32)
    found = slopes(Square4(4, 5, "wrap"), values.ravel())[0].reshape(2, 4, 5)
    assert (found[0] == (np.roll(values, -1, 1) - np.roll(values, 1, 1)) / 2).all()
    assert (found[1] == (np.roll(values, -1, 0) - np.roll(values, 1, 0)) / 2).all()


@pytest.mark.parametrize(
    ("lattice", "waves", "weight"),
    [
        (Ring1D(9), [2 / 9], 1 / 2),
        (Square8(5, 6, "wrap"), [1 / 6, 2 / 5], 1 / 6),
        (Hex2D(6, 8, "wrap"), [1 / 6, (2 / 8 - 1 / 12) * 2 / np.sqrt(3)], 1 / 3),
        (Fcc12(6, 4, 4, "wrap"), [np.sqrt(2) / 6, np.sqrt(2) / 4, 0.0], 1 / 4),
    ],
    ids=repr,
)
def test_the_slope_of_a_wave_on_a_torus_is_the_wave_seen_by_its_neighbours(lattice, waves, weight):
    wave = 2 * np.pi * np.array(waves)  # sum over hops of (hop hop^T) is 1 / weight times the unit matrix
    seen = weight * np.sin(lattice.displacements @ wave) @ lattice.displacements
    phases = lattice.positions @ wave
    expected = np.outer(seen, -np.sin(phases))
    np.testing.assert_allclose(slopes(lattice, np.cos(phases))[0], expected, atol=1e-6)


@pytest.mark.parametrize("edge", ["Absorb", "Clamp"])
def test_on_a_line_it_is_the_references(edge):
    found = slopes(Line1D(7, edge.lower()), VECTORS[f"line1d_n7_{edge}__u0"])[0, 0]
    np.testing.assert_array_max_ulp(found, VECTORS[f"line1d_n7_{edge}__grad"][:, 1], maxulp=4)


@pytest.mark.parametrize("lattice", [Square8(3, 3), Hex2D(3, 3), Fcc12(3, 3, 3)], ids=repr)
def test_a_flat_field_has_no_slope_at_all(lattice):
    assert not slopes(lattice, np.full(lattice.num_cells, 0.1)).any()


@pytest.mark.parametrize(
    ("lattice", "axis"), [(Square4(1, 4), 1), (Square8(1, 4, "clamp"), 1), (Fcc12(3, 1, 3), 1)], ids=repr
)
def test_along_an_axis_without_neighbours_it_is_zero(lattice, axis):
    found = slopes(lattice, np.random.default_rng(3).normal(size=lattice.num_cells))[0]
    assert not found[axis].any()
    assert found[1 - axis].any()


def test_a_cell_that_sees_too_little_has_the_slope_of_its_neighbour():
    lattice = Fcc12(3, 3, 1)  # a centre, the neighbour of all four corners
    found = slopes(lattice, [4.0, 1.0, 0.0, 2.0, 7.0])[0]
    assert (found == found[:, [2]]).all()
    sums = np.array([-4.0 + 1.0 - 2.0 + 7.0, -4.0 - 1.0 + 2.0 + 7.0, 0.0])  # of hops * sqrt(2) * rises
    np.testing.assert_allclose(found[:, 0], sums / np.sqrt(2) / 2, atol=1e-6)


def test_a_static_field_has_the_same_slope_in_every_world():
    values = np.random.default_rng(4).normal(size=12)
    assert (slopes(Square4(3, 4), values, static=True) == slopes(Square4(3, 4), values)).all()


def test_a_value_that_is_no_number_reaches_its_neighbours_only():
    values = np.arange(12.0)
    values[0] = np.nan
    found = slopes(Square4(3, 4), values, checked=False)[0]
    assert np.flatnonzero(np.isnan(found).any(axis=0)).tolist() == [0, 1, 4]


def test_an_output_of_other_dimensions_is_refused():
    hill, slope = Field(), Field(components=3)
    with pytest.raises(PipelineError, match=r"'slope' as a float32 or float64 field .* components=2"):
        World(Hex2D(2, 2), {"hill": hill, "slope": slope}, [Gradient(hill, slope)])
