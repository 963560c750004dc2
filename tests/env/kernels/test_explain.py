"""What numba says is wrong becomes one sentence and the line of the author's file."""

import numpy as np
import pytest

from murk_env.kernels import CompilationError, compile_function, compile_source
from murk_env.kernels.explain import explain
from murk_env.kernels.numba_internals import TypingError, numba_ir


def line_after(function):
    return function.__code__.co_firstlineno + 1


def explained(function, *arguments):
    with pytest.raises(CompilationError) as caught:
        compile_function(function)(*arguments)
    return explain(caught.value)


def index(heat):
    heat[1.5] = 1.0


def attribute(heat):
    return heat.nothing


def unknown(heat):
    return undefined(heat[0])  # noqa: F821 # pyright: ignore[reportUndefinedVariable]


def builtin(heat):
    open(heat[0])  # noqa: SIM115


def unsupported(heat):
    return np.busday_count(heat, heat)


def nothing(x):
    pass


def mixed(heat):
    seen = {1, "s"}
    return heat[0] in seen


def store_nothing(heat):
    heat[0] = nothing(1)


def text(heat):
    return heat[0] + "a"


def arguments(heat):
    return nothing(heat, heat)  # pyright: ignore[reportCallIssue]


def two_indices(heat):
    return heat[0, 1]


def store_array(heat):
    heat[0] = heat > 1.0


def store_pair(heat):
    heat[0] = (1.0, 2.0)


def called(heat):
    heat(0)


def indexed(heat):
    heat[0][0] = 1.0


def shared(heat):
    return sum((last := value) for value in heat) + last


def generator(heat):
    return sum(2 * value for value in heat)


def set_comprehension(heat):
    return len({2 * value for value in heat})


def debugger(heat):
    breakpoint()
    return heat[0]


def keys(heat):
    return {1: heat[0], "a": heat[1]}[1]


def opcode(heat):
    import os  # noqa: F401

    heat[0] = 1.0


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (index, "an index must be an integer, not float64"),
        (attribute, "array of float64 has no 'nothing' that can be compiled"),
        (unknown, "name 'undefined' is not defined"),
        (
            builtin,
            "'open' cannot be used in compiled code, which takes only numbers, tuples, arrays and functions "
            "from outside; keep what changes in a field",
        ),
        (
            shared,
            "a variable shared with a comprehension or nested function has no value before it; give it one",
        ),
        (
            generator,
            "a generator expression or nested generator cannot be compiled; write a loop or a list",
        ),
        (set_comprehension, "a set comprehension cannot be compiled; write a loop"),
        (debugger, "breakpoint needs Python: run with NUMBA_DISABLE_JIT=1"),
        (keys, "the keys of a dict are of one type in compiled code, here both int64 and 'a'"),
        (unsupported, "numpy.busday_count cannot be compiled, or not as it is used here"),
        (mixed, "a set holds values of one type in compiled code"),
        (store_nothing, "stores None in an array of float64; is a return missing in a function?"),
        (text, "add cannot be compiled for (float64, 'a')"),
        (arguments, "a function is called wrongly: too many positional arguments"),
        (store_array, "cannot store array of bool in an array of float64"),
        (called, "an array of float64 cannot be called"),
        (indexed, "float64 is a single number, and has no index"),
        (store_pair, "cannot store tuple of 2 float64 in an array of float64"),
        (two_indices, "an array of float64 is given 2 indices, more than it has axes"),
    ],
)
def test_an_error_is_one_sentence_and_a_line(function, reason):
    assert explained(function, np.ones(3)) == (reason, __file__, line_after(function))


def test_a_value_of_unknown_type_is_told_at_its_line():
    text = f"Type of variable '$8.3' cannot be determined, operation: $6.2, location: {__file__} (7)"
    assert explain(TypingError(text)) == ("the type of a value is unknown", __file__, 7)


def test_a_place_that_numba_has_lost_is_not_told():
    error = TypingError("unheard of", loc=numba_ir.unknown_loc)
    assert explain(error) == ("unheard of", None, None)


def test_python_that_numba_does_not_know_is_named():
    with pytest.raises(Exception, match="unsupported opcode") as caught:
        compile_function(opcode)(np.ones(3))
    reason = "an import cannot be compiled; write it at the top of the module"
    assert explain(caught.value) == (reason, __file__, line_after(opcode))


def test_writing_a_read_only_array_is_named():
    def function(heat):
        heat[0] = 1.0

    heat = np.ones(3)
    heat.flags.writeable = False
    assert explained(function, heat)[0] == "writes to an array that is read-only here"


def test_different_results_are_named():
    def function(heat):
        if heat[0] > 0:
            return "a"
        return 1

    assert "'a'" in (reason := explained(function, np.ones(3))[0])
    assert reason.startswith("returns ")


def helper(heat):
    return attribute(heat)


def test_the_innermost_line_is_told():
    assert explained(helper, np.ones(3))[1:] == (__file__, line_after(attribute))


def test_a_line_of_generated_source_is_not_the_authors():
    loop = compile_source("def loop(heat):\n    hook(heat)\n", "loop", {"hook": compile_function(index)})
    with pytest.raises(CompilationError) as caught:
        loop(np.ones(3))
    assert explain(caught.value)[1:] == (__file__, line_after(index))


def test_an_unforeseen_error_keeps_its_first_line():
    error = ValueError("Failed in nopython mode pipeline (step: x)\nSomething unforeseen happened.\nMore.")
    assert explain(error) == ("Something unforeseen happened", None, None)


def test_an_error_without_words_keeps_its_name():
    assert explain(AssertionError()) == ("AssertionError", None, None)
