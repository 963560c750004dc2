"""Legends: name, range and markers, in lines that fit."""

import numpy as np
import pytest

from murk_env import Marker, Picture
from murk_env.rendering.colours import palette
from murk_env.rendering.legend import Legend, text_width, write
from tests.env.rendering.scenes import cells_field

HEAT = cells_field(unit="K", high=10.0)
OPEN = cells_field("open", low=None, high=None)
STATE = cells_field("state", categories=2, low=None, high=None)


def strip(picture, limits=(0.0, 10.0), width=480):
    legend = Legend(picture, palette(picture), width=width)
    canvas = np.full((legend.height, legend.width, 3), 255, np.uint8)
    legend.put(canvas, 0, limits)
    return canvas


def written(text):
    """A text on white paper, as large as it is."""
    canvas = np.full((22, text_width(text), 3), 255, np.uint8)
    write(canvas, 0, 0, text)
    return canvas


def found(text, canvas):
    """Whether a text stands somewhere in the first line."""
    word = written(text)
    places = range(canvas.shape[1] - word.shape[1] + 1)
    return any(np.array_equal(canvas[:22, x : x + word.shape[1]], word) for x in places)


def test_a_text_is_written_and_no_two_look_alike():
    assert (written("heat") < 128).any()
    assert not found("heat", written("hear"))


def test_the_strip_names_the_field_its_unit_and_its_range():
    canvas = strip(Picture(HEAT))
    assert all(found(text, canvas) for text in ("heat [K]", "0", "10"))


def test_the_bar_shows_every_colour_from_low_to_high():
    canvas = strip(Picture(HEAT))
    colours = palette(Picture(HEAT))[:-1]
    middle = [tuple(pixel) for pixel in canvas[11].tolist()]
    start = middle.index(tuple(colours[0].tolist()))
    assert middle[start : start + 96] == [tuple(each) for each in colours[np.arange(96) * 256 // 96].tolist()]


def test_the_numbers_change_with_the_range_and_the_size_does_not():
    picture = Picture(OPEN)
    legend = Legend(picture, palette(picture), width=480)
    first, second = (np.full((legend.height, legend.width, 3), 255, np.uint8) for _ in range(2))
    legend.put(first, 0, (-1.5, 2.5))
    legend.put(second, 0, (-1.25e-10, 7.0))
    assert found("-1.5", first)
    assert found("-1.25e-10", second)
    assert not found("-1.5", second)


def test_categories_have_a_square_each_with_its_name():
    canvas = strip(Picture(STATE, palette={"forest": "#00ff00", "ash": "#000001"}))
    assert found("forest", canvas)
    assert found("ash", canvas)
    assert (canvas == (0, 255, 0)).all(axis=2).sum() == 100
    assert (canvas == (0, 0, 1)).all(axis=2).sum() == 100


def test_figures_are_told_and_change():
    funds = cells_field("funds", over="world", low=None, high=None)
    picture = Picture(figures=[funds])
    legend = Legend(picture, palette(picture), width=480)
    first, second = (np.full((legend.height, legend.width, 3), 255, np.uint8) for _ in range(2))
    legend.put(first, 0, (0.0, 0.0), ["-600"])
    legend.put(second, 0, (0.0, 0.0), ["55.5"])
    assert found("funds", first)
    assert found("-600", first)
    assert found("55.5", second)
    assert not found("-600", second)
    assert not found("funds", strip_without_figures(picture))


def strip_without_figures(picture):
    legend = Legend(picture, palette(picture), width=480, with_figures=False)
    canvas = np.full((legend.height, legend.width, 3), 255, np.uint8)
    legend.put(canvas, 0, (0.0, 0.0), [])
    return canvas


def test_plain_cells_need_no_name_and_no_range():
    canvas = strip(Picture(markers=[Marker([0], "prey")]), (0.0, 0.0))
    assert found("prey", canvas)
    assert not found("0", canvas)
    assert found("sea", strip(Picture(title="sea"), (0.0, 0.0)))
    assert (strip(Picture(), (0.0, 0.0)) == 255).all()


def test_markers_are_explained_once_for_each_name():
    markers = [Marker([0], "agent", label="crew"), Marker([1], "agent", label="crew"), Marker([2], "wall")]
    canvas = strip(Picture(HEAT, markers=markers))
    assert found("crew", canvas)
    assert found("wall", canvas)
    np.testing.assert_array_equal(canvas, strip(Picture(HEAT, markers=markers[1:])))


def test_lines_are_broken_where_there_is_no_room():
    markers = [Marker([0], kind) for kind in ("agent", "goal", "wall", "prey", "predator")]
    wide, narrow = (strip(Picture(HEAT, markers=markers), width=width) for width in (900, 240))
    assert (len(wide), len(narrow)) == (22, 66)
    assert wide.shape[1] == 900


@pytest.mark.parametrize("width", [10, 100])
def test_a_strip_is_never_narrower_than_its_widest_part(width):
    title = "a field with a rather long name, and a unit that has to be explained at length"
    assert strip(Picture(HEAT, title=title), width=width).shape[1] == text_width(title)
