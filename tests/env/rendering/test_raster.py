"""Rasters: every cell has its pixels, as many as its neighbours, next to theirs."""

from dataclasses import dataclass

import numpy as np
import pytest

from murk_env import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.lattice import Grid
from murk_env.lattice.grid import Edge
from murk_env.rendering.layout import Layout
from murk_env.rendering.raster import Raster

PLANAR = [Square4(5, 7), Hex2D(6, 5), Line1D(9), Ring1D(4), Product(Line1D(4), Line1D(6))]
LAYERED = [Fcc12(6, 5, 4), Product(Hex2D(4, 4), Line1D(3)), Product(Line1D(2), Square8(3, 3), Ring1D(2))]
ODD = [Square4(1, 1), Square4(1, 6), Hex2D(5, 1), Hex2D(1, 5), Line1D(1), Fcc12(2, 2, 1), Fcc12(1, 1, 1)]


@dataclass(frozen=True, repr=False)
class Knights(Grid):
    """Squares whose neighbours are a knight's move away."""

    side: int
    edge: Edge = "absorb"

    @property
    def box(self):
        return self.side, self.side

    @property
    def directions(self):
        return tuple("abcdefgh")

    @property
    def steps(self):
        return (1, 2), (2, 1), (-1, 2), (-2, 1), (1, -2), (2, -1), (-1, -2), (-2, -1)


@dataclass(frozen=True, repr=False)
class Stacked(Grid):
    """Cubes whose neighbours all lie in the next layers, a quarter of a cell aside."""

    side: int
    edge: Edge = "absorb"

    @property
    def box(self):
        return 3, self.side, self.side

    @property
    def basis(self):
        return (0.25, 0.25, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)

    @property
    def directions(self):
        return tuple("abcdef")

    @property
    def steps(self):
        return (1, 0, 0), (-1, 0, 0), (1, 1, 0), (-1, -1, 0), (1, 0, 1), (-1, 0, -1)


def raster_of(lattice, room=(480, 400), smallest=4):
    return Raster.fit(Layout.of(lattice), room[0], room[1], smallest)


def pixels_of(raster, lattice):
    """How many pixels every cell has."""
    return np.bincount(raster.table[raster.table >= 0], minlength=lattice.num_cells)


def touching(table):
    """Pairs of cells with a side in common: more than a corner's few pixels beside or below another's."""
    pairs = [(table[:, :-1], table[:, 1:]), (table[:-1], table[1:])]
    found = np.concatenate([np.stack([one.ravel(), other.ravel()], axis=1) for one, other in pairs])
    found = found[(found >= 0).all(axis=1) & (found[:, 0] != found[:, 1])]
    sides, lengths = np.unique(np.sort(found, axis=1), axis=0, return_counts=True)
    return {tuple(side) for side in sides[lengths > 2].tolist()}


def neighbouring(lattice):
    pairs = np.stack(np.broadcast_arrays(np.arange(lattice.num_cells)[:, None], lattice.neighbours), axis=-1)
    pairs = pairs[lattice.neighbours >= 0]
    return {tuple(pair) for pair in np.sort(pairs, axis=1).tolist() if pair[0] != pair[1]}


@pytest.mark.few(4)
@pytest.mark.parametrize("lattice", [*PLANAR, *LAYERED, *ODD, Knights(6), Stacked(4)], ids=repr)
def test_every_cell_has_equally_many_pixels(lattice):
    counts = pixels_of(raster_of(lattice), lattice)
    assert counts.min() > 0
    inner = counts[lattice.degree == lattice.max_degree] if isinstance(lattice, Knights) else counts
    assert inner.min() == inner.max()


@pytest.mark.parametrize("lattice", [Square4(5, 7), Hex2D(6, 5), Line1D(9)], ids=repr)
def test_cells_touch_in_a_plane_just_where_they_are_neighbours(lattice):
    assert touching(raster_of(lattice).table) == neighbouring(lattice)


def test_cells_of_a_layer_touch_just_where_they_are_neighbours():
    lattice = Fcc12(6, 5, 4)
    height = lattice.coordinates[:, 2]
    level = {(one, other) for one, other in neighbouring(lattice) if height[one] == height[other]}
    assert touching(raster_of(lattice).table) == level


@pytest.mark.parametrize("scale", [4, 7, 15, 40])
@pytest.mark.parametrize(
    ("lattice", "area"),
    [(Square4(4, 4), 1.0), (Hex2D(4, 4), np.sqrt(3) / 2), (Fcc12(4, 4, 2), 1.0)],
    ids=repr,
)
def test_a_cell_is_as_large_as_the_room_it_has(lattice, area, scale):
    raster = Raster.at(Layout.of(lattice), scale, 1)
    rounding = 1 + 1.5 / scale  # by which either side of a cell may be longer or shorter
    share = pixels_of(raster, lattice)[0] / (area * scale**2)
    assert 1 / rounding**2 <= share <= rounding**2


