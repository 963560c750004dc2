"""What authors of compiled hooks get wrong: one sentence with the environment, hook, line and reason."""

import re
import traceback
from typing import Any

import numpy as np
import pytest

from murk_env import Field, Line1D, World, per_world
from murk_env.errors import DefinitionError, HookError, PropagatorError
from murk_env.propagators.writing import KernelCall, Propagator, kernel
from tests.env.author.test_per_world import Plate

# Each of them is wrong in its last line.


def no_such_argument(self, acton): ...


def no_such_field(self):
    return self.haet[0]


def mixed_dict(number):
    return {1: "a", "b": number}


def helper_that_cannot_be_compiled(self):
    return mixed_dict(self.heat[0])


def missing_return(self):  # noqa: RET503
    if self.heat[0] > 1.0:
        return 1.0


def float_index(self):
    return self.heat[1.5]


def quotient_index(self):
    return self.heat[self.ticks[0] / 2]


def f_string(self):
    return len(f"{self.heat[0]:.2f}")


def try_except(self):
    try:
        return self.heat[0]
    except ValueError:
        return 0.0


def dict_of_mixed_types(self):
    values = {"a": 1.0, 2: self.heat[0]}
    return values[2]


def dict_of_floats_and_doubles(self):
    values = {1: self.heat[0]}
    values[2] = 1 / 3
    return values[2]


def dict_of_short_and_long_keys(self):
    return {self.ticks[0]: 1.0}[2**32]


def list_of_nothing(self):
    values = []
    return len(values)


def list_of_mixed_types(self):
    values = [self.heat[0]]
    values.append("a")
    return 1.0


def endless(number):
    return number * endless(number - 1)


def recursion(self):
    return endless(self.heat[0])


def down(world, number):
    return down(world, number - 1)


def recursion_with_self(self):
    return down(self, 3)


def string_parameter(self):
    return len(self.params.layout)


def print_percent(self):
    print("%.2f" % self.heat[0])  # noqa: UP031
    return 1.0


def print_format(self):
    print("{:.2f}".format(self.heat[0]))  # noqa: UP032
    return 1.0


def print_keyword(self):
    print(self.heat[0], end="")
    return 1.0


def write_read_only(self):
    self.wall[0] = 1.0
    return 1.0


def numpy_random(self):
    return np.random.rand()  # noqa: NPY002


def super_of_compiled(self):
    return super().reward()  # type: ignore[misc]


MISTAKES: dict[Any, tuple[str, str]] = {  # what is shown of the line, and what is said of it
    no_such_argument: ("def no_such_argument", "names the argument 'acton', which it is not given; known"),
    no_such_field: ("return self.haet[0]", "self.haet is no field, .* of Mine; did you mean self.heat?"),
    helper_that_cannot_be_compiled: (
        'return {1: "a", "b"',
        "cannot be compiled: the keys of a dict are of one type",
    ),
    missing_return: (
        "def missing_return",
        "returns nothing on at least one path; it must always return a number",
    ),
    float_index: ("return self.heat[1.5]", "cannot be compiled: an index must be an integer, not float64"),
    quotient_index: (
        "return self.heat[self.tic",
        "cannot be compiled: an index must be an integer",
    ),
    f_string: ("return len(f", "text cannot be formatted in compiled code; print"),
    try_except: ("except ValueError:", "cannot be compiled: except can only name Exception"),
    dict_of_mixed_types: ("return values[2]", "cannot be compiled: a dict, list or set holds values of one"),
    dict_of_floats_and_doubles: ("def dict_of_floats", "holds values .* here both float64 and float32"),
    dict_of_short_and_long_keys: ("def dict_of_short", "holds values .* here both int64 and int32"),
    list_of_nothing: ("values = []", "cannot be compiled: nothing is put in the list values"),
    list_of_mixed_types: ('values.append("a")', "a dict, list or set .* here both float32 and 'a'"),
    recursion: (
        "return number * endless",
        "cannot be compiled: a function calls itself, and its return type",
    ),
    recursion_with_self: ("return down(world", "down is handed self and calls itself, which cannot be"),
    string_parameter: (
        "return len(self.params",
        "self.params.layout is 'flat', but compiled code only takes",
    ),
    print_percent: ('print("%.2f"', "text cannot be formatted in compiled code"),
    print_format: ('print("{:.2f}"', "text cannot be formatted in compiled code"),
    print_keyword: ("print(self.heat[0], end", "print takes no keyword arguments in compiled"),
    write_read_only: ("self.wall[0] = 1.0", "writes 'wall': reward only reads"),
    numpy_random: ("return np.random.rand()", "do not repeat with the seed; draw from rng"),
    super_of_compiled: ("return super().reward()", r"super\(\) cannot be compiled; call Base.reward\(self"),
}
QUICK = {  # what is told before anything is compiled, and one that is not
    no_such_argument,
    no_such_field,
    missing_return,
    recursion_with_self,
    string_parameter,
    write_read_only,
    numpy_random,
    f_string,
    float_index,
    super_of_compiled,
}


