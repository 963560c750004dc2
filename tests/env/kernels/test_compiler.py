"""The disk cache is hit when nothing changed, missed when anything did, and never in the way."""

import enum
import hashlib
import math
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from numba import config

from murk_env.kernels import cached_code, compile_function, compile_source, disk_cache, kernel
from murk_env.kernels.cache_directory import cache_directory
from murk_env.kernels.fingerprint import fingerprint

HELPER = "@kernel\ndef helper(x):\n    return x * 2\n"
CALLER = "@kernel\ndef caller(x):\n    return helper(x) + 1\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    directory = tmp_path / "cache"
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(directory))
    return directory


def module(name, source, **names):
    """Execute a module's source again, as another process would."""
    created = types.ModuleType(name)
    vars(created).update(names, kernel=kernel)
    exec(source, vars(created))
    return created


def load(helper=HELPER, caller=CALLER):
    """Return the caller of a helper that stands in another module."""
    return module("above", caller, helper=module("below", helper).helper).caller


def hits(function):
    return sum(function.stats.cache_hits.values())


def run(script):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()


def test_a_function_is_loaded_when_nothing_changed():
    assert load()(5) == 11
    again = load()
    assert (again(5), hits(again)) == (11, 1)


@pytest.mark.slow
def test_another_process_loads_it(cache):
    script = (
        "from murk_env.kernels import compile_source, kernel\n"
        "f = compile_source('def f(x):\\n    return x + 1\\n', 'f', {})\n"
        "print(f(1), sum(f.stats.cache_hits.values()))"
    )
    assert run(script) == ["2", "0"]
    assert run(script) == ["2", "1"]
    assert [file.suffix for file in cache.iterdir()] == [".bin"]


@pytest.mark.slow
def test_functions_of_one_name_do_not_replace_each_other_across_processes():
    maker = (
        "from murk_env.kernels import kernel\n"
        "def make(c):\n    @kernel\n    def add(x):\n        return x + c\n    return add\n"
    )
    made_first = maker + "print(make(1)(10))"
    made_second = maker + (
        "two, one = make(2), make(1)\n"
        "two(10), one(10)\n"
        "@kernel\ndef both(x):\n    return two(x) * 100 + one(x)\n"
        "print(both(10), sum(one.stats.cache_hits.values()))"
    )
    assert run(made_first) == ["11"]
    assert run(made_second) == ["1211", "1"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HELPER, HELPER.replace("2", "3")),
        ("F = 2\n" + HELPER.replace("2", "F"), "F = 3\n" + HELPER.replace("2", "F")),
        (
            HELPER.replace("(x)", "(x, f=2)").replace("* 2", "* f"),
            HELPER.replace("(x)", "(x, f=3)").replace("* 2", "* f"),
        ),
        ("F = (1, 2)\n" + HELPER.replace("2", "F[1]"), "F = (1, 3)\n" + HELPER.replace("2", "F[1]")),
    ],
    ids=["code", "global", "default", "tuple"],
)
def test_a_changed_helper_in_another_module_is_seen(before, after):
    assert load(before)(5) == 11
    changed = load(after)
    assert (changed(5), hits(changed)) == (16, 0)


def test_a_changed_helper_two_calls_away_is_seen():
    def chain(factor):
        lowest = module("lowest", f"@kernel\ndef inner(x):\n    return x * {factor}\n").inner
        middle = module("middle", "@kernel\ndef helper(x):\n    return inner(x)\n", inner=lowest).helper
        return module("above", CALLER, helper=middle).caller

    assert (chain(2)(5), chain(3)(5)) == (11, 16)


def test_a_changed_helper_reached_through_its_module_is_seen():
    def load_through(helper):
        return module(
            "above", "@kernel\ndef f(x):\n    return below.helper(x)\n", below=module("below", helper)
        ).f

    assert (load_through(HELPER)(5), load_through(HELPER.replace("2", "3"))(5)) == (10, 15)


