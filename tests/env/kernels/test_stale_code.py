"""Whatever changes a function's machine code is seen: the second variant gives its own value."""

import collections
import enum
import functools
import importlib.util
import itertools
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.extending import overload

from murk_env.kernels import compile_function, disk_cache, kernel, namespaces, sources
from murk_env.kernels.fingerprint import fingerprint
from murk_env.kernels.numba_content import options_of


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def adding(value):
    return lambda x: x + value


def field_a_of(names):
    limits = collections.namedtuple("limits", names)(1.0, 2.0)
    return lambda x: x + limits.a


def made_field_a_of(names):
    limits = collections.namedtuple("limits", names)
    return lambda x: x + limits(1.0, 2.0).a


def named_a_of(values):
    level: Any = enum.IntEnum("level", values)
    return lambda x: x + level.A


def field_a_of_array(names):
    record = np.array([(1.0, 2.0)], [(name, "f8") for name in names])
    return lambda x: x + record[0].a


def jitted(**options):
    def scaled(x):
        y = x * 1.25
        return y + 0

    helper = numba.njit(**options)(scaled)
    return lambda x: helper(x)


def declared(signature):
    helper = numba.njit(signature)(lambda x: x * 1.25)
    return lambda x: helper(x)


def of_module(value, *, lazily):
    lib = types.ModuleType("lib")
    if lazily:
        lib.__getattr__ = lambda name: {"K": value}[name]
    else:
        vars(lib)["K"] = value
    return lambda x: x + lib.K


def named_as_in_the_standard_library(value):
    module = types.ModuleType("trace")  # a script's own trace.py
    exec(f"def helper(x):\n    return x + {value}\n", vars(module))
    helper = module.helper
    return lambda x: helper(x)


def wrapping(value):
    @functools.wraps(np.linalg.norm)
    def helper(x):
        return x + value

    return lambda x: helper(x)


def overloaded(value):
    def helper(x):
        raise NotImplementedError

    @overload(helper)
    def _compiled(x):
        return lambda x: x + value

    return numba.njit(lambda x: helper(x)).py_func


@pytest.mark.few(6)
@pytest.mark.parametrize(
    ("make", "one", "other", "given", "wanted"),
    [
        (adding, 1, 1.5, 1, 2.5),
        (adding, np.float32(0.1), np.float64(0.1), 0.0, 0.1),
        (field_a_of, "a b", "b a", 0.0, 2.0),
        (made_field_a_of, "a b", "b a", 0.0, 2.0),
        (named_a_of, {"A": 1, "B": 2}, {"B": 1, "A": 2}, 0, 2),
        (field_a_of_array, "ab", "ba", 0.0, 2.0),
        (declared, "float64(float64)", "float64(int64)", 3.5, 3.75),
        (declared, "float64(float64)", "int64(float64)", 3.0, 3),
        (functools.partial(of_module, lazily=False), 1, 2, 1, 3),
        (functools.partial(of_module, lazily=True), 1, 2, 1, 3),
        (named_as_in_the_standard_library, 1, 2, 1, 3),
        (wrapping, 1, 2, 1, 3),
    ],
)
def test_the_second_variant_gives_its_own_value(make, one, other, given, wanted):
    compile_function(make(one))(given)
    result = compile_function(make(other))(given)
    assert (result, type(result)) == (wanted, type(wanted))


def test_types_of_a_helpers_variables_are_seen():
    assert compile_function(jitted())(3.0) == 3.75
    assert compile_function(jitted(locals={"y": numba.int64}))(3.0) == 3


def test_options_of_a_helper_are_seen():
    with pytest.raises(ZeroDivisionError):
        compile_function(dividing("python"))(0.0)
    assert compile_function(dividing("numpy"))(0.0) == np.inf


def dividing(error_model):
    helper = numba.njit(error_model=error_model)(lambda x: 1.0 / x)
    return lambda x: helper(x)


def test_what_numba_compiles_in_place_of_a_function_is_seen():
    assert [kernel(overloaded(value))(1) for value in (1, 2)] == [2, 3]


def test_fields_of_a_namedtuple_argument_are_seen():
    kinds = [collections.namedtuple("kind", names) for names in ("a b", "b a")]
    assert [kernel(lambda limits: limits.a)(kind(1.0, 2.0)) for kind in kinds] == [1.0, 2.0]