def test_squares_lie_row_by_row():
    raster = Raster.at(Layout.of(Square4(2, 3)), 5, 1)
    np.testing.assert_array_equal(raster.table, np.arange(6).reshape(2, 3).repeat(5, 0).repeat(5, 1))


def test_a_raster_is_fixed():
    raster = Raster.at(Layout.of(Square4(2, 3)), 5, 1)
    with pytest.raises(AttributeError, match="cannot assign to field 'spacing'"):
        raster.spacing = 1.0  # pyright: ignore[reportAttributeAccessIssue]


def test_a_hexagon_is_narrow_above_and_below_and_wide_in_the_middle():
    table = Raster.at(Layout.of(Hex2D(1, 1)), 40, 1).table
    widths = (table == 0).sum(axis=1)
    assert widths[0] <= 4
    assert (np.diff(widths[: len(widths) // 2]) >= 0).all()
    assert widths.max() == 40
    assert (widths == 40).sum() == pytest.approx(40 / np.sqrt(3), abs=2)  # the length of its side


def test_the_centre_of_a_cell_lies_in_the_middle_of_its_pixels():
    for lattice in (*PLANAR, *LAYERED):
        raster = raster_of(lattice)
        rows, columns = np.nonzero(raster.table == lattice.num_cells // 2)
        middle = (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2
        np.testing.assert_array_equal(raster.centres[lattice.num_cells // 2], middle)


def test_a_cell_whose_neighbours_are_far_is_no_larger_than_its_room():
    lattice = Knights(5)
    raster = Raster.at(Layout.of(lattice), 9, 1)
    rows, columns = np.nonzero(raster.table == 12)
    assert (np.ptp(rows), np.ptp(columns), len(rows)) == (8, 8, 81)


def test_where_tiles_overlap_the_nearest_centre_wins():
    ways = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    crowded = Layout(np.zeros(2, np.intp), np.array([[0.0, 0.0], [0.5, 0.0]]), ways)
    raster = Raster.at(crowded, 20, 1)
    nearest = np.repeat([0, 1], [15, 15])  # of 30 columns, with the centres at 10 and 20
    np.testing.assert_array_equal(raster.table, np.tile(nearest, (20, 1)))


def test_panels_stand_side_by_side_with_a_caption_below_each():
    lattice = Product(Square4(2, 2), Line1D(3))
    raster = Raster.at(Layout.of(lattice), 10, 2)
    assert raster.table.shape == (2 * (20 + 16) + 8, 2 * 20 + 8)
    assert raster.captions.tolist() == [[0, 20], [28, 20], [0, 64]]
    assert (raster.table[20:36] == -1).all()
    assert set(raster.table[:20, 28:].ravel()) == {1, 4, 7, 10}  # of the line's second cell


def test_seams_lie_at_the_right_and_lower_side_of_cells_that_have_another_there():
    raster = Raster.at(Layout.of(Square4(2, 2)), 20, 1)
    expected = np.zeros((40, 40), bool)
    expected[19], expected[:, 19] = True, True
    np.testing.assert_array_equal(raster.seams, expected)


def test_the_frame_is_the_line_of_pixels_just_outside_the_cells():
    raster = Raster.at(Layout.of(Product(Square4(1, 1), Line1D(2))), 4, 2)  # two panels, 8 pixels apart
    expected = np.zeros((4 + 16 + 2, 2 * 4 + 8 + 2), bool)
    for left in (0, 4 + 8):
        expected[[0, 5], left + 1 : left + 5] = True
        expected[1:5, [left, left + 5]] = True
    np.testing.assert_array_equal(raster.frame, expected)


def test_small_cells_have_no_seams():
    assert not Raster.at(Layout.of(Square4(9, 9)), 9, 1).seams.any()


def test_a_single_panel_has_no_caption():
    assert len(raster_of(Hex2D(3, 3)).captions) == 0


@pytest.mark.few(4)
@pytest.mark.parametrize("size", [8, 16, 24, 32, 48, 64, 96, 128])
@pytest.mark.parametrize("lattice", [Square4, Hex2D], ids=["squares", "hexagons"])
def test_a_plane_is_some_hundred_pixels_large_and_no_cell_below_four(lattice, size):
    raster = raster_of(lattice(size, size))
    assert 190 <= max(raster.table.shape) <= 640
    assert raster.centres[1, 0] - raster.centres[0, 0] >= 4 or size > 100


def test_a_huge_lattice_has_cells_of_less_than_four_pixels():
    raster = raster_of(Square4(256, 256))
    assert raster.table.shape == (512, 512)


def test_a_tiny_lattice_does_not_fill_the_room():
    assert raster_of(Square4(1, 1)).table.shape == (64, 64)
