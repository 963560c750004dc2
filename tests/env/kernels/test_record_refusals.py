"""What a function may not do with a record is refused, with the line of its author."""

import numpy as np
import pytest

from murk_env.kernels import CompilationError, compile_source
from murk_env.kernels.explain import explain
from murk_env.kernels.records import RecordError
from tests.env.kernels.record_functions import (
    add,
    flat,
    ones,
    rate,
    refused,
)


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

    with pytest.raises(RecordError, match=r"^p has no rate \(.*record_functions\.py") as caught:
        flat(function)
    assert caught.value.path == ("self", "params", "rate")
    assert (caught.value.filename, caught.value.line) == (
        rate.__code__.co_filename,
        rate.__code__.co_firstlineno + 1,
    )


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
        (pair, "compiled code can only read members of self and pass it on to functions, not return", 1),
        (equal, "compiled code can only read members of self", 1),
        (whole, "compiled code can only read members of self", 1),
        (nested, "compiled code can only read members of self", 1),
        (delete, "a member of self cannot be deleted", 1),
        (size, "self can be handed to plain functions of your own only, not to len", 1),
        (endless, "endless is handed self and calls itself", 1),
        (generator, "generator can neither yield nor await in compiled code", 0),
        (unheard_of, "name 'unheard' is not defined", 1),
        (too_many, r"add() is called wrongly: too many positional arguments", 1),
    ],
)
def test_a_record_is_not_used_otherwise(function, reason, line):
    said, where = refused(function)
    assert said.startswith(reason)
    assert where == line


def test_a_helper_of_any_number_of_arguments_is_refused():
    with pytest.raises(RecordError, match=r"several is handed self, so it cannot take \*worlds"):
        flat(spread, "self.heat")


def imports(self):
    import os

    return os.getpid() + self.heat[0]


def sets_a_global(self):
    global SEEN
    SEEN = self.heat[0]


def defines_a_class(self):
    class Seen: ...

    return self.heat[0]


def matches_a_sequence(self):
    match self.heat:
        case [first, *_]:
            return first
    return 0.0


@pytest.mark.parametrize(
    ("function", "reason", "line"),
    [
        (imports, "an import cannot be compiled; write it at the top of the module", 1),
        (sets_a_global, "a global variable cannot be set in compiled code; keep what changes in a field", 2),
        (defines_a_class, "a class cannot be defined in compiled code", 1),
        (matches_a_sequence, "match can only name plain values in compiled code; write if and elif", 2),
    ],
)
def test_python_that_numba_does_not_know_is_refused_with_its_line(function, reason, line):
    assert refused(function) == (reason, line)


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match=r"expected a plain Python function to compile, got <class 'int'>"):
        flat(int)
