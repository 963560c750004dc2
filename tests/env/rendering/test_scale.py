"""Scales: what is read of a world, and which grade a value has."""

import numpy as np
import pytest

from murk_env import Marker, Picture
from murk_env.fields.values import Values
from murk_env.rendering.scale import Scale, marked, number
from tests.env.rendering.scenes import agents_field, cells_field

HEAT = cells_field()
OPEN = cells_field("open", low=None, high=None)
STATE = cells_field("state", categories=3, low=None, high=None)


def test_values_are_graded_in_equal_parts_the_highest_into_the_last():
    row = np.array([0.0, 0.24, 0.25, 0.5, 0.99, 1.0], np.float32)
    assert Scale(Picture(HEAT)).grade(row, (0.0, 1.0), 4).tolist() == [0, 0, 1, 2, 3, 3]


def test_values_beyond_the_limits_are_graded_as_those():
    row = np.array([-5.0, 9.0], np.float32)
    assert Scale(Picture(HEAT)).grade(row, (0.0, 1.0), 4).tolist() == [0, 3]


def test_what_is_not_finite_has_a_grade_of_its_own():
    row = np.array([np.nan, np.inf, 0.5], np.float32)
    assert Scale(Picture(HEAT)).grade(row, (0.0, 1.0), 4).tolist() == [4, 4, 2]


def test_where_all_values_are_equal_all_are_low():
    row = np.full(3, 2.0, np.float32)
    scale = Scale(Picture(OPEN))
    assert scale.limits([row]) == (2.0, 2.0)
    assert scale.grade(row, (2.0, 2.0), 4).tolist() == [0, 0, 0]


def test_categories_are_their_own_grades():
    assert Scale(Picture(STATE)).grade(np.array([2, 0, 1]), (0.0, 2.0), 3).tolist() == [2, 0, 1]


def test_the_limits_of_a_field_without_bounds_are_those_of_all_worlds_shown():
    rows = [np.array([1.0, np.nan]), np.array([-3.0, np.inf])]
    assert Scale(Picture(OPEN)).limits(rows) == (-3.0, 1.0)
    assert Scale(Picture(OPEN, low=0.0)).limits(rows) == (0.0, 1.0)
    assert Scale(Picture(OPEN, low=5.0)).limits(rows) == (5.0, 5.0)


def test_where_nothing_is_finite_the_limits_are_zero():
    assert Scale(Picture(OPEN)).limits([np.array([np.nan])]) == (0.0, 0.0)


def test_a_component_and_a_static_field_are_read():
    flow = cells_field("flow", components=2)
    hills = cells_field("hills", mutability="static")
    values = Values({flow: np.arange(12.0).reshape(2, 2, 3), hills: np.arange(3.0)})
    assert Scale(Picture(flow, component=1)).read(values, 1, 3).tolist() == [9.0, 10.0, 11.0]
    assert Scale(Picture(hills)).read(values, 1, 3).tolist() == [0.0, 1.0, 2.0]
    assert Scale(Picture()).read(values, 1, 3).tolist() == [0.0, 0.0, 0.0]


AGENTS, LEADER = agents_field(), agents_field("world")
WALL, ROCK = cells_field("wall"), cells_field("rock", mutability="static")
ARRAYS = {
    AGENTS: np.array([[0, 1], [3, -1]]),
    LEADER: np.array([2, 4]),
    WALL: np.array([[0, 0, 1, 0], [0.5, 0, 0, 1]]),
    ROCK: np.array([1, 0, 0, 0]),
}


@pytest.mark.parametrize(
    ("where", "cells"),
    [(AGENTS, [3]), (LEADER, []), (WALL, [0, 3]), (ROCK, [0]), ([2, 2], [2, 2]), ([-1, 1], [1])],
    ids=["agents", "world", "cells", "static", "ranks", "nowhere"],
)
def test_a_marker_marks_cells_of_its_world_and_none_outside_the_lattice(where, cells):
    assert marked(Marker(where, "disc"), Values(ARRAYS), 1, 4).tolist() == cells


@pytest.mark.parametrize(("value", "text"), [(10.0, "10"), (0.123449, "0.1234"), (-2e-8, "-2e-08")])
def test_numbers_are_written_with_four_digits(value, text):
    assert number(value) == text
