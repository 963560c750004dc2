"""Functions of records are compiled once, here and in other processes, and run uncompiled too."""

import os
import subprocess
import sys

import pytest

from murk_env.kernels.fingerprint import fingerprint
from murk_env.kernels.records import VALUE, Constant
from murk_env.kernels.records.plain_records import call_with_records
from tests.env.kernels.record_functions import flat, members, ones


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


@pytest.mark.slow
def test_another_process_loads_what_is_compiled_but_not_for_another_constant(tmp_path):
    assert run(SCRIPT + LOOP, "3.0", tmp_path) == ["5.0", "0", "1"]
    assert run(SCRIPT + LOOP, "3.0", tmp_path) == ["5.0", "1", "0"]
    assert run(SCRIPT + LOOP, "4.0", tmp_path) == ["6.0", "0", "1"]


@pytest.mark.slow
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
