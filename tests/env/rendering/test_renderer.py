"""Frames: cells in the colours of their values, markers at their cells, a legend below."""

import matplotlib
import numpy as np
import pytest

from murk_env import Fcc12, Hex2D, Line1D, Marker, Picture, Product, Ring1D, Square4
from murk_env.errors import PictureError
from murk_env.rendering.colours import NOT_FINITE
from murk_env.rendering.layout import Layout
from murk_env.rendering.raster import Raster
from tests.env.rendering.scenes import Scene, agents_field, cells_field

HEAT = cells_field()
AGENTS = agents_field()
WALL = cells_field("wall", dtype=np.int32)
LATTICES = [
    Square4(5, 7),
    Hex2D(6, 5),
    Fcc12(4, 4, 3),
    Product(Hex2D(4, 3), Line1D(3)),
    Line1D(40),
    Ring1D(6),
    Square4(1, 1),
]


def viridis(share):
    return np.rint(255 * np.array(matplotlib.colormaps["viridis"](share)[:3]))


def scene(lattice, row=None, picture=None, agents=(), wall=None):
    row = np.zeros(lattice.num_cells) if row is None else row
    wall = np.zeros(lattice.num_cells) if wall is None else wall
    arrays = {HEAT: [row], AGENTS: [agents], WALL: [wall]}
    return Scene(lattice, Picture(HEAT) if picture is None else picture, arrays)


