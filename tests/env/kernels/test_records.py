"""A function of records is compiled as one of what it touches, and refused where that cannot be told."""

import math
import os
import subprocess
import sys
import types

import numpy as np
import pytest

from murk_env.kernels import CompilationError, compile_source, kernel
from murk_env.kernels.explain import explain
from murk_env.kernels.fingerprint import fingerprint
from murk_env.kernels.records import RECORD, VALUE, Constant, Method, RecordError, flatten
from murk_env.kernels.records.members import Member, Path
from murk_env.kernels.records.plain_records import call_with_records

lib = types.ModuleType("lib")


def members(*values, **known):
    """Return what says that these are values, as "self.heat", and `size` a member `self.params.size`."""
    found: dict[Path, Member] = {("self", "params"): RECORD, ("before", "params"): RECORD}
    found.update({tuple(name.split(".")): VALUE for name in values})
    found.update({("self", "params", name): member for name, member in known.items()})
    return found.get


def flat(function, *values, checked=False, **known):
    return flatten(function, ("self", "before"), members(*values, **known), checked=checked)


def refused(function, *values):
    """Return the reason, and the line counted from the function's first."""
    with pytest.raises(RecordError, match=r"test_records\.py:\d+") as caught:
        flat(function, *(values or ("self.heat", "before.heat")))
    return caught.value.reason, caught.value.line - function.__code__.co_firstlineno


def ones(number=3):
    return np.ones(number)


def warm(self, amount):
    self.heat[0] = self.heat[1] + amount


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


def add(world, amount, factor=2.0):
    world.heat[0] += amount * factor


def add_twice(world, amount):
    add(world, amount)
    add(amount=amount, world=world)


def rate(p):
    return p.rate


lib.add = add  # pyright: ignore[reportAttributeAccessIssue]
closed_over = (lambda helper: lambda self: helper(self, 1.0, 3.0))(add)


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


def double(x):
    return 2.0 * x


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


def wrong(world):
    return world.heat[0.5]


def test_an_error_of_numba_has_the_authors_line():
    hook = flat(lambda self: wrong(self), "self.heat").function
    loop = compile_source("def loop(heat):\n    hook(heat[0])\n", "loop", {"hook": hook})
    with pytest.raises(CompilationError) as caught:
        loop(np.ones((1, 3)))
    reason = "an index must be an integer, not float64"
    assert explain(caught.value) == (reason, __file__, wrong.__code__.co_firstlineno + 1)


def test_an_index_outside_an_array_raises_if_checked():
    made = flat(lambda self, index: self.heat[index], "self.heat", checked=True)
    with pytest.raises(IndexError, match="out of bounds"):
        made.function(ones(), 5)


def test_a_member_that_does_not_exist_is_named_with_its_line():
    def function(self):
        return rate(self.params)

    with pytest.raises(RecordError, match=r"^p has no rate \(.*test_records\.py") as caught:
        flat(function)
    assert caught.value.path == ("self", "params", "rate")
    assert (caught.value.filename, caught.value.line) == (__file__, rate.__code__.co_firstlineno + 1)


def test_a_member_cannot_be_bound_to_another_value():
    def function(self):
        self.heat = self.heat * 2.0

    reason = "self.heat cannot be bound to another value; write self.heat[...] = value"
    assert refused(function) == (reason, 1)


def test_a_name_cannot_mean_two_records():
    def function(self, before):
        world = self if self.heat[0] > before.heat[0] else before
        return world.heat[0]

    reason, line = refused(function)
    assert reason.startswith("a value may be self or before here")
    assert line == 1


def test_a_name_cannot_mean_a_record_and_a_number():
    def function(self, count):
        world = self
        while count > 0:
            world = count
            count -= 1
        return world

    assert refused(function)[0].startswith("world may be self or something else here")


def pair(self):
    both = (self, 1)
    return len(both)


def equal(self, before):
    return self == before


def whole(self):
    return self


def nested(self):
    def inner():
        return self.heat[0]

    return inner()


def delete(self):
    del self.heat


def size(self):
    return len(self)


def endless(self):
    return endless(self)


def several(*worlds):
    return worlds[0].heat[0]


def spread(self):
    return several(self)


def generator(self):
    yield self.heat[0]


def unheard_of(self):
    return self.heat[0] + unheard  # noqa: F821 # pyright: ignore[reportUndefinedVariable]


def too_many(self):
    add(self, 1.0, 2.0, 3.0)  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize(
    ("function", "reason", "line"),
    [
        (pair, "self is a record, of which a function can only read members", 1),
        (equal, "self is a record", 1),
        (whole, "self is a record", 1),
        (nested, "self is a record", 1),
        (delete, "a member of self cannot be deleted", 1),
        (size, "self is a record and cannot be given to len, no plain function", 1),
        (endless, "endless is given a record and calls itself", 1),
        (generator, "generator is given a record and can neither yield nor await", 0),
        (unheard_of, "name 'unheard' is not defined", 1),
        (too_many, r"add() is called wrongly: too many positional arguments", 1),
    ],
)
def test_a_record_is_not_used_otherwise(function, reason, line):
    said, where = refused(function)
    assert said.startswith(reason)
    assert where == line


