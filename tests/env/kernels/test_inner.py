"""Functions that compiled code calls have no entry for Python until Python calls them."""

from murk_env.kernels.compiler import kernel
from murk_env.kernels.inner import InnerDispatcher


@kernel
def half(number):
    return number / 2.0


@kernel
def quarter(number):
    return half(half(number))


def test_what_compiled_code_calls_has_no_entry_for_python_and_python_calls_it_all_the_same(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(tmp_path))  # where nothing is compiled yet
    assert quarter(8.0) == 2.0
    (made,) = half.overloads.values()  # type: ignore[attr-defined]
    assert made.library.get_pointer_to_function(made.fndesc.llvm_func_name)
    for entry in (made.fndesc.llvm_cpython_wrapper_name, made.fndesc.llvm_cfunc_wrapper_name):
        assert not made.library.get_pointer_to_function(entry)
    assert half(8.0) == 4.0


def test_numba_finds_an_entry_by_itself_once_it_is_there(monkeypatch):
    assert (quarter(4.0), quarter(4)) == (1.0, 1.0)
    monkeypatch.delattr(InnerDispatcher, "_compile_for_args")
    assert (quarter(8.0), quarter(8)) == (2.0, 2.0)
