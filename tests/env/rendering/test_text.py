"""Text: a character for every cell, where the cells lie."""

import numpy as np
import pytest

from murk_env import Fcc12, Hex2D, Line1D, Marker, Picture, Product, Square4
from tests.env.rendering.scenes import Scene, agents_field, cells_field

HEAT = cells_field(unit="K")
AGENTS = agents_field()


def text(lattice, row, markers=(), agents=()):
    picture = Picture(HEAT, markers=markers)
    return Scene(lattice, picture, {HEAT: [row], AGENTS: [agents]}).text()


def test_values_are_shaded_from_low_to_high():
    assert text(Line1D(10), (np.arange(10) + 0.5) / 10).splitlines()[0] == " .:-=+*#%@"


def test_squares_lie_row_by_row_and_the_legend_below():
    lines = text(Square4(2, 3), [0.95] * 4 + [0.55, 0.15]).splitlines()
    assert lines == ["@@@", "@+.", "", "heat [K]: 0 [ .:-=+*#%@] 1"]


def test_rows_of_hexagons_are_shifted_by_half_a_cell():
    assert text(Hex2D(3, 3), [1.0] * 9).splitlines()[:3] == ["@ @ @  ", " @ @ @ ", "  @ @ @"]


def test_layers_of_spheres_stand_side_by_side():
    assert text(Fcc12(3, 2, 2), [1.0] * 6).splitlines()[:2] == ["@ @    @ ", " @    @ @"]


def test_layers_beyond_the_width_of_a_page_go_below():
    lines = text(Product(Square4(1, 48), Line1D(3)), [1.0] * 144).splitlines()
    assert [line.rstrip() for line in lines[:3]] == ["@" * 48 + "   " + "@" * 48, "", "@" * 48]


def test_markers_are_letters_that_the_legend_explains():
    markers = [Marker([2], "predator"), Marker(AGENTS, "prey"), Marker([0], "wall", label="*")]
    lines = text(Line1D(4), [0.0] * 4, markers, [1, -1]).splitlines()
    assert lines[0] == "ARP "
    assert lines[-1].endswith("; P predator, R prey, A *")


def test_markers_of_one_name_have_one_letter():
    markers = [Marker([0], "disc", label="crew"), Marker([1], "cross", label="crew")]
    assert text(Line1D(3), [0.0] * 3, markers).splitlines()[0] == "CC "


def test_what_is_not_finite_is_a_question_mark():
    assert text(Line1D(3), [1.0, np.nan, 1.0]).splitlines()[0] == "@?@"


def test_categories_have_a_sign_each_with_their_names():
    state = cells_field("state", categories=3, low=None, high=None)
    picture = Picture(state, palette={"dry": "tan", "wet": "blue", "ice": "white"})
    lines = Scene(Line1D(3), picture, {state: [[0, 1, 2]]}).text().splitlines()
    assert lines == [".+@", "", "state: [.] dry, [+] wet, [@] ice"]


def test_plain_cells_are_dots_and_the_legend_explains_the_markers_alone():
    picture = Picture(markers=[Marker([1], "prey")])
    assert Scene(Line1D(3), picture, {}).text().splitlines() == [".P.", "", "P prey"]
    titled = Picture(title="the sea")
    assert Scene(Line1D(3), titled, {}).text().splitlines() == ["...", "", "the sea"]


def test_figures_are_told_after_the_markers():
    wind = cells_field("wind", over="world", components=2, unit="m/s", low=None, high=None)
    picture = Picture(title="the sea", markers=[Marker([0], "prey")], figures=[wind])
    lines = Scene(Line1D(2), picture, {wind: [[0.0, 0.0], [1.5, -2.0]]}).text(world=1).splitlines()
    assert lines == ["P.", "", "the sea; P prey; wind [m/s] 1.5, -2"]


def test_pictures_beside_another_are_written_below_it():
    picture = Picture(HEAT, beside=[Picture(markers=[Marker([1], "prey")])])
    lines = Scene(Line1D(2), picture, {HEAT: [[0.0, 1.0]]}).text().splitlines()
    assert lines == [" @", "", "heat [K]: 0 [ .:-=+*#%@] 1", "", ".P", "", "P prey"]


@pytest.mark.parametrize("categories", [11, 30])
def test_more_categories_than_signs_share_them(categories):
    state = cells_field("state", categories=categories, low=None, high=None)
    drawn = Scene(Line1D(categories), Picture(state), {state: [np.arange(categories)]})
    first = drawn.text().splitlines()[0]
    assert (first[0], first[-1]) == (".", "@")
    assert list(first) == sorted(first, key=" .:-=+*#%@".index)