def test_a_changed_closure_constant_is_seen():
    def make(constant):
        @kernel
        def add(x):
            return x + constant

        return add

    assert [make(constant)(10) for constant in (1, 2, 1)] == [11, 12, 11]


def test_settings_of_numba_are_part_of_the_key(monkeypatch):
    load()(5)
    monkeypatch.setattr(config, "BOUNDSCHECK", 1)  # an author's own njit functions heed it
    other = load()
    other(5)
    assert hits(other) == 0


@pytest.mark.parametrize("content", [b"", b"x" * 100, None], ids=["empty", "garbage", "truncated"])
def test_a_corrupt_file_is_compiled_again(cache, content):
    load()(5)
    for file in cache.iterdir():
        file.write_bytes(file.read_bytes()[:-1] if content is None else content)
    mended = load()
    assert (mended(5), hits(mended)) == (11, 0)
    again = load()
    assert (again(5), hits(again)) == (11, 1)


def test_a_flipped_bit_is_noticed(cache):
    load()(5)
    for file in cache.iterdir():
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    again = load()
    assert (again(5), hits(again)) == (11, 0)


def test_a_kernel_of_any_number_of_arguments_is_looked_up_once(monkeypatch):
    total = "@kernel\ndef total(*numbers):\n    return numbers[0] + numbers[1]\n"
    pair = "@kernel\ndef pair(x):\n    return total(x, x)\n"
    module("above", pair, total=module("below", total).total).pair(3)  # compiled for another kernel's call
    asked = []
    load_overload = disk_cache._DiskCache.load_overload
    monkeypatch.setattr(
        disk_cache._DiskCache,
        "load_overload",
        lambda self, sig, context: (asked.append(sig), load_overload(self, sig, context))[1],
    )
    again = module("below", total).total
    assert [again(1, 2), again(3, 4)] == [3, 7]
    assert len(asked) == 1


def test_a_valid_file_with_the_wrong_content_is_compiled_again(cache):
    load()(5)
    for file in cache.iterdir():
        payload = b"not a pickle"
        file.write_bytes(hashlib.sha256(payload).digest() + payload)
    assert load()(5) == 11


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert [load()(5), load()(5)] == [11, 11]


def test_a_write_that_fails_leaves_nothing_behind(cache, monkeypatch):
    def refuse(*paths, **directories):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    assert load()(5) == 11
    assert list(cache.iterdir()) == []


def test_without_numbas_internals_functions_are_compiled_for_the_process(cache, monkeypatch):
    monkeypatch.setattr(cached_code, "CompileResult", None)
    assert load()(5) == 11
    assert not cache.exists()


def test_without_a_home_there_is_no_cache(monkeypatch):
    def homeless():
        raise RuntimeError("no home")

    for name in ("MURK_ENV_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert cache_directory() is None
    assert load()(5) == 11


@pytest.mark.parametrize(
    ("platform", "directory"),
    [("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")],
)
def test_the_cache_lies_where_the_platform_keeps_caches(monkeypatch, platform, directory):
    for name in ("MURK_ENV_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_directory() == Path.home() / directory / "murk-env"


def closing_over(value):
    def function():
        return value

    return function


class Colour(enum.IntEnum):
    RED = 1
    BLUE = 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        ("a", b"a"),
        ((1, 2), (1, (2,))),
        (frozenset({1}), frozenset({2})),
        (slice(0, 1), slice(0, 2)),
        (np.float32(1), np.float64(1)),
        (np.zeros(2), np.zeros((1, 2))),
        (np.zeros(2), np.array([0.0, 1.0])),
        (np.dtype("f4"), np.dtype("i4")),
        (np.float32, np.float64),
        (np.sin, np.cos),
        (math.sin, math.cos),
        (math, np),
        (Colour.RED, Colour.BLUE),
        (closing_over(1), closing_over(2)),
    ],
)
def test_different_values_have_different_fingerprints(one, other):
    prints = [fingerprint(closing_over(value)) for value in (one, one, other)]
    assert prints[0] == prints[1] != prints[2]
    assert prints[2] is not None


