"""Layouts: which plane of a lattice is drawn, and in which panel a cell lies."""

import numpy as np
import pytest

from murk_env import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4
from murk_env.rendering.layout import Layout, plane_axes


@pytest.mark.parametrize(
    ("lattice", "axes"),
    [
        (Square4(3, 4), [0, 1]),
        (Fcc12(4, 4, 4), [0, 1]),
        (Line1D(5), [0]),
        (Product(Line1D(2), Square4(3, 4)), [1, 2]),
        (Product(Line1D(2), Product(Ring1D(3), Hex2D(3, 4))), [2, 3]),
        (Product(Line1D(2), Fcc12(4, 4, 4)), [1, 2]),
        (Product(Fcc12(4, 4, 4), Hex2D(2, 2)), [3, 4]),
        (Product(Line1D(2), Ring1D(3)), [0, 1]),
        (Product(Line1D(4)), [0]),
    ],
    ids=repr,
)
def test_the_first_part_that_lies_in_a_plane_is_drawn(lattice, axes):
    assert plane_axes(lattice) == axes


def test_a_plane_has_one_panel_with_the_cells_where_they_lie():
    lattice = Hex2D(4, 3)
    layout = Layout.of(lattice)
    assert layout.num_panels == 1
    np.testing.assert_allclose(layout.places, lattice.positions)


def test_close_packed_spheres_have_a_panel_for_each_height():
    lattice = Fcc12(4, 4, 3)
    layout = Layout.of(lattice)
    np.testing.assert_array_equal(layout.panels, lattice.coordinates[:, 2])
    np.testing.assert_allclose(layout.places, lattice.positions[:, :2])


def test_a_product_has_a_panel_for_each_cell_of_the_rest():
    lattice = Product(Line1D(3), Square4(2, 4))
    layout = Layout.of(lattice)
    np.testing.assert_array_equal(layout.panels, np.repeat([0, 1, 2], 8))
    np.testing.assert_allclose(layout.places, np.tile(Square4(2, 4).positions, (3, 1)))


@pytest.mark.parametrize(("lattice", "height"), [(Line1D(32), 4.0), (Ring1D(3), 1.0), (Line1D(1), 1.0)])
def test_a_line_is_a_strip_an_eighth_as_high_as_long(lattice, height):
    layout = Layout.of(lattice)
    np.testing.assert_array_equal(layout.places[:, 0], np.arange(lattice.num_cells))
    assert not layout.places[:, 1].any()
    assert layout.reach[:, 1].max() == height


@pytest.mark.parametrize("lattice", [Square4(1, 1), Square4(1, 5), Hex2D(3, 3), Fcc12(2, 2, 1)], ids=repr)
def test_the_ways_around_a_cell_come_in_opposite_pairs_the_nearest_1_long(lattice):
    reach = Layout.of(lattice).reach
    ways = {tuple(way) for way in reach.round(6) + 0.0}
    assert ways == {tuple(-np.array(way) + 0.0) for way in ways}
    assert np.linalg.norm(reach, axis=1).min() == pytest.approx(1.0)