def test_a_function_argument_is_seen():
    helpers = [numba.njit(adding(value)) for value in (1, 2)]
    assert [kernel(lambda helper, x: helper(x))(helper, 1) for helper in helpers] == [2, 3]


def test_what_changes_while_it_is_compiled_is_not_kept(cache, monkeypatch):
    contents = (f"{number:064x}" for number in itertools.count())
    monkeypatch.setattr(disk_cache, "fingerprint", lambda *_: next(contents))
    assert kernel(adding(1))(1) == 2
    assert not cache.exists()


@pytest.mark.parametrize(("contents", "kept"), [("ab", 2), ("aa", 1), ((None, None), 0)])
def test_what_another_compiler_of_ours_has_compiled_is_not_used(cache, monkeypatch, contents, kept):
    for content in contents:
        monkeypatch.setattr(disk_cache, "sources", lambda content=content: content)
        assert kernel(adding(1))(1) == 2
    assert len(list(cache.rglob("*.bin"))) == kept


def test_every_module_of_the_compiler_counts(tmp_path, monkeypatch):
    directory = tmp_path / "kernels"
    shutil.copytree(Path(sources.__file__).parent, directory, ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.setattr(sources, "__file__", str(directory / "sources.py"))
    for changed in ("bytecode.py", "records/plan.py"):
        before = sources.sources.__wrapped__()
        (directory / changed).write_text((directory / changed).read_text() + "# changed")
        assert sources.sources.__wrapped__() != before


HELPERS = """
import sys
import numpy as np
from numba import njit
from murk_env.kernels import kernel

def make(constant):
    @njit{signature}
    def add(x):
        y = 0.0
{body}
        return constant if y == y else y
    return add

def calling(helper):
    return kernel(lambda x: helper(x) + x)

two = make(2.0)
if sys.argv[1] == "first":
    print(calling(make(1.0))(10.0))
else:
    kernel(lambda x: two(x))(10.0)
    one = calling(make(1.0))
    one(10.0)
    print(kernel(lambda x: two(x) * 100.0 + one(x))(10.0))
"""
LONG = "\n".join(  # so that it is not inlined
    f"        for i in range(int(x) % {7 + k}):\n"
    f"            y = np.sin(y) + i - np.cos(y) / (i + {k + 1}) + np.exp(-y * y) * np.log(1 + abs(y))"
    for k in range(6)
)


@pytest.mark.slow
@pytest.mark.parametrize("signature", ["", "('float64(float64)')"], ids=["lazy", "declared"])
def test_equally_named_helpers_of_an_author_do_not_replace_each_other_across_processes(tmp_path, signature):
    script = tmp_path / "script.py"
    script.write_text(HELPERS.replace("{body}", LONG).replace("{signature}", signature))
    printed = [
        subprocess.run([sys.executable, script, which], check=True, capture_output=True, text=True).stdout
        for which in ("first", "second")
    ]
    assert printed == ["11.0\n", "211.0\n"]


def test_a_versioned_package_is_told_by_where_it_lies(tmp_path, monkeypatch):
    mine = types.ModuleType("trace")
    mine.__spec__ = importlib.util.spec_from_file_location("trace", tmp_path / "trace.py")
    monkeypatch.setitem(sys.modules, "trace", mine)
    monkeypatch.setattr(namespaces, "is_versioned", namespaces.is_versioned.__wrapped__)
    assert not namespaces.is_versioned("trace")
    assert all(map(namespaces.is_versioned, ("math", "enum", "json.decoder", "numpy.linalg", "builtins")))


class Indescribable(int):
    def __repr__(self):
        return "the same"


def test_numbers_of_an_authors_own_class_are_told_apart():
    assert fingerprint(Indescribable(1)) != fingerprint(Indescribable(2))


class Shade(enum.IntEnum):
    DARK = 1
    LIGHT = 2


Pair = collections.namedtuple("Pair", "first second")


@pytest.mark.parametrize("known", [Shade, Pair, ValueError, np.float32, numba.int64])
def test_a_class_that_numba_knows_has_a_fingerprint(known):
    assert fingerprint(known) == fingerprint(known) != fingerprint(object)


def test_options_of_a_set_are_described_in_an_order_of_their_own():
    flags = {"nnan", "ninf", "nsz", "arcp"}
    assert tuple(sorted(flags)) in dict(options_of(numba.njit(fastmath=flags)(adding(1)))[1]).values()
