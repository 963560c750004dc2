"""The arrays that plans read and fill: wrong ones are refused before anything is written."""

import numpy as np
import pytest

from murk_env import Field
from murk_env.errors import DefinitionError
from murk_env.fields.values import Values
from murk_env.observation import Observe
from tests.env.observation.scenes import GRID, Fields, entries, plan_of, values

HEAT, CELL = Fields.heat, Fields.cell


def read_only(out):
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda out: out[:, :-1].copy(), r"float32 \(3, 93\)"),
        (lambda out: out[:-1], r"float32 \(2, 94\)"),
        (lambda out: out.astype(np.float64), "float64"),
        (lambda out: out.ravel(), r"float32 \(282,\)"),
        (lambda out: np.asfortranarray(out), r"of strides \(4, 12\)"),
        (read_only, "read-only float32"),
        (lambda out: out.tolist(), "a list"),
        (lambda out: {"near": out}, "a dict"),
    ],
    ids=["narrow", "short", "double", "ravelled", "transposed", "read-only", "list", "dict"],
)
def test_a_wrong_buffer_is_refused_before_anything_is_written(spoil, what):
    plan = plan_of(GRID, *entries())
    out = plan.allocate(3)
    out.fill(-5.0)
    wrong = spoil(out)
    with pytest.raises(DefinitionError, match=rf"contiguous float32 of the shape \(3, 94\), not .*{what}"):
        plan.fill(values(), wrong)
    assert (out == -5.0).all()


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (
            lambda out: {key: array for key, array in out.items() if key != "cell"},
            r"not \['near', 'near_mask'\]",
        ),
        (lambda out: {**out, "more": out["cell"]}, r"not \['cell', 'near', 'near_mask', 'more'\]"),
        (lambda out: out["near"], "not a ndarray"),
    ],
    ids=["missing", "more", "array"],
)
def test_a_dict_of_other_keys_is_refused(spoil, what):
    plan = plan_of(GRID, *entries()[:2], layout="dict")
    out = plan.allocate(3)
    with pytest.raises(DefinitionError, match=rf"dict of \['cell', 'near', 'near_mask'\], {what}"):
        plan.fill(values(), spoil(out))


def test_one_wrong_array_of_a_dict_is_refused_before_the_others_are_written():
    plan = plan_of(GRID, *entries()[:2], layout="dict")
    out = plan.allocate(3)
    for array in out.values():
        array.fill(-5.0)
    with pytest.raises(DefinitionError, match=r"of the shape \(3, 1, 4, 5\), not float32 \(2, 1, 4, 5\)"):
        plan.fill(values(), {**out, "cell": out["cell"][:2]})
    assert (out["near"] == -5.0).all()


WRONG = {
    "lattice": (
        {HEAT: np.zeros((3, 9), np.float32)},
        r"Field\(heat.* \(num_worlds, 20\), not as float32 \(3, 9\)",
    ),
    "worlds axis": ({HEAT: np.zeros(20, np.float32)}, r"\(num_worlds, 20\), not as float32 \(20,\)"),
    "number": ({CELL: np.array(3, np.int32)}, r"Field\(cell.* \(num_worlds\), not as int32 \(\)"),
    "dtype": (
        {CELL: np.zeros(3, np.int64)},
        r"contiguous int32 of the shape \(num_worlds\), not as int64 \(3,\)",
    ),
    "strides": ({HEAT: np.zeros((20, 3), np.float32).T}, r"contiguous float32 .* of strides \(4, 12\)"),
    "list": ({HEAT: [[0.0] * 20] * 3}, "not as a list"),
    "number of worlds": (
        {HEAT: np.zeros((2, 20), np.float32)},
        "different numbers of worlds: 'cell' 3, 'heat' 2",
    ),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG.keys())
def test_values_of_other_worlds_are_refused_before_anything_is_written(wrong, message):
    plan = plan_of(GRID, *entries()[:2])
    out = plan.allocate(3)
    plan.fill(values(), out)  # what was right before does not count
    out.fill(-5.0)
    spoilt = Values({**values(), **wrong})
    for use in (
        lambda: plan.fill(spoilt, out),
        lambda: plan.bound(spoilt, out),
        lambda: plan.fill_rows(spoilt, [0]),
    ):
        with pytest.raises(DefinitionError, match=message):
            use()
    assert (out == -5.0).all()


@pytest.mark.parametrize("shape", [(9,), (1, 20), ()], ids=repr)
def test_a_static_field_of_another_shape_is_refused(shape):
    wall = Field(mutability="static")
    plan = plan_of(GRID, Observe(wall), known=[wall])
    with pytest.raises(DefinitionError, match=r"of the shape \(20\), not as float32"):
        plan.fill(Values({wall: np.zeros(shape, np.float32)}), plan.allocate(1))


@pytest.mark.parametrize("worlds", [[3], [-1], [[0]], [0.5], [True], 1, "0"], ids=repr)
def test_worlds_that_are_not_there_are_refused(worlds):
    plan = plan_of(GRID, *entries())
    with pytest.raises(DefinitionError, match="a row of indices, each from 0 to 2, not "):
        plan.fill_rows(values(), worlds)


def test_no_worlds_have_no_rows():
    plan = plan_of(GRID, *entries()[:3], layout="dict")
    assert plan.fill_rows(values(), [])["near"].shape == (0, 1, 3, 3)
    plan.fill(values(0), plan.allocate(0))


@pytest.mark.parametrize("num_worlds", [1, 4])
def test_where_all_is_static_the_buffer_says_how_many_worlds_there_are(num_worlds):
    wall, home = Field(mutability="static"), Field(over="world", mutability="static")
    plan = plan_of(GRID, Observe(wall), Observe(home), known=[wall, home])
    given = Values({wall: np.arange(20, dtype=np.float32), home: np.array(7, np.float32)})
    out = plan.allocate(num_worlds)
    plan.fill(given, out)
    assert out.tolist() == [[*range(20), 7]] * num_worlds
    assert plan.fill_rows(given, [5, 6]).tolist() == [[*range(20), 7]] * 2
    with pytest.raises(DefinitionError, match="not a list"):
        plan.fill(given, [[0.0], []])
    with pytest.raises(DefinitionError, match=r"each from 0 to \.\.\., not \[-1\]"):
        plan.fill_rows(given, [-1])
