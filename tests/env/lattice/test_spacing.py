"""Cells have a size: positions in a unit, and what follows from it for sums over neighbours."""

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

from murk_env import Field, Observation
from murk_env.errors import LatticeError
from murk_env.fields.values import Values
from murk_env.lattice import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8
from murk_env.observation import Neighbours
from murk_env.observation.plan import ObservationPlan
from murk_env.rendering.layout import Layout

OF_SPACING_1 = [
    Line1D(5),
    Ring1D(5),
    Square4(3, 4, "wrap"),
    Square8(4, 3, "clamp"),
    Hex2D(4, 3),
    Fcc12(2, 3, 4),
    Product(Hex2D(3, 2), Ring1D(3)),
]
SPACED = [
    Line1D(5, spacing=0.25),
    Ring1D(5, spacing=0.25),
    Square4(3, 4, "wrap", spacing=0.25),
    Square8(4, 3, "clamp", spacing=0.25),
    Hex2D(4, 3, spacing=0.25),
    Fcc12(2, 3, 4, spacing=0.25),
    Product(Hex2D(3, 2, spacing=0.25), Ring1D(3, spacing=0.25)),
]
pairs = pytest.mark.parametrize(("unit", "spaced"), list(zip(OF_SPACING_1, SPACED, strict=True)), ids=repr)


@pairs
def test_positions_and_ways_are_those_of_spacing_1_times_the_spacing(unit, spaced):
    spaced.check()
    np.testing.assert_array_equal(spaced.positions, 0.25 * unit.positions)
    np.testing.assert_array_equal(spaced.displacements, 0.25 * unit.displacements)
    np.testing.assert_array_equal(spaced.neighbour_displacements, 0.25 * unit.neighbour_displacements)
    np.testing.assert_array_equal(spaced.laplacian, 16.0 * unit.laplacian)
    assert spaced.stiffness == 16.0 * unit.max_degree


@pairs
def test_which_cells_are_neighbours_does_not_depend_on_the_spacing(unit, spaced):
    np.testing.assert_array_equal(spaced.neighbours, unit.neighbours)
    np.testing.assert_array_equal(spaced.distance(0, np.arange(5)), unit.distance(0, np.arange(5)))


@pairs
def test_pictures_are_the_same_at_every_spacing(unit, spaced):
    np.testing.assert_allclose(Layout.of(spaced).places, Layout.of(unit).places, atol=1e-12)


@pytest.mark.parametrize("lattice", SPACED, ids=repr)
def test_copies_are_equal_and_spacings_tell_lattices_apart(lattice):
    for twin in (pickle.loads(pickle.dumps(lattice)), copy.deepcopy(lattice)):
        assert (twin, hash(twin), repr(twin)) == (lattice, hash(lattice), repr(lattice))
    assert lattice not in OF_SPACING_1


def test_a_spacing_of_1_is_the_default_and_is_not_written():
    assert Square4(2, 3, spacing=1) == Square4(2, 3, spacing=(1.0, 1.0)) == Square4(2, 3)
    assert repr(Square4(2, 3, spacing=1)) == 'Square4(2, 3, edge="absorb")'
    assert repr(Square4(2, 3, spacing=(30, 20), unit="m")) == (
        'Square4(2, 3, edge="absorb", spacing=(30.0, 20.0), unit="m")'
    )
    assert eval(repr(Ring1D(4, spacing=0.5, unit="km"))) == Ring1D(4, spacing=0.5, unit="km")


def test_rows_and_columns_have_spacings_of_their_own():
    lattice = Square4(2, 3, spacing=(30.0, 20.0))  # 30 from row to row, 20 from column to column
    assert lattice.positions[lattice.rank([1, 2])].tolist() == [40.0, 30.0]  # x east, y south
    assert lattice.scale.tolist() == [20.0, 30.0]
    assert lattice.laplacian.tolist() == [1 / 900.0, 1 / 900.0, 1 / 400.0, 1 / 400.0]


def second_moments(lattice: Lattice):
    """The sum over directions of weight * way * way, which is isotropic where spreading is."""
    hops = lattice.displacements
    return (lattice.laplacian[:, None, None] * hops[:, :, None] * hops[:, None, :]).sum(axis=0)


@pytest.mark.parametrize(
    ("lattice", "factor"),
    [
        (Line1D(4, spacing=0.3), 1.0),
        (Square4(4, 4, spacing=(0.3, 2.0)), 1.0),
        (Square8(4, 4, spacing=(0.3, 2.0)), 3.0),
        (Square8(4, 4, spacing=7.0), 3.0),
        (Hex2D(4, 4, spacing=0.3), 1.5),
        (Fcc12(4, 4, 4, spacing=0.3), 2.0),
        (Product(Square4(3, 3, spacing=2.0), Line1D(3, spacing=0.1)), 1.0),
    ],
    ids=repr,
)
def test_the_weighted_sum_of_differences_is_a_multiple_of_the_laplacian(lattice, factor):
    ndim = lattice.positions.shape[1]
    np.testing.assert_allclose(second_moments(lattice), 2.0 * factor * np.eye(ndim), atol=1e-12)
    assert (lattice.laplacian > 0.0).all()


@pytest.mark.parametrize("spacing", [0, -1.0, math.nan, math.inf, "3", None, True, (1.0, 0.0), (1.0,) * 3])
def test_what_is_no_length_is_refused(spacing):
    with pytest.raises(LatticeError, match="Square4 takes as spacing a finite number above 0, or 2 of them"):
        Square4(2, 2, spacing=spacing)


@pytest.mark.parametrize("kind", [Hex2D, Fcc12])
def test_unequal_spacings_along_oblique_hops_are_refused(kind):
    sides: Any = (4, 4, 4)[: 2 if kind is Hex2D else 3]
    with pytest.raises(LatticeError, match="along each: give it one spacing"):
        kind(*sides, spacing=(1.0, 2.0, 1.0)[: len(sides)])


def test_a_unit_is_a_name():
    with pytest.raises(LatticeError, match="takes as unit the name of one, such as 'm', not 3"):
        Line1D(3, unit=3)  # pyright: ignore[reportArgumentType]


@pytest.mark.slow
@pytest.mark.parametrize("spacing", [1e-3, 30.0, 1e6])
@pytest.mark.parametrize("edge", ["absorb", "wrap"])
def test_nearest_agents_are_the_same_ones_at_every_spacing(spacing, edge):
    cells = Field(over="agents", dtype="int32")
    places = Values({cells: np.array([[0, 3, 14, 17]], np.int32)})

    def seen(length):
        observation = Observation(Neighbours(cells, 2), over="agents", dtype="float64")
        plan = ObservationPlan(observation, Hex2D(5, 4, edge, spacing=length), frozenset([cells]), 4)
        out = plan.allocate(1)
        plan.fill(places, out)
        return np.asarray(out).reshape(4, 2, 3)

    expected = seen(1.0) * np.array([spacing, spacing, 1.0])
    np.testing.assert_allclose(seen(spacing), expected, rtol=1e-12)
