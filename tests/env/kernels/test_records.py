"""A function of records is compiled as one of what it touches."""

import types

import numpy as np
import pytest

from murk_env.kernels import CompilationError, kernel
from murk_env.kernels.explain import explain
from murk_env.kernels.records import VALUE, Constant, Method, flatten
from murk_env.kernels.records.members import Member, Path
from tests.env.kernels.record_functions import add, add_twice, double, flat, ones, rate, warm

lib = types.ModuleType("lib")


def test_what_is_touched_is_handed_over_before_the_other_arguments():
    made = flat(warm, "self.heat", "self.cold")
    assert (made.paths, made.arguments) == ((("self", "heat"),), ("amount",))
    heat = ones()
    made.function(heat, 2.0)
    assert heat.tolist() == [3.0, 1.0, 1.0]


def test_a_member_of_a_member_is_handed_over():
    made = flat(lambda self: 2 * self.params.rate, rate=VALUE)
    assert made.paths == (("self", "params", "rate"),)
    assert made.function(1.5) == 3.0


def test_a_constant_is_compiled_in():
    made = flat(lambda self: self.params.sides[1], sides=Constant((3, 4)))
    assert made.paths == ()
    assert made.function() == 4


def test_a_record_may_have_other_names():
    def function(self):
        world = self
        p = world.params if world.heat[0] > 0 else self.params
        return p.rate

    assert flat(function, "self.heat", rate=VALUE).function(ones(), 2.0) == 2.0


def test_two_records_are_told_apart():
    made = flat(lambda self, before: self.heat[0] - before.heat[0], "self.heat", "before.heat")
    assert made.paths == (("self", "heat"), ("before", "heat"))
    assert made.function(np.array([3.0]), np.array([2.0])) == 1.0


def test_members_are_not_confused_with_local_names():
    def function(self, self_heat_):
        self_heat = 10.0
        return self_heat + self.heat[0] + self_heat_

    assert flat(function, "self.heat").function(ones(), 100.0) == 111.0


lib.add = add  # pyright: ignore[reportAttributeAccessIssue]
closed_over = (lambda helper: lambda self: helper(self, 1.0, 3.0))(add)


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("function", "result"),
    [
        (lambda self: add(self, 1.0), 3.0),
        (lambda self: add(self, 1.0, factor=5.0), 6.0),
        (lambda self: add_twice(self, 1.0), 5.0),
        (lambda self: lib.add(self, 1.0), 3.0),
        (closed_over, 4.0),
        (lambda self: compiled_add(self, 1.0), 3.0),
    ],
    ids=["global", "keyword", "helper of a helper", "module", "closure", "compiled"],
)
def test_a_helper_may_be_given_the_record(function, result):
    heat = ones()
    made = flat(function, "self.heat")
    made.function(heat)
    assert (made.paths, heat[0]) == ((("self", "heat"),), result)


compiled_add = kernel(add)


def test_a_helper_may_be_given_a_part_of_the_record():
    assert flat(lambda self: rate(self.params), rate=VALUE).function(2.0) == 2.0


def test_one_helper_may_be_given_different_records():
    made = flat(
        lambda self, before: rate(self.params) - rate(before.params), "before.params.rate", rate=VALUE
    )
    assert made.function(5.0, 3.0) == 2.0


def test_a_method_is_called_with_its_record():
    def function(self):
        self.add(1.0, factor=4.0)

    found: dict[Path, Member] = {("self", "add"): Method(add), ("self", "heat"): VALUE}
    heat = ones()
    flatten(function, {"self"}, found.get, checked=False).function(heat)
    assert heat[0] == 5.0


def test_a_helper_without_records_is_compiled_too():
    assert flat(lambda self: double(self.heat[0]), "self.heat").function(ones()) == 2.0


def test_an_array_is_changed_in_place():
    def function(self):
        self.heat *= 2.0
        self.heat[...] += 1.0

    heat = ones()
    flat(function, "self.heat").function(heat)
    assert heat.tolist() == [3.0, 3.0, 3.0]


def test_a_slice_is_changed_in_place():
    def function(self, other):
        self.heat[:2] += other
        self.heat[...] = 2.0 * self.heat

    heat = ones()
    flat(function, "self.heat").function(heat, 1.0)
    assert heat.tolist() == [4.0, 4.0, 2.0]


def test_a_number_cannot_be_changed():
    def function(self):
        self.params.rate *= 2.0

    with pytest.raises(CompilationError, match=r"self\.params\.rate is a number here; only an array"):
        flat(function, rate=VALUE).function(1.0)


@pytest.mark.parametrize("operation", ["self.heat[0] = 1.0", "self.heat *= 2.0", "self.heat[...] += 1.0"])
def test_a_read_only_array_is_not_written(operation):
    names = {}
    exec(f"def function(self):\n    {operation}", names)
    heat = ones()
    heat.flags.writeable = False
    with pytest.raises(CompilationError) as caught:
        flat(names["function"], "self.heat").function(heat)
    assert explain(caught.value) == ("writes to an array that is read-only here", "<string>", 2)


def test_a_part_of_a_read_only_array_is_not_changed_in_place():
    def function(self):
        row = self.heat[0]
        row += 1.0

    heat = np.ones((2, 3))
    heat.flags.writeable = False
    with pytest.raises(CompilationError) as caught:
        flat(function, "self.heat").function(heat)
    reason = "changes an array in place that is read-only here, or by numbers that it cannot hold"
    assert explain(caught.value) == (reason, __file__, function.__code__.co_firstlineno)
