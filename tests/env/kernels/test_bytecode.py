"""Values that := binds and passes on, in functions, kernels and hooks."""

from typing import Any

import numpy as np
import pytest

from murk_env.kernels import compile_function


def both(a: Any) -> Any:
    return (x := a[0]) + x


def condition(a: Any) -> Any:
    if (x := a[0]) > 0:
        a[1] = x
    return x


def either(a: Any) -> Any:
    y = (x := a[0] * 2) or a[1]
    return x + 10 * y


def loop(a: Any) -> Any:
    n = 0
    while (x := a[n]) > 0:
        n += 1
    return n + x


def chained(a: Any) -> Any:
    b = c = (x := a[0] + 1)
    b = 5.0
    return b + c + x


def index(a: Any) -> Any:
    a[(i := int(a[0]))] = (x := a[0] + 1) * x
    return i + x


def bound_again(a: Any) -> Any:
    x = a[0]
    return (x := x + 1) + (x := x * 2) + x


def comprehended(a: Any) -> Any:
    last = 0.0
    doubled = [2 * (last := value) for value in a]
    return last + doubled[0]


@pytest.mark.parametrize(
    "function",
    [both, condition, either, loop, chained, index, bound_again, comprehended],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("values", [(1.0, 2.0, 0.0, 3.0), (0.0, 5.0, 1.0, 0.0), (3.0, 2.0, 0.0, 0.0)])
def test_a_function_returns_and_stores_what_it_does_as_python(function: Any, values: tuple[float, ...]):
    expected, found = np.array(values), np.array(values)
    assert compile_function(function)(found) == function(expected)
    np.testing.assert_array_equal(found, expected)
