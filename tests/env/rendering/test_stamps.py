"""Stamps: shapes of the right size, with an outline, at the right place."""

import numpy as np
import pytest

from murk_env.rendering.colours import INK
from murk_env.rendering.marker import Kind
from murk_env.rendering.stamps import Stamp

GREEN = (0, 255, 0)
SHAPES = ["disc", "ring", "square", "cross"]


def drawn(shape, spacing, at=(40.0, 40.0), shift=(0.0, 0.0), size=(80, 80)):
    """A shape on white paper."""
    paper = np.full((*size, 3), 255, np.uint8)
    Stamp(Kind(shape, "#00ff00"), spacing, shift).put(paper, *at)
    return paper


def covered(paper):
    """Which pixels are no longer white."""
    return (paper != 255).any(axis=2)


def test_a_disc_takes_two_thirds_of_a_cell():
    amount = (255.0 - drawn("disc", 30.0)[..., 0]).sum() / 255.0  # neither ink nor green has much red
    radius = 0.66 * 30.0 / 2
    ink = 1.0 - INK[0] / 255.0
    inner = radius * (1.0 - 0.16)
    expected = np.pi * (inner**2 + ink * (radius**2 - inner**2))
    assert amount == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_coloured_within_a_dark_outline(shape):
    paper = drawn(shape, 40.0)
    colours = {tuple(pixel) for pixel in paper.reshape(-1, 3).tolist()}
    assert {GREEN, INK, (255, 255, 255)} <= colours
    green = (paper == GREEN).all(axis=2)
    for shifted in (np.roll(green, 1, 0), np.roll(green, -1, 0), np.roll(green, 1, 1), np.roll(green, -1, 1)):
        assert not ((paper == 255).all(axis=2) & shifted).any()  # white never touches the colour


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_a_shape_is_the_same_from_all_four_sides(shape, shift):
    found = np.argwhere(covered(drawn(shape, 30.0, at=(40.0 + shift, 40.0 + shift), shift=(shift, shift))))
    np.testing.assert_allclose(found.mean(axis=0) + 0.5, 40.0 + shift)
    mirrored = {(round(80 + 2 * shift) - 1 - y, x) for y, x in found.tolist()}
    assert mirrored == {tuple(pixel) for pixel in found.tolist()}


def test_a_ring_leaves_room_for_a_disc():
    assert (drawn("ring", 40.0)[40, 40] == 255).all()
    only_ring = covered(drawn("ring", 40.0)) & ~covered(drawn("disc", 40.0))
    assert only_ring.sum() > 300


@pytest.mark.parametrize("spacing", [1.0, 4.0, 8.0])
def test_a_shape_on_tiny_cells_is_still_nine_pixels_across(spacing):
    found = np.argwhere(covered(drawn("disc", spacing, at=(40.5, 40.5), shift=(0.5, 0.5))))
    assert np.ptp(found, axis=0).tolist() == [8, 8]


@pytest.mark.parametrize("at", [(0.0, 40.0), (80.0, 0.0), (40.0, 79.0), (200.0, 40.0), (-200.0, -200.0)])
def test_what_lies_outside_the_canvas_is_cut_off(at):
    whole = drawn("disc", 30.0, at=(at[0] + 300, at[1] + 300), size=(680, 680))
    np.testing.assert_array_equal(drawn("disc", 30.0, at=at), whole[300:380, 300:380])
