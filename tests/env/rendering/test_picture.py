"""Pictures and markers: what they refuse, and what they are called."""

import numpy as np
import pytest

from murk_env import Field, Marker, Picture
from murk_env.errors import PictureError
from murk_env.rendering.marker import KINDS
from murk_env.rendering.picture import default_picture
from tests.env.rendering.scenes import agents_field, cells_field

HEAT = cells_field(unit="K", high=10.0)
STATE = cells_field("state", categories=3, low=None, high=None)
FLOW = cells_field("flow", components=2)


def test_a_marker_has_the_look_of_its_kind():
    marker = Marker([1], "wall")
    assert (marker.look.shape, marker.look.colour, marker.name) == ("fill", "#4a4a4a", "wall")


def test_a_marker_may_have_its_own_colour_and_label():
    marker = Marker(np.array([1, -1]), "disc", colour="red", label="crew")
    assert (marker.look.shape, marker.look.colour, marker.name) == ("disc", "red", "crew")
    assert marker.where == (1, -1)


def test_the_table_of_kinds_in_the_docstring_names_all():
    assert Marker.__doc__ is not None
    assert all(f"`{kind}`" in Marker.__doc__ for kind in KINDS)


@pytest.mark.parametrize(
    ("where", "kind", "words"),
    [
        ([1], "agnet", "kind cannot be 'agnet'; did you mean 'agent'"),
        (3, "agent", r"where must be a Field or a list of cells, such as \[12, 13\], not 3"),
        ([0.5], "agent", "where must be a Field or a list of cells"),
        (agents_field(dtype=np.float32), "agent", "over the agents holds cells, so it is an int32 field"),
        (agents_field("world", dtype=np.float32), "agent", "over the world holds cells"),
        (FLOW, "wall", "over cells has one value per cell, unlike Field"),
    ],
)
def test_a_marker_that_says_no_cells_is_refused(where, kind, words):
    with pytest.raises(PictureError, match=words):
        Marker(where, kind)


@pytest.mark.parametrize(
    ("field", "keywords", "words"),
    [
        (agents_field(), {}, r"must be a Field over cells, not Field\(agents"),
        ("heat", {}, "must be a Field over cells, not 'heat'"),
        (HEAT, {"component": 0}, "has no components; leave out component=0"),
        (FLOW, {}, "shows component 0 to 1, not None"),
        (FLOW, {"component": 2}, "shows component 0 to 1, not 2"),
        (HEAT, {"low": 3.0, "high": 1.0}, "go from low to high, not from 3.0 to 1.0"),
        (HEAT, {"high": np.inf}, "low and high must be finite, not low=0.0, high=inf"),
        (HEAT, {"palette": ["red", "blue"]}, "is not categorical: its palette must be the name"),
        (STATE, {"palette": ["red", "blue"]}, "has 3 categories, and its palette 2 colours; give each"),
        (HEAT, {"markers": 3}, "markers are a list of Markers, not 3"),
        (HEAT, {"markers": ["agent"]}, "markers are Markers, not 'agent'"),
        (HEAT, {"beside": Picture(FLOW, component=0)}, r"beside are a list of Pictures, not Picture\(field"),
        (HEAT, {"beside": [FLOW]}, r"beside are Pictures, not Field\(flow"),
        (HEAT, {"figures": [HEAT]}, r"figures must be Fields over the world, not Field\(heat"),
        (HEAT, {"figures": HEAT}, r"figures are a list of Fields, not Field\(heat"),
        (None, {"component": 0}, "without a field shows plain cells; leave out component, low, high and pal"),
        (None, {"low": 0.0}, "without a field shows plain cells"),
        (None, {"high": 1.0}, "or give it a Field over cells"),
        (None, {"palette": "Greys"}, "without a field shows plain cells"),
    ],
)
def test_a_picture_that_does_not_fit_its_field_is_refused(field, keywords, words):
    with pytest.raises(PictureError, match=words):
        Picture(field, **keywords)


def test_the_limits_are_those_of_the_field_unless_the_picture_has_its_own():
    half_open = cells_field(low=-1.0, high=None)
    assert Picture(HEAT).limits == (0.0, 10.0)
    assert Picture(HEAT, low=2.0, high=3.0).limits == (2.0, 3.0)
    assert Picture(half_open).limits == (-1.0, None)


@pytest.mark.parametrize(
    ("picture", "name"),
    [
        (Picture(HEAT), "heat [K]"),
        (Picture(FLOW, component=1), "flow 1"),
        (Picture(HEAT, title="warmth"), "warmth"),
    ],
)
def test_a_picture_is_called_after_its_field_or_by_its_title(picture, name):
    assert picture.name == name


def test_categories_have_the_names_of_the_palette_or_numbers():
    named = {"unburnt": "green", "burning": "orange", "burnt": "black"}
    assert Picture(STATE, palette=named).categories == ["unburnt", "burning", "burnt"]
    assert Picture(STATE).categories == ["0", "1", "2"]


def test_a_picture_has_those_beside_it_and_beside_them():
    innermost = Picture(STATE)
    inner = Picture(FLOW, component=0, beside=[innermost])
    last = Picture()
    outer = Picture(HEAT, beside=[inner, last])
    assert outer.all == [outer, inner, innermost, last]


def fields(*of_cells):
    return {field.name: field for field in (agents_field(), *of_cells)}


def test_by_default_the_first_float_field_over_cells_that_changes_is_drawn():
    settled, count = cells_field("settled", mutability="static"), cells_field("count", dtype=np.int32)
    picture = default_picture(fields(settled, count, FLOW, HEAT, cells_field("late")))
    assert picture == Picture(HEAT)


@pytest.mark.parametrize(("field", "component"), [(STATE, None), (FLOW, 0)])
def test_by_default_the_nearest_to_such_a_field_is_drawn(field, component):
    assert default_picture(fields(field)) == Picture(field, component=component)


def test_without_a_field_over_cells_nothing_is_drawn_by_default():
    assert default_picture({"agents": agents_field(), "clock": Field(over="world")}) is None
