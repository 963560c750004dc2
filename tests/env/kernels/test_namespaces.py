"""Compiled functions read members of an author's modules and classes as Python does."""

import enum
import math
import os
import subprocess
import sys
import types
from typing import Any, ClassVar

import numpy as np
import pytest

from murk_env.kernels import COMPILES, compile_function
from murk_env.kernels.explain import explain
from murk_env.kernels.fingerprint import fingerprint
from murk_env.kernels.numba_internals import CompilationError
from murk_env.kernels.records import VALUE, flatten
from murk_env.kernels.uncompiled import widened


class Fire:
    BURNING = 2
    GLOW = 0.1
    LIT = True
    table: ClassVar[dict[int, int]] = {}

    class Smoke:
        DENSITY = 3

    @staticmethod
    def shade(x):
        return 2 * x


class BushFire(Fire):
    pass


class Colour(enum.IntEnum):
    RED = 1
    BLUE = 4


class Phase(enum.Enum):
    OLD = "old"
    NEW = "new"


def module():
    """Return an author's module, whose functions are plain and call each other."""
    lib = types.ModuleType("author.lib")
    source = "RATE = 0.5\ndef f(x):\n    return g(x) + RATE\ndef g(x):\n    return 2 * x\n"
    source += "def touch(world, amount=1.0):\n    world.heat[0] += amount * RATE\n"
    exec(source, vars(lib))
    vars(lib).update(Fire=Fire, Colour=Colour, math=math)
    return lib


lib: Any = module()

READERS = [
    (lambda x: lib.f(x), 2.5),
    (lambda x: x * lib.RATE, 0.5),
    (lambda x: x + lib.Fire.Smoke.DENSITY, 4.0),
    (lambda x: x + lib.math.sqrt(4.0), 3.0),
    (lambda x: x + Fire.BURNING, 3.0),
    (lambda x: x + BushFire.GLOW, 1.1),
    (lambda x: x + Fire.shade(x), 3.0),
    (lambda x: x if Fire.LIT else 0.0, 1.0),
    (lambda x: x + Colour.BLUE, 5.0),
    (lambda x: x + lib.Colour.BLUE.value, 5.0),
    (lambda x: x if Phase.OLD != Phase.NEW else 0.0, 1.0),
    (lambda x: read_through_a_variable(x), 3.5),
]


def read_through_a_variable(x):
    known = lib
    return known.f(x) + 1.0


@pytest.mark.few(5)
@pytest.mark.parametrize(("function", "wanted"), READERS)
def test_members_are_read_as_python_reads_them(function, wanted):
    result = compile_function(function)(1.0)
    assert (result, function(1.0), widened(function)(1.0)) == (wanted, wanted, wanted)


def test_a_module_in_a_closure_is_read_too():
    def reading(known):
        return lambda x: known.f(x)

    assert compile_function(reading(module()))(1.0) == 2.5


@pytest.mark.parametrize("function", [function for function, _ in READERS])
def test_they_are_compiled_once(function):
    copy = types.FunctionType(function.__code__, {**globals(), "lib": module()})
    assert fingerprint(function) == fingerprint(copy) is not None


def test_only_what_is_read_counts():
    def reading(known):
        return lambda x: x + known.RATE

    one, other = module(), module()
    vars(other)["unread"] = object()
    assert fingerprint(reading(one)) == fingerprint(reading(other))
    vars(other)["RATE"] = 0.25
    assert fingerprint(reading(one)) != fingerprint(reading(other))


def test_a_function_of_a_module_is_handed_a_record():
    def act(self):
        lib.touch(self, 4.0)

    heat = np.zeros(2)
    members: dict[Any, Any] = {("self", "heat"): VALUE}
    flatten(act, {"self"}, members.get, checked=False).function(heat)
    assert heat.tolist() == [2.0, 0.0]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (
            lambda: Fire(),
            "Fire cannot be called in compiled code, which only reads constants and functions of a class",
        ),
        (lambda: lib.Fire.NOTHING, "Fire has no NOTHING"),
        (lambda: Fire.table[0], "Fire has no 'table' that can be compiled"),
        (lambda: lib.nothing(1), "author.lib has no nothing"),
    ],
)
def test_what_cannot_be_read_is_said(function, said):
    with pytest.raises((CompilationError, AttributeError)) as caught:  # one within a hook
        compile_function(function)()
    assert explain(caught.value)[0].startswith(said)


SCRIPT = """
import enum
from murk_env import per_world
from murk_env.kernels import compiler
from murk_envs import HeatSeeker

class Level(enum.IntEnum):
    LOW = 7

class Cell:
    BURNING = 0.25

class Named(HeatSeeker):
    class Phase(enum.IntEnum):
        OUT = 5

    @per_world
    def reward(self):
        return Level.LOW + Cell.BURNING + self.Phase.OUT

rewards = []
for _ in range(2):
    env = Named(size=4)
    env.reset(seed=0)
    rewards.append(env.step(0)[1])
    made = len(compiler._made)
    env.close()
loops = [one for one in compiler._made.values() if one.__name__ == "fused_kernels"]
print(rewards, sum(len(one.overloads) - sum(one.stats.cache_hits.values()) for one in loops))
"""


@pytest.mark.slow
@pytest.mark.skipif(not COMPILES, reason="about what is compiled")
def test_classes_named_in_a_hook_do_not_compile_anew_for_every_env_and_process(tmp_path):
    settings = os.environ | {"MURK_ENV_CACHE_DIR": str(tmp_path)}
    printed = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env=settings, check=True, capture_output=True, text=True
        ).stdout
        for _ in range(2)
    ]
    assert printed[0].startswith("[12.25, 12.25] ")
    assert printed[1] == "[12.25, 12.25] 0\n"
