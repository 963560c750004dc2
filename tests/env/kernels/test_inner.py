"""Functions that compiled code calls have neither an entry nor machine code until Python calls them."""

import pytest

from murk_env.kernels.compiler import compile_function, kernel
from murk_env.kernels.inner import InnerDispatcher
from murk_env.kernels.linked_code import is_linked


@kernel
def half(number):
    return number / 2.0


@kernel
def quarter(number):
    return half(half(number))


def test_what_compiled_code_calls_has_no_machine_code_and_python_calls_it_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(tmp_path))  # where nothing is compiled yet
    assert quarter(8.0) == 2.0
    (made,) = half.overloads.values()  # type: ignore[attr-defined]
    assert is_linked(made.library)
    names = (
        made.fndesc.llvm_func_name,
        made.fndesc.llvm_cpython_wrapper_name,
        made.fndesc.llvm_cfunc_wrapper_name,
    )
    assert not any(map(made.library.get_pointer_to_function, names))
    assert half(8.0) == 4.0


def test_what_is_loaded_from_the_cache_is_linked_as_what_was_compiled(tmp_path, monkeypatch):
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(tmp_path))

    def third(number):
        return number / 3.0

    first, second = compile_function(third), kernel(third)

    @kernel
    def ninth(number):
        return first(first(number))

    @kernel
    def twenty_seventh(number):
        return second(ninth(number))

    assert ninth(9.0) == twenty_seventh(27.0) == 1.0
    (loaded,) = second.overloads.values()  # type: ignore[attr-defined]
    assert sum(second.stats.cache_hits.values()) == 1  # type: ignore[attr-defined]
    assert is_linked(loaded.library)


@kernel
def refuse(number):
    if number > 3:
        raise ValueError("too large", number)
    print("small", number)


@kernel
def ask(number):
    refuse(number)


def test_what_is_linked_raises_and_prints_what_it_holds(capfd):
    ask(2)
    assert capfd.readouterr().out == "small 2\n"
    with pytest.raises(ValueError, match="too large") as caught:
        ask(5)
    assert caught.value.args == ("too large", 5)


def is_even(number):
    return True if number == 0 else is_odd(number - 1)


def is_odd(number):
    return False if number == 0 else is_even(number - 1)


def test_functions_that_call_each_other_come_to_an_end():
    even = compile_function(is_even)

    @kernel
    def both(number):
        return even(number), even(number + 1)

    assert both(10) == (True, False)


def test_numba_finds_an_entry_by_itself_once_it_is_there(monkeypatch):
    assert (quarter(4.0), quarter(4)) == (1.0, 1.0)
    monkeypatch.delattr(InnerDispatcher, "_compile_for_args")
    assert (quarter(8.0), quarter(8)) == (2.0, 2.0)