def test_a_helper_of_any_number_of_arguments_is_refused():
    with pytest.raises(RecordError, match=r"several is given a record and cannot take \*worlds"):
        flat(spread, "self.heat")


def test_python_that_numba_does_not_know_is_refused_with_its_line():
    def function(self):
        import os

        return os.getpid() + self.heat[0]

    assert refused(function) == ("uses Python that cannot be compiled (IMPORT_NAME)", 1)


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match=r"expected a plain Python function to compile, got <class 'int'>"):
        flat(int)


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


@pytest.mark.parametrize(
    ("function", "returns"),
    [
        (lambda self: self.heat[0], True),
        (warm, False),
        (add_twice, False),
        (lambda self: None, False),
        (lambda self: self.heat[0] if self.heat[1] else 1.0, True),
        (lambda self: self.heat[0] if self.heat[1] else None, False),
        (lambda self: None if self.heat[1] else self.heat[0], False),
        (sometimes, False),
        (always, True),
    ],
)
def test_it_is_known_whether_something_is_returned_on_every_way(function, returns):
    assert flatten(function, {"self", "world"}, lambda path: VALUE, checked=False).returns is returns


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


def closing_over(value):
    return lambda self: self.heat[0] + value


def test_equal_functions_of_equal_members_are_compiled_once():
    one, same, other = (flat(closing_over(value), "self.heat").function for value in (1.0, 1.0, 2.0))
    assert one is same
    assert (one(ones()), other(ones())) == (2.0, 3.0)


def scaled(self):
    return self.params.rate * self.heat[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Constant(2), Constant(2.0)),
        (Constant(0.0), Constant(-0.0)),
        (Constant(2.0), VALUE),
    ],
)
def test_another_member_is_compiled_again(before, after):
    one, other = (flat(scaled, "self.heat", rate=member).function for member in (before, after))
    assert one is not other
    assert fingerprint(one) != fingerprint(other)


def test_another_helper_is_compiled_again():
    def calling(factor):
        def helper(world):
            return factor * world.heat[0]

        return lambda self: helper(self)

    made = [flat(calling(factor), "self.heat").function for factor in (2.0, 3.0)]
    assert [function(ones()) for function in made] == [2.0, 3.0]
    assert fingerprint(made[0]) != fingerprint(made[1])


SCRIPT = """
import sys
import numpy as np
from murk_env.kernels import compile_source
from murk_env.kernels.records import RECORD, VALUE, Constant, flatten

def helper(world, factor=2.0):
    world.heat *= factor

def act(self, amount):
    helper(self)
    self.heat[0] += amount * self.params.rate

found = {("self", "heat"): VALUE, ("self", "params"): RECORD}
found["self", "params", "rate"] = Constant(float(sys.argv[1]))
made = flatten(act, {"self"}, found.get, checked=True)
heat = np.ones((2, 3))
"""
LOOP = """
source = "def loop(heat, amount):\\n    for world in range(2):\\n        act(heat[world], amount)\\n"
loop = compile_source(source, "loop", {"act": made.function})
loop(heat, 1.0)
print(heat[1, 0], sum(loop.stats.cache_hits.values()), len(made.function.overloads))
"""
PLAIN = """
made.function(heat[0], 1.0)
print(heat[0, 0], type(made.function).__name__)

def wrong(self):
    self.heat[7] = 1.0

try:
    flatten(wrong, {"self"}, found.get, checked=False).function(heat[0])
except IndexError as error:
    print(error.__traceback__.tb_next.tb_next.tb_frame.f_code.co_name)
"""


def run(script, argument, cache, **settings):
    optimised = {"NUMBA_OPT": "3"}  # what is not keeps the addresses of its helpers, and out of the cache
    environment = {**os.environ, **optimised, "MURK_ENV_CACHE_DIR": str(cache), **settings}
    command = [sys.executable, "-W", "error", "-c", script, argument]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.split()


def test_another_process_loads_what_is_compiled_but_not_for_another_constant(tmp_path):
    assert run(SCRIPT + LOOP, "3.0", tmp_path) == ["5.0", "0", "1"]
    assert run(SCRIPT + LOOP, "3.0", tmp_path) == ["5.0", "1", "0"]
    assert run(SCRIPT + LOOP, "4.0", tmp_path) == ["6.0", "0", "1"]


def test_with_compilation_switched_off_the_authors_function_runs(tmp_path):
    printed = run(SCRIPT + PLAIN, "3.0", tmp_path, NUMBA_DISABLE_JIT="1")
    assert printed == ["5.0", "function", "wrong"]


def rebind(self):
    self.heat = 1.0


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda self: self.nothing, "self has no nothing that the function was compiled with"),
        (rebind, r"self.heat cannot be bound to another value; write self.heat\[...\] = value"),
    ],
)
def test_an_uncompiled_record_holds_what_a_compiled_one_does(function, reason):
    call = call_with_records(function, ("self",), (("self", "heat"),), (), members("self.heat"))
    with pytest.raises(AttributeError, match=reason):
        call(ones())