def pixels_of(frame, lattice):
    """The map of a frame and the cells of its pixels; the legend is at least as wide only for small maps."""
    raster = Raster.fit(Layout.of(lattice), 480, 400, 4)
    height, width = raster.table.shape
    left = 8 + max(0, (frame.shape[1] - 16 - width) // 2)
    return frame[8 : 8 + height, left : left + width], raster


@pytest.mark.few(2)
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_every_pixel_within_a_cell_has_the_colour_of_its_value(lattice):
    shares = np.linspace(0.0, 1.0, lattice.num_cells)
    part, raster = pixels_of(scene(lattice, shares).frame(), lattice)
    expected = np.array([viridis(np.float64(np.float32(share))) for share in shares])
    shown = (raster.table >= 0) & ~raster.seams
    np.testing.assert_allclose(part[shown], expected[raster.table[shown]], atol=1)


@pytest.mark.few(2)
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_a_frame_is_bytes_with_even_sides(lattice):
    frame = scene(lattice).frame()
    assert frame.dtype == np.uint8
    assert frame.shape[2] == 3
    assert (frame.shape[0] % 2, frame.shape[1] % 2) == (0, 0)
    assert frame.shape[1] >= 200


def test_the_ends_and_the_middle_of_the_range_have_those_colours_of_the_map():
    picture = Picture(HEAT, low=-1.0, high=3.0)
    part, raster = pixels_of(scene(Line1D(3), [-1.0, 1.0, 3.0], picture).frame(), Line1D(3))
    for (x, y), share in zip(raster.centres.astype(int), (0.0, 0.5, 1.0), strict=True):
        np.testing.assert_allclose(part[y, x], viridis(share), atol=1)


def test_the_seam_between_two_cells_is_a_sixth_nearer_to_grey():
    part, raster = pixels_of(scene(Line1D(2)).frame(), Line1D(2))
    assert raster.seams.sum() == 64  # the last column of the first cell
    expected = viridis(0.0) + (128 - viridis(0.0)) / 6
    np.testing.assert_allclose(part[raster.seams], [expected] * 64, atol=2)


def test_what_is_not_finite_is_seen():
    part, raster = pixels_of(scene(Line1D(3), [0.0, np.nan, 1.0]).frame(), Line1D(3))
    assert (part[(raster.table == 1) & ~raster.seams] == NOT_FINITE).all()


@pytest.mark.few(1)
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_an_agent_changes_its_own_cell_and_no_other(lattice):
    cell = lattice.num_cells // 2
    picture = Picture(HEAT, markers=[Marker(AGENTS, "agent")])
    with_it, without = (scene(lattice, picture=picture, agents=[where]).frame() for where in (cell, -1))
    (part, raster), (bare, _) = pixels_of(with_it, lattice), pixels_of(without, lattice)
    changed = (part != bare).any(axis=2)
    assert set(raster.table[changed].tolist()) == {cell}
    x, y = raster.centres[cell].astype(int)
    assert part[y, x].tolist() == [255, 255, 255]
    assert 0.2 <= changed.sum() / raster.spacing**2 <= 0.6  # a disc of two thirds has 0.35 of the square


def test_a_wall_takes_its_whole_cell_whatever_its_colour_was():
    lattice = Hex2D(4, 4)
    picture = Picture(HEAT, markers=[Marker(WALL, "wall", colour="#102030")])
    part, raster = pixels_of(scene(lattice, picture=picture, wall=np.arange(16) == 5).frame(), lattice)
    np.testing.assert_array_equal((part == (16, 32, 48)).all(axis=2), (raster.table == 5) & ~raster.seams)


def test_shapes_lie_over_whole_cells_and_the_last_over_the_others():
    markers = [Marker([0], "disc", colour="red"), Marker([0], "square", colour="blue"), Marker([0], "wall")]
    picture = Picture(HEAT, markers=markers)
    part, raster = pixels_of(scene(Line1D(3), picture=picture).frame(), Line1D(3))
    x, y = raster.centres[0].astype(int)
    assert part[y, x].tolist() == [0, 0, 255]
    assert part[1, 1].tolist() == [0x4A, 0x4A, 0x4A]


def test_captions_number_the_panels():
    lattice = Product(Square4(4, 4), Line1D(3))
    part, raster = pixels_of(scene(lattice).frame(), lattice)
    for x, y in raster.captions.tolist():
        below = part[y : y + 16, x : x + raster.panel_width]
        assert (below < 128).all(axis=2).sum() > 20


def test_a_frame_leaves_the_values_as_they_are():
    drawn = scene(Square4(4, 4), np.linspace(0, 1, 16), Picture(HEAT, markers=[Marker(AGENTS, "agent")]), [3])
    values = drawn.values
    before = {field: array.copy() for field, array in values.items()}
    drawn.renderer.frame(values, 0)
    assert all(np.array_equal(before[field], array) for field, array in values.items())


def test_two_frames_of_one_state_are_equal_and_arrays_of_their_own():
    renderer, values = (drawn := scene(Square4(4, 4))).renderer, drawn.values
    first, second = renderer.frame(values, 0), renderer.frame(values, 0)
    np.testing.assert_array_equal(first, second)
    assert not np.shares_memory(first, second)


def batch(rows):
    return Scene(Square4(2, 2), Picture(HEAT), {HEAT: rows})


def test_a_mosaic_of_one_world_is_its_frame():
    drawn = batch([[0, 1, 0.5, 0], [1, 1, 1, 0]])
    mosaic = drawn.renderer.mosaic(drawn.values, [1])
    np.testing.assert_array_equal(mosaic, drawn.frame(1))


def test_a_mosaic_shows_its_worlds_from_left_to_right_and_down():
    drawn = batch(np.linspace(0, 1, 5)[:, None].repeat(4, 1))
    mosaic = drawn.renderer.mosaic(drawn.values, range(5))
    step = 2 * 64 + 8  # three in a row, each of two cells of 64 pixels
    for world in range(5):
        row, column = divmod(world, 3)
        np.testing.assert_allclose(
            mosaic[8 + row * step, 8 + column * step], viridis(world / 4 if world < 4 else 1.0), atol=1
        )
    assert (mosaic[8 + step + 10, 8 + 2 * step + 10] == 255).all()  # no sixth world


def test_the_worlds_of_a_mosaic_share_one_range():
    open_field = cells_field("open", low=None, high=None)
    drawn = Scene(Line1D(2), Picture(open_field), {open_field: [[0.0, 1.0], [2.0, 4.0]]})
    mosaic = drawn.renderer.mosaic(drawn.values, [0, 1])
    np.testing.assert_allclose(mosaic[10, 8 + 64 + 10], viridis(0.25), atol=1)


@pytest.mark.parametrize("num_worlds", [2, 7, 16, 100, 400])
def test_a_mosaic_of_many_worlds_is_no_larger_than_a_screen(num_worlds):
    lattice = Square4(8, 8)
    drawn = Scene(lattice, Picture(HEAT), {HEAT: np.zeros((num_worlds, 64))})
    height, width, _ = drawn.renderer.mosaic(drawn.values, range(num_worlds)).shape
    assert 200 <= width <= 1000
    assert height <= 800


def test_worlds_of_several_panels_stand_clearly_apart():
    lattice = Product(Square4(3, 3), Line1D(2))
    drawn = Scene(lattice, Picture(HEAT), {HEAT: np.zeros((2, 18))})
    mosaic = drawn.renderer.mosaic(drawn.values, [0, 1])
    cells = (mosaic[20] != 255).any(axis=1)  # a row through all four panels, with the lines around them
    starts, stops = np.flatnonzero(np.diff(cells.astype(int)) == 1), np.flatnonzero(np.diff(cells * 1) == -1)
    gaps = starts[1:] - stops[:-1]
    assert len(gaps) == 3
    assert gaps[1] >= 3 * max(gaps[0], gaps[2])


@pytest.mark.parametrize("lattice", [Square4(2, 2), Hex2D(4, 3)], ids=repr)
def test_a_grey_line_goes_around_the_cells(lattice):
    frame = scene(lattice, picture=Picture(HEAT, palette="Greys")).frame()  # white cells
    part, raster = pixels_of(frame, lattice)
    top, left = 8 - 1, 8 + max(0, (frame.shape[1] - 16 - part.shape[1]) // 2) - 1
    height, width = raster.frame.shape
    line = frame[top : top + height, left : left + width][raster.frame]
    assert (line == line[0]).all()
    assert line[0].max() < 200
    assert (part[raster.table >= 0] != line[0]).any(axis=1).all()


def test_without_a_field_the_cells_are_plain_and_markers_stand_on_them():
    picture = Picture(markers=[Marker(AGENTS, "agent"), Marker(WALL, "wall", colour="red")])
    part, raster = pixels_of(scene(Line1D(3), picture=picture, agents=[1], wall=[0, 0, 1]).frame(), Line1D(3))
    colours = [part[y, x].tolist() for x, y in raster.centres.astype(int)]
    assert colours == [[222, 222, 222], [255, 255, 255], [255, 0, 0]]


FLAT = cells_field("flat", high=2.0)


def test_pictures_of_a_wide_lattice_stand_one_below_another():
    picture = Picture(HEAT, beside=[Picture(FLAT, palette="magma")])
    rows = {HEAT: [np.zeros(32)], FLAT: [np.full(32, 2.0)]}
    frame = Scene(Line1D(32), picture, rows).frame()
    first = np.flatnonzero((np.abs(frame - viridis(0.0)) <= 1).all(axis=2).any(axis=1))
    light = np.rint(255 * np.array(matplotlib.colormaps["magma"](1.0)[:3]))
    second = np.flatnonzero((np.abs(frame - light) <= 1).all(axis=2).any(axis=1))
    assert first.min() == 8
    assert second.min() > first.max()


def test_pictures_of_a_high_lattice_stand_side_by_side_with_their_own_colours():
    markers = [Marker([0], "wall", colour="red")]
    picture = Picture(HEAT, markers=markers, beside=[Picture(FLAT, palette="magma")])
    rows = {HEAT: [np.zeros(32)], FLAT: [np.full(32, 2.0)]}
    frame = Scene(Square4(16, 2), picture, rows).frame()
    red = (frame == (255, 0, 0)).all(axis=2)[:100]
    light = np.rint(255 * np.array(matplotlib.colormaps["magma"](1.0)[:3]))
    other = (np.abs(frame[:100] - light) <= 1).all(axis=2)
    assert red.any()
    assert other.any()
    assert np.flatnonzero(red.any(axis=0)).max() < np.flatnonzero(other.any(axis=0)).min()
    assert (frame.shape[0] % 2, frame.shape[1] % 2) == (0, 0)


def test_every_picture_of_a_mosaic_shows_all_worlds():
    picture = Picture(HEAT, palette="Greys", beside=[Picture(markers=[Marker(AGENTS, "disc", colour="red")])])
    drawn = Scene(Square4(2, 2), picture, {HEAT: np.zeros((3, 4)), AGENTS: [[0], [1], [-1]]})
    mosaic = drawn.renderer.mosaic(drawn.values, range(3))
    empty = Scene(Square4(2, 2), picture, {HEAT: np.zeros((3, 4)), AGENTS: [[-1]] * 3})
    changed = (mosaic != empty.renderer.mosaic(empty.values, range(3))).any(axis=2)
    columns = np.flatnonzero(changed.any(axis=0))
    assert columns.min() > mosaic.shape[1] / 2  # in the second picture
    assert np.diff(columns).max() > 100  # in two worlds


def test_a_frame_tells_the_figures_of_its_world_and_a_mosaic_those_of_none():
    funds = agents_field("world")
    picture = Picture(figures=[funds])
    drawn = Scene(Square4(2, 2), picture, {funds: [1, 7, 1]})
    frames = [drawn.frame(world) for world in range(3)]
    np.testing.assert_array_equal(frames[0], frames[2])
    assert (frames[0] != frames[1]).any()
    one, other = (drawn.renderer.mosaic(drawn.values, worlds) for worlds in ([0, 1], [1, 0]))
    np.testing.assert_array_equal(one, other)
    bare = Scene(Square4(2, 2), Picture(), {}).renderer.mosaic(drawn.values, [0, 1])
    np.testing.assert_array_equal(one, bare)


def test_a_figure_of_a_field_the_worlds_do_not_have_is_refused():
    with pytest.raises(PictureError, match="which is not a field of these worlds"):
        scene(Line1D(3), picture=Picture(figures=[agents_field("world")])).frame()


def test_a_picture_beside_another_is_checked_too():
    picture = Picture(HEAT, beside=[Picture(cells_field("heet"))])
    with pytest.raises(PictureError, match="not a field of these worlds; did you mean 'heat'"):
        scene(Line1D(3), picture=picture).frame()


def test_a_picture_of_a_field_the_worlds_do_not_have_is_refused():
    stranger = cells_field("heet")
    with pytest.raises(PictureError, match="not a field of these worlds; did you mean 'heat'"):
        scene(Line1D(3), picture=Picture(stranger)).frame()


def test_a_marker_of_a_field_the_worlds_do_not_have_is_refused():
    picture = Picture(HEAT, markers=[Marker(agents_field("world"), "agent")])
    with pytest.raises(PictureError, match="which is not a field of these worlds"):
        scene(Line1D(3), picture=picture).frame()


@pytest.mark.parametrize("cells", [[3], [-2], [0, 99]])
def test_a_marker_beyond_the_lattice_is_refused(cells):
    picture = Picture(HEAT, markers=[Marker(cells, "goal")])
    with pytest.raises(PictureError, match=r"marker 'goal' marks cells .* has cells 0 to 2; -1 is nowhere"):
        scene(Line1D(3), picture=picture).frame()
