"""Functions that only borrow arrays count no references; others do, so that memory is freed, once."""

import importlib
from typing import Any

import numpy as np
import pytest

from murk_env.kernels import kernel
from murk_env.kernels.numba_internals import array_of, numba_types

runtime: Any = importlib.import_module("numba.core.runtime")
List: Any = importlib.import_module("numba.typed").List
ROW = array_of(numba_types.float64, 1, "C")


@kernel
def first_row(values):
    """Return a view, to which the caller gets a reference of its own."""
    return values[0]


@kernel
def ends_of(values):
    """Return two views."""
    return values[0], values[-1]


@kernel
def sum_of_rows(values):
    total = 0.0
    for row in values:
        for value in row:
            total += value
    return total


@kernel
def squares(size):
    """Return an array of the function's own."""
    found = np.empty((size, size))
    for row in range(size):
        found[row] = row * row
    return found


@kernel
def fancy(values, chosen):
    total = 0.0
    for value in values[chosen]:
        total += value
    return total


@kernel
def doubled(values):
    twice = values + values
    return twice[0, 0] + sum_of_rows(twice)


@kernel
def through_views(values):
    first, last = ends_of(values)
    return first[0] + last[0] + first_row(values)[1]


@kernel
def look_up(table, key):
    return table[key][0]


@kernel
def first_of_all(arrays):
    total = 0.0
    for array in arrays:
        total += array[0]
    return total + arrays[0][1]


@kernel
def ends_alike(text):
    return text[0] == text[-1]


@kernel
def what_others_own(size):
    """Dicts, lists and texts give whoever reads them a reference of their own."""
    table, arrays = {0: np.full(size, 2.0)}, List.empty_list(ROW)
    arrays.append(np.full(size, 3.0))
    arrays.append(table[0])
    return look_up(table, 0) + first_of_all(arrays) + ends_alike(str(size + 100))


@kernel
def all_of_them(size):
    made = squares(size)
    kept = first_row(made)
    made = squares(size)  # the first array lives on in the view
    other = squares(size)
    for value in range(size):
        other[value] = 7.0
    chosen = np.array([0, size - 1])
    return (
        kept[size - 1] + sum_of_rows(made) + fancy(made[:, 0], chosen) + doubled(other) + through_views(made)
    )


def counts(function):
    """Whether a compiled function calls numba's counting of references."""
    function.compile((array_of(numba_types.float64, 2, "C"),))
    made = function.overloads[(array_of(numba_types.float64, 2, "C"),)]
    body = made.library.get_llvm_str().partition(f"@{made.fndesc.llvm_func_name}(")[2].partition("\n}")[0]
    assert body
    return "NRT_incref" in body or "NRT_decref" in body


@pytest.fixture
def allocations():
    """Counts of allocations, which numba keeps while asked to."""
    runtime._nrt_python.memsys_enable_stats()
    yield runtime.rtsys.get_allocation_stats
    runtime._nrt_python.memsys_disable_stats()


@pytest.mark.parametrize("size", [2, 5])
def test_nothing_is_freed_too_early_or_never(size, allocations):
    rows = np.repeat(np.arange(size)[:, np.newaxis] ** 2, size, axis=1)
    views = rows[0, 0] + rows[-1, 0] + rows[0, 1]
    expected = rows.sum() + rows[0, 0] + rows[-1, 0] + 14.0 * (1 + size * size) + views
    assert all_of_them(size) == expected
    before = allocations()
    for _ in range(50):
        assert all_of_them(size) == expected
    after = allocations()
    assert after.mi_alloc - before.mi_alloc == after.mi_free - before.mi_free > 0


def test_what_is_read_from_dicts_lists_and_texts_is_freed(allocations):
    assert what_others_own(3) == 10.0
    before = allocations()
    for _ in range(50):
        what_others_own(3)
    after = allocations()
    assert after.mi_alloc - before.mi_alloc == after.mi_free - before.mi_free > 0


def test_only_functions_that_make_or_return_arrays_count_references():
    assert [counts(one) for one in (first_row, ends_of, doubled)] == [True] * 3
    assert not counts(sum_of_rows)