def step_with(reward):
    env = type("Mine", (Plate,), {"reward": per_world(reward)})()
    env.reset(seed=1)
    env.step(0)


@pytest.mark.parametrize(
    "reward",
    [one if one in QUICK else pytest.param(one, marks=pytest.mark.slow) for one in MISTAKES],
    ids=lambda reward: reward.__name__,
)
def test_a_mistake_is_told_in_one_sentence_with_its_line(reward):
    line, reason = MISTAKES[reward]
    with pytest.raises((DefinitionError, HookError)) as caught:
        step_with(reward)
    said = str(caught.value)
    place = rf"\S*test_author_mistakes.py:\d+: {re.escape(line)}.*"
    assert re.match(rf"Mine.reward \({place}\):? .*{reason}", said), said
    assert "\n" not in said
    assert not re.search("numba|opmode|typing of|imprecise", said, re.IGNORECASE), said


CELL = """
def sideways(values):
    return values[1.5]

def reward(self):
    return sideways(self.heat)
"""


def test_a_mistake_is_told_by_its_own_place_where_an_equal_one_was_made_before():
    for number in (1, 2):  # as in a notebook whose cell is run again
        names: dict[str, Any] = {"__name__": "notebook"}
        exec(compile("\n" * number + CELL, f"<cell {number}>", "exec"), names)
        with pytest.raises(
            HookError, match=rf"Mine.reward \(<cell {number}>:{number + 3}\) cannot be compiled"
        ) as caught:
            step_with(names["reward"])
        printed = "".join(traceback.format_exception(caught.value))
        assert set(re.findall(r"<cell \d>", printed)) == {f"<cell {number}>"}  # and no pages of numba's


def plain(value):
    return value


@kernel
def reads_between_cells(start, stop, out):
    for world in range(start, stop):
        out[world, 0] = out[world, 0.5]


@kernel
def writes_between_cells(start, stop, out):
    for world in range(start, stop):
        out[world, 0.5] = np.float32(1.0)


@kernel
def calls_what_is_no_kernel(start, stop, out):
    for world in range(start, stop):
        out[world, 0] = plain(world)


class Wrong(Propagator):
    """A propagator whose kernel cannot be compiled, for its last line."""

    def __init__(self, field, run):
        self.writes, self.run = (field,), run

    def bind(self, frame):
        return KernelCall(self.run, (frame.write(self.writes[0]),))


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (reads_between_cells, "an index must be an integer, not float64"),
        (writes_between_cells, "an index must be an integer, not float64"),
        (
            calls_what_is_no_kernel,
            "'plain' is a plain function, and a kernel can only call kernels; decorate it with @kernel",
        ),
    ],
    ids=["reads", "writes", "calls"],
)
def test_a_kernel_that_cannot_be_compiled_is_told_in_one_sentence_with_its_line(run, reason):
    field = Field()
    world = World(Line1D(3), {"heat": field}, [Wrong(field, run)])
    line = run.py_func.__code__.co_firstlineno + 3
    place = rf"\S*test_author_mistakes.py:{line}: out\[world, .*\)"
    with pytest.raises(
        PropagatorError, match=rf"^Wrong\(.*\) \({place} cannot be compiled: {reason}\.$"
    ) as caught:
        world.tick()
    assert caught.value.__suppress_context__
