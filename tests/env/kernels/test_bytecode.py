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


def in_a_branch(a: Any) -> Any:
    y = z = 0.0
    if a[0] > 0.0:
        y, z = (x := a[0]), (x := a[1])
        y += x
    return y * 10 + z


def index_and_value(a: Any) -> Any:
    x = 0.0
    for _ in range(1):
        a[int((x := 5.0) - 4.0)] = (x := a[0])
    return a[1] + x


def several_targets(a: Any) -> Any:
    x = y = 0.0
    for _ in range(1):
        x = a[int(x := 3.0)] = y = a[1]
    return x * 10 + y


def handed_on(a: Any) -> Any:
    x, y = a[0], a[1]
    while (z := (x := y)) and y < 8.0:
        a[int((z := y) and 2.0)] = (y := (x := y) + 1.0)
    return x + 10 * y + 100 * z


def bound_twice(a: Any) -> Any:
    y = z = 0.0
    x = (z := (y := a[0])) if a[1] > 0.0 else a[2]
    return x + 10 * y + 100 * z


def nested(a: Any) -> Any:
    def inner(k: Any) -> Any:
        y = z = 0.0
        if k > 0.0:
            y, z = (x := k), (x := k + 1.0)
            y += x
        return y * 10 + z

    return inner(a[0]) + (lambda k: (x := k + 1.0) * x)(a[1])


FUNCTIONS = [
    both,
    condition,
    either,
    loop,
    chained,
    index,
    bound_again,
    comprehended,
    in_a_branch,
    index_and_value,
    several_targets,
    handed_on,
    bound_twice,
    nested,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("values", [(1.0, 2.0, 0.0, 3.0), (0.0, 5.0, 1.0, 0.0), (3.0, 2.0, 0.0, 0.0)])
def test_a_function_returns_and_stores_what_it_does_as_python(function: Any, values: tuple[float, ...]):
    expected, found = np.array(values), np.array(values)
    assert compile_function(function)(found) == function(expected)
    np.testing.assert_array_equal(found, expected)
