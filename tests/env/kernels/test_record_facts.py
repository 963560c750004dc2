"""It is known of a function of records whether it returns a value and which arrays it writes."""

import math

import pytest

from murk_env.kernels.records import VALUE, flatten
from tests.env.kernels.record_functions import (
    add,
    add_twice,
    double,
    flat,
    warm,
)


def sometimes(self):
    if self.heat[0] > 1.0:
        return 1.0
    print("cold")
    return None


def always(self):
    for heat in self.heat:
        if heat > 1.0:
            return 1.0
    raise ValueError


def nothing(self):
    return None


def nothing_if_cold(self):
    return self.heat[0] if self.heat[1] else None


def nothing_if_hot(self):
    return None if self.heat[1] else self.heat[0]


@pytest.mark.parametrize(
    ("function", "silent"),
    [
        (lambda self: self.heat[0], None),
        (warm, warm),
        (add_twice, add_twice),
        (nothing, nothing),
        (lambda self: self.heat[0] if self.heat[1] else 1.0, None),
        (nothing_if_cold, nothing_if_cold),
        (nothing_if_hot, nothing_if_hot),
        (sometimes, sometimes),
        (always, None),
        (lambda self: always(self), None),
        (lambda self: nothing(self), nothing),
        (lambda self: nothing(self) or 1.0, None),
    ],
)
def test_it_is_known_which_function_returns_nothing(function, silent):
    flat = flatten(function, {"self", "world"}, lambda path: VALUE, checked=False)
    assert flat.returns is (silent is None)
    if silent is not None:
        assert flat.silent() is silent


def test_of_equal_functions_each_is_told_by_its_own_place():
    def made(line):
        code = compile("\n" * line + "def warm(self):\n    self.heat[0] += 1.0\n", f"<cell {line}>", "exec")
        exec(code, namespace := {})
        return namespace["warm"]

    for warm_again in (made(1), made(7)):
        flat = flatten(warm_again, {"self"}, lambda path: VALUE, checked=False)
        assert flat.silent() is warm_again


def head(world):
    return world.heat[:2]


def write_head(self):
    head(self)[0] = 1.0


def write_row(self):
    row = self.heat[0]
    for cell in row:
        cell[0] = 1.0


def only_read(self):
    return min(self.heat[0], math.sqrt(self.heat[1])) + len(self.heat) + self.heat.sum() + head(self)[1]


@pytest.mark.parametrize(
    ("function", "written"),
    [
        (warm, True),
        (write_row, True),
        (write_head, True),
        (lambda self: add(self, 1.0), True),
        (lambda self: double(self.heat), True),
        (only_read, False),
    ],
)
def test_it_is_known_which_arrays_may_be_written(function, written):
    assert flat(function, "self.heat").written == ({("self", "heat")} if written else set())