def test_comments_and_line_numbers_do_not_count():
    plain, moved = (module("m", text).helper for text in (HELPER, "\n\n# a comment\n" + HELPER))
    assert fingerprint(plain) == fingerprint(moved)


@pytest.mark.parametrize("value", [object(), {}, np.array([None])], ids=["object", "dict", "array"])
def test_a_function_of_an_indescribable_value_has_no_fingerprint(value):
    assert fingerprint(closing_over(value)) is None


def test_an_unset_closure_variable_has_no_fingerprint():
    def function():
        return unset  # noqa: F821 - deleted below on purpose

    unset = 1
    del unset
    assert fingerprint(function) is None


def test_a_recursive_function_works_and_is_not_cached(cache):
    @kernel
    def total(n):
        return 1 if n < 1 else total(n - 1) + n

    @kernel
    def caller(n):
        return total(n) + 1

    assert fingerprint(caller) is None
    assert caller(4) == 12
    assert not cache.exists()


def test_kernels_release_the_lock_divide_like_numpy_and_are_not_fast():
    @kernel
    def divide(x, y):
        return x / y

    assert divide(1.0, 0.0) == math.inf
    options = divide.targetoptions  # pyright: ignore[reportFunctionMemberAccess]
    assert options["nogil"]
    assert "fastmath" not in options


def double(x):
    return 2 * x


def quadruple(x):
    return double(double(x))


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


def test_an_authors_function_is_compiled_with_its_plain_helpers():
    offset = 3

    def hook(values):
        for index in range(values.size):
            values[index] = quadruple(values[index]) + offset

    values = np.arange(3.0)
    compile_function(hook)(values)
    assert values.tolist() == [3.0, 7.0, 11.0]
    assert isinstance(double, types.FunctionType)


def test_an_authors_functions_may_call_each_other():
    assert compile_function(even)(10)
    assert not compile_function(odd)(10)


def test_equal_closures_are_compiled_once():
    first, second, other = (compile_function(closing_over(value)) for value in (1, 1, 2))
    assert first is second
    assert (first(), other()) == (1, 2)


def test_a_compiled_function_is_taken_as_it_is():
    compiled = kernel(double)
    assert compile_function(compiled) is compiled


def test_what_is_no_function_cannot_be_compiled():
    with pytest.raises(TypeError, match=r"expected a plain Python function to compile, got <class 'int'>"):
        compile_function(int)


def test_generated_source_sees_its_namespace():
    source = (
        "def lifted(values, out):\n    for row in range(values.size):\n        out[row] = hook(values[row])\n"
    )
    out = np.zeros(3)
    compile_source(source, "lifted", {"hook": compile_function(double)})(np.arange(3.0), out)
    assert out.tolist() == [0.0, 2.0, 4.0]


def test_equal_source_over_equal_names_is_compiled_once():
    one, same, other = (compile_source("def f(x):\n    return x + a\n", "f", {"a": a}) for a in (1, 1, 2))
    assert one is same
    assert (one(1), other(1)) == (2, 3)


def test_equal_source_over_what_cannot_be_described_is_compiled_once():
    unknown, another = {}, {}  # a kernel is chained anew whenever a sparse field moves, and must be the same
    one, same, other = (
        compile_source("def f(x):\n    return a\n", "f", {"a": a}) for a in (unknown, unknown, another)
    )
    assert one is same
    assert one is not other


def test_an_error_in_generated_source_shows_its_line():
    function = compile_source("def wrong(x):\n    return x.no_such_thing\n", "wrong", {})
    with pytest.raises(Exception, match=r"return x\.no_such_thing"):
        function(1.0)
