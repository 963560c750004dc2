"""What a field can be set to: which world gets which value never depends on how many worlds there are."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from murk_env import Field
from murk_env.errors import DefinitionError, FieldError
from murk_env.fields.fitting import Sides, check_settable, fitted

GRID = Sides(cells=(2, 3), num_cells=6, num_agents=4)
HEAT, FLOW, WALKERS, GUST = Field(), Field(components=2), Field(over="agents"), Field(over="world")
FIELDS = [HEAT, FLOW, WALKERS, GUST]
for name, field in zip(["heat", "flow", "walkers", "gust"], FIELDS, strict=True):
    field.name = name


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        (HEAT, ()),
        (HEAT, (5, 6)),
        (HEAT, (1, 6)),
        (HEAT, (5, 1)),
        (HEAT, (5, 2, 3)),
        (HEAT, (1, 2, 3)),
        (FLOW, (5, 2, 6)),
        (FLOW, (1, 2, 1)),
        (FLOW, (5, 1, 2, 3)),
        (WALKERS, (5, 4)),
        (GUST, (5,)),
        (GUST, (1,)),
    ],
)
def test_values_come_with_the_worlds_axis_first(field, shape):
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    target = np.zeros((5, *GRID.of(field)))
    target[...] = fitted(field, values, 5, GRID)
    wanted = np.broadcast_to(
        values,
        (5, *GRID.of(field)) if values.ndim == target.ndim or not shape else (5, *GRID.of(field)[:-1], 2, 3),
    )
    assert target.ravel().tolist() == wanted.ravel().tolist()


@pytest.mark.parametrize(
    ("field", "shape"), [(HEAT, (1, 6)), (HEAT, (5, 1, 6)), (FLOW, (5, 1, 6)), (FLOW, (5, 2, 1, 6))]
)
def test_a_grid_of_one_row_takes_what_others_take(field, shape):
    row = Sides(cells=(1, 6), num_cells=6, num_agents=4)
    values = np.arange(np.prod(shape)).reshape(shape)
    whole = (5, *row.of(field))
    given = np.broadcast_to(fitted(field, values, 5, row), whole)
    wanted = np.broadcast_to(values, whole if values.ndim == len(whole) else (*whole[:-1], 1, 6))
    assert given.ravel().tolist() == wanted.ravel().tolist()


@given(
    field=st.sampled_from(FIELDS),
    num_worlds=st.sampled_from([1, 2, 3, 4, 5, 6, 7]),
    shape=st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4),
)
def test_what_fits_fits_any_number_of_worlds_or_names_it(field, num_worlds, shape):
    values = np.zeros(shape)
    try:
        fitted(field, values, num_worlds, GRID)
    except DefinitionError:
        return
    assert shape[0] in (1, num_worlds)
    assert len(shape) in (1 + len(GRID.of(field)), 2 + len(GRID.of(field)))
    fitted(field, np.zeros([1, *shape[1:]]), 11, GRID)


@pytest.mark.parametrize(
    ("field", "num_worlds", "shape", "hint"),
    [
        (HEAT, 6, (6,), r"values\[np.newaxis\] sets the same in each of them"),
        (HEAT, 5, (5,), r"values\[:, np.newaxis\] gives one number to each of them"),
        (FLOW, 5, (5,), r"values\[:, np.newaxis, np.newaxis\]"),
        (HEAT, 5, (2, 3), r"array \(5, 6\) or \(1, 6\) with the worlds first, not to one of shape \(2, 3\)"),
        (HEAT, 1, (6,), r"array \(1, 6\) with the worlds first"),
        (FLOW, 2, (2, 6), r"values\[np.newaxis\]"),
        (GUST, 5, (4,), r"array \(5,\) or \(1,\)"),
        (GUST, 5, (5, 1), r"not to one of shape \(5, 1\)"),
        (HEAT, 4, (3, 6), r"not to one of shape \(3, 6\)"),
    ],
)
def test_values_that_could_be_taken_two_ways_are_refused(field, num_worlds, shape, hint):
    with pytest.raises(DefinitionError, match=rf"field '{field.name}' is set to a number, or to an .*{hint}"):
        fitted(field, np.zeros(shape), num_worlds, GRID)


def test_masked_arrays_are_never_unmasked():
    masked = np.ma.masked_equal(np.arange(6.0).reshape(1, 6), 3.0)
    with pytest.raises(DefinitionError, match=r"masked elements; fill them first, values\.filled"):
        fitted(HEAT, masked, 5, GRID)
    assert fitted(HEAT, masked.filled(0.5), 5, GRID)[0, 3] == 0.5
    assert fitted(HEAT, np.ma.masked_equal(np.zeros((1, 6)), 3.0), 5, GRID).shape == (1, 6)


@pytest.mark.parametrize(
    ("settings", "good", "bad", "message"),
    [
        ({}, 1e30, np.inf, "takes finite numbers, not inf"),
        ({"low": 0.0, "high": 0.1}, np.float32(0.1), 0.2, r"takes values in \[0.0, 0.1.*\], not 0.2"),
        ({"low": 0.0, "high": 4.0, "at_bounds": "wrap"}, 3.5, 4.0, r"takes values in \[0.0, 4.0\), not 4.0"),
        ({"categories": 3}, 2, 3, r"takes categories in \[0, 2\], not 3"),
        ({"indexes": "cells"}, 5, 6, r"takes cells in \[0, 5\], not 6"),
        ({"indexes": "cells", "low": -1}, -1, -2, r"takes cells in \[-1, 5\], not -2"),
        ({"indexes": "agents"}, 3, 4, r"takes agents in \[0, 3\], not 4"),
        ({"dtype": "int32", "low": -3}, 2**31 - 1, -4, r"takes values in \[-3, inf\], not -4"),
    ],
)
def test_what_a_field_must_not_hold_is_refused(settings, good, bad, message):
    field = Field(**settings)
    field.name = "x"
    check_settable(field, np.array([[good]], field.dtype), GRID)
    with pytest.raises(DefinitionError, match=f"field 'x' {message}"):
        check_settable(field, np.array([[good], [bad]], field.dtype), GRID)


def test_an_index_field_has_no_other_bounds():
    wrongs: list[dict[str, Any]] = [{"low": 1}, {"high": 5}, {"at_bounds": "wrap"}, {"categories": 2}]
    assert Field(indexes="cells").dtype == np.int32
    assert not Field(indexes="cells").limited
    for wrong in wrongs:
        with pytest.raises(FieldError, match=r"a field that indexes cells goes from low=0|categorical"):
            Field(indexes="cells", **wrong)
    with pytest.raises(FieldError, match="a field's indexes cannot be 'cell'; did you mean 'cells'"):
        Field(indexes="cell")  # type: ignore[arg-type]
