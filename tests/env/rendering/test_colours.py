"""Colours: those of matplotlib, and what it does not know."""

import matplotlib
import numpy as np
import pytest

from murk_env import Picture
from murk_env.errors import PictureError
from murk_env.rendering.colours import NOT_FINITE, colour, palette
from tests.env.rendering.scenes import cells_field

HEAT = cells_field()
STATE = cells_field("state", categories=3, low=None, high=None)


@pytest.mark.parametrize("name", ["viridis", "magma", "tab10", "RdBu_r"])
def test_a_colour_map_is_taken_grade_by_grade(name):
    known = matplotlib.colormaps[name]
    expected = np.rint(255 * known(np.arange(known.N))[:, :3])
    np.testing.assert_allclose(palette(Picture(HEAT, palette=name))[:-1], expected, atol=1)


def test_the_last_colour_is_that_of_what_is_not_finite():
    assert tuple(palette(Picture(HEAT))[-1].tolist()) == NOT_FINITE


@pytest.mark.parametrize("given", [["red", "#00ff00", "b"], {"x": "red", "y": "#00ff00", "z": "b"}])
def test_categories_have_the_colours_they_are_given(given):
    assert palette(Picture(STATE, palette=given))[:-1].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def test_categories_without_colours_are_spread_over_the_colour_map():
    expected = np.rint(255 * matplotlib.colormaps["viridis"]([0.0, 0.5, 1.0])[:, :3])
    np.testing.assert_allclose(palette(Picture(STATE))[:-1], expected, atol=1)


def test_plain_cells_are_neither_white_nor_dark():
    (ground,) = palette(Picture())[:-1].tolist()
    assert len(set(ground)) == 1
    assert 200 <= ground[0] <= 235


def test_an_unknown_colour_map_is_named_with_the_nearest_one():
    with pytest.raises(PictureError, match="no colour map 'virids'; did you mean 'viridis'"):
        palette(Picture(HEAT, palette="virids"))


def test_an_unknown_colour_is_refused():
    with pytest.raises(PictureError, match="'reddish-brownish' is not a colour"):
        colour("reddish-brownish")
