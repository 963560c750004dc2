"""Calls of kernels with flat parts of arrays: compiled, they are given what the same source is as Python."""

from typing import Any

import numpy as np
import pytest

from murk_env.kernels import CompilationError, compile_source, kernel
from murk_env.kernels.flat_calls import call_line, flat_of, names_for_calls, part_of, row_of

DTYPES = ["float32", "float64", "int32"]
NUMBERS = np.array([-1, 12, 3, 5, 2], np.int64)  # from 1 on: a row's length, begin, size, stride


@kernel
def copy(values, out):
    out[0] = values.size
    for i in range(values.size):
        out[1 + i] = values[i]


@kernel
def put(number, out):
    out[0] = number


@kernel
def spoil(values, out):
    values[0] = 7


def run(called, arguments, array, row=0, numbers=NUMBERS):
    """What a kernel writes when it is called from a compiled function with arguments given as source."""
    line = call_line("called", arguments, ["row", "agent"])
    lines = ["def f(array, numbers, start, out):", "    row = agent = start", f"    {line}", ""]
    out = np.full(40, -1.0)
    f = compile_source("\n".join(lines), "f", {"called": called, **names_for_calls()}, entry=True)
    f(array, numbers, row, out)
    return out


def filled(*shape, dtype="float64"):
    return np.arange(10, 10 + np.prod(shape)).reshape(shape).astype(dtype)


def check(arguments, expected, array, row):
    out = run(copy, arguments, array, row)
    assert out[0] == expected.size
    np.testing.assert_array_equal(out[1 : 1 + expected.size], expected)
    assert (out[1 + expected.size :] == -1.0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(4,), (3, 12), (3, 2, 2, 3)], ids=str)
def test_a_row_is_all_that_an_array_holds_at_an_index(shape, dtype):
    array = filled(*shape, dtype=dtype)
    for row in (0, 2):
        np.testing.assert_array_equal(row_of(array, row), np.ravel(array[row]))
        check("row_of(array, row), out", np.ravel(array[row]), array, row)


@pytest.mark.parametrize("shape", [(4,), (3, 2, 2, 3)], ids=str)
def test_an_array_is_one_axis_of_all_its_elements(shape):
    array = filled(*shape)
    np.testing.assert_array_equal(flat_of(array), np.ravel(array))
    check("flat_of(array), out", np.ravel(array), array, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_part_begins_later_for_every_agent(dtype):
    array = filled(3, 2, 2, 3, dtype=dtype)
    rows = array.reshape(3, 12)
    np.testing.assert_array_equal(part_of(array, 1, NUMBERS, 1), rows[1, 3:8])
    np.testing.assert_array_equal(part_of(array, 2, NUMBERS, 1, 2), rows[2, 7:12])
    check("part_of(array, row, numbers, 1), out", rows[1, 3:8], array, 1)
    check("part_of(array, row, numbers, 1, agent), out", rows[2, 7:12], array, 2)


def test_what_a_kernel_writes_into_a_part_is_the_arrays():
    array = filled(3, 12)
    expected = array.copy()
    expected[2, 3] = 7
    run(spoil, "part_of(array, row, numbers, 1), out", array, 2)
    np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("part", ["row_of(array, row)", "flat_of(array)", "part_of(array, row, numbers, 1)"])
def test_what_is_read_only_stays_so(part):
    array = filled(3, 12)
    array.flags.writeable = False
    assert run(copy, f"{part}, out", array)[1] in (10, 13)
    with pytest.raises(CompilationError, match=r"(?i)readonly|read-only|Cannot modify"):
        run(spoil, f"{part}, out", array)
    assert array[0, 0] == 10


def test_numbers_are_elements_of_arrays_and_of_rows_and_constants():
    array = filled(3, 4, dtype="int32")
    assert run(put, "numbers[3], out", array)[0] == 5
    assert run(put, "row_of(array, row)[agent], out", array, 2)[0] == array[2, 2]
    assert run(put, "row_of(array, 1)[numbers[2]], out", array)[0] == array[1, 3]
    assert run(put, "7, out", array)[0] == 7


def test_the_index_of_a_row_may_be_another_arrays_int32():
    levels: Any = np.array([2, 0, 1], np.int32)
    array = filled(3, 4)
    out = run(copy, "row_of(array, row_of(numbers, row)[0]), out", array, 0, levels)
    np.testing.assert_array_equal(out[1:5], array[2])


def test_rows_of_float32_are_handed_over_as_float32():
    array = np.full((2, 3), 0.1, np.float32)
    assert run(put, "row_of(array, row)[2], out", array, 1)[0] == np.float64(np.float32(0.1))
