"""Files of the disk cache run nothing: what somebody else may have written is not read, and nothing hangs."""

import hashlib
import os
import pickle
import shutil
import stat
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from murk_env.errors import SettingError
from murk_env.kernels import cache_directory, cache_files, cached_code, kernel, numba_internals
from murk_env.kernels.cache_files import read, write

NAME = f"f-{'0' * 64}.bin"
OTHER = f"f-{'1' * 64}.bin"
posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are those of POSIX")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(tmp_path / "cache"))
    cache_directory._warn.cache_clear()
    cache_files._sizes.clear()
    return tmp_path / "cache"


@pytest.fixture
def written(cache):
    write(cache, NAME, b"content")
    assert read(cache, NAME) == b"content"
    return cache


@posix
@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077, 0o277])
def test_what_we_make_is_this_users_alone_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        write(tmp_path / "above" / "cache", NAME, b"content")
    finally:
        os.umask(before)
    made = [tmp_path / "above", tmp_path / "above" / "cache"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in made] == [0o700, 0o700]
    assert stat.S_IMODE((made[1] / NAME).stat().st_mode) & 0o077 == 0


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_directory_that_others_may_write_is_not_used(written, mode):
    written.chmod(mode)
    warned = pytest.warns(RuntimeWarning, match=rf"can be written by others \(mode {mode:04o}\).*chmod 700")
    with warned, pytest.raises(PermissionError):
        read(written, NAME)
    with pytest.raises(PermissionError):  # and says so once
        write(written, OTHER, b"content")


@posix
def test_another_users_directory_is_not_used(written, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with (
        pytest.warns(RuntimeWarning, match=r"belongs to another user \(uid \d+\).*MURK_ENV_CACHE_DIR"),
        pytest.raises(PermissionError),
    ):
        read(written, NAME)


def loosened(file):
    file.chmod(0o620)


def linked(file):
    file.rename(file.parent / "elsewhere")
    file.symlink_to(file.parent / "elsewhere")


def linked_to_nothing(file):
    file.unlink()
    file.symlink_to(file.parent / "elsewhere")


def made_a_fifo(file):
    file.unlink()
    os.mkfifo(file, 0o600)


def made_a_directory(file):
    file.unlink()
    file.mkdir()


def made_enormous(file):
    os.truncate(file, 1 << 30)


CHANGES = [loosened, linked, linked_to_nothing, made_a_fifo, made_a_directory, made_enormous]


@posix
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_no_file_of_ours_alone_is_not_read_and_does_not_hang(written, change):
    change(written / NAME)
    with pytest.raises(OSError, match=r"."):
        read(written, NAME)


@posix
@pytest.mark.skipif(os.geteuid() != 0 if os.name == "posix" else True, reason="only root gives files away")
def test_another_users_file_is_not_read(written):
    os.chown(written / NAME, 12345, 12345)
    with pytest.raises(PermissionError):
        read(written, NAME)


@posix
@pytest.mark.parametrize("change", [loosened, linked, made_a_fifo])
def test_it_is_replaced_when_it_is_written_again(written, change):
    change(written / NAME)
    write(written, NAME, b"anew")
    assert read(written, NAME) == b"anew"


@posix
def test_a_cache_behind_a_link_is_used_if_it_is_ours(written, tmp_path):
    (tmp_path / "link").symlink_to(written)
    assert read(tmp_path / "link", NAME) == b"content"


def set_age(file, hours):
    moment = time.time() - hours * 3600
    os.utime(file, (moment, moment))


def test_the_least_recently_used_go_first(cache, monkeypatch):
    monkeypatch.setenv("MURK_ENV_CACHE_MB", "1")
    names = [f"f-{number:064x}.bin" for number in range(4)]
    for age, name in zip((400, 300, 200), names, strict=False):
        write(cache, name, bytes(300_000))
        set_age(cache / name, age)
    read(cache, names[0])  # the oldest is used
    write(cache, names[3], bytes(300_000))
    assert sorted(file.name for file in cache.iterdir()) == [names[0], names[2], names[3]]


def test_nothing_is_removed_that_is_not_the_caches(cache, monkeypatch):
    cache.mkdir(mode=0o700)
    (cache / "thesis.bin").write_bytes(bytes(2_000_000))
    monkeypatch.setenv("MURK_ENV_CACHE_MB", "0")
    write(cache, NAME, b"content")
    assert [file.name for file in cache.iterdir()] == ["thesis.bin"]


def test_what_killed_processes_have_left_is_removed(cache):
    cache.mkdir(mode=0o700)
    old, young = (cache / f"{NAME}.{digit * 32}" for digit in "ab")
    old.touch()
    young.touch()
    set_age(old, 2)
    write(cache, OTHER, b"content")
    assert not old.exists()
    assert young.exists()


@pytest.mark.parametrize("size", ["many", "-1", "1.5"])
def test_a_size_that_is_no_number_is_refused(monkeypatch, size):
    monkeypatch.setenv("MURK_ENV_CACHE_MB", size)
    with pytest.raises(SettingError, match=rf"MURK_ENV_CACHE_MB must be a whole number.*got '{size}'"):
        kernel(abs_of)


def test_a_relative_directory_is_refused(monkeypatch):
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", "cache")
    with pytest.raises(SettingError, match=r"MURK_ENV_CACHE_DIR must be an absolute path, got 'cache'"):
        kernel(abs_of)


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "LOCALAPPDATA", "HOME", "USERPROFILE"])
def test_a_relative_directory_of_the_platforms_is_ignored(monkeypatch, variable):
    monkeypatch.delenv("MURK_ENV_CACHE_DIR", raising=False)
    monkeypatch.setenv(variable, "relative")
    monkeypatch.setattr(sys, "platform", "win32" if variable == "LOCALAPPDATA" else sys.platform)
    directory = cache_directory.cache_directory()
    assert directory is None or (directory.is_absolute() and "relative" not in str(directory))


def abs_of(x):
    return abs(x)


def double_of(x):
    return 2 * x


def test_one_functions_file_over_anothers_is_not_taken_for_it(cache):
    assert kernel(abs_of)(-3) == 3
    [one] = cache.iterdir()
    assert kernel(double_of)(-3) == -6
    [other] = set(cache.iterdir()) - {one}
    shutil.copy(one, other)
    assert kernel(double_of)(-3) == -6


class Hostile:
    def __reduce__(self):
        return os.mkdir, (os.environ["MURK_TEST_RUN"],)


def test_a_hostile_pickle_runs_nothing(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("MURK_TEST_RUN", str(tmp_path / "ran"))
    assert kernel(abs_of)(-3) == 3
    [file] = cache.iterdir()
    content = hashlib.sha256(file.name[-68:-4].encode()).digest() + pickle.dumps(Hostile())
    file.write_bytes(hashlib.sha256(content).digest() + content)
    assert kernel(abs_of)(-3) == 3
    assert not (tmp_path / "ran").exists()


NAMES = [
    "os.system",
    "builtins.eval",
    "numba.core.serialize._numba_unpickle",
    "numba.types.np.load",
    "numpy.load",
]


@pytest.mark.parametrize("name", [*NAMES, "importlib.import_module", "numba.core.environment.importlib"])
def test_only_names_on_the_list_are_followed(name):
    module, _, attribute = name.rpartition(".")
    payload = f"c{module}\n{attribute}\n.".encode()
    with pytest.raises(
        pickle.UnpicklingError, match=r"a compiled function does not contain .*, but this file does"
    ):
        cached_code._read(payload)


@pytest.mark.parametrize("length", [0, 10, 40, 64, 80, -1])
def test_a_file_cut_anywhere_is_compiled_again(cache, length):
    assert kernel(abs_of)(-3) == 3
    [file] = cache.iterdir()
    file.write_bytes(file.read_bytes()[:length])
    assert kernel(abs_of)(-3) == 3


def test_a_functions_name_does_not_lead_out_of_the_directory(cache, tmp_path):
    def function(x):
        return x + 1

    function.__name__ = "../../up"
    assert kernel(function)(1) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    [file] = cache.iterdir()
    assert file.name.startswith("up-")


def test_what_is_read_again_is_what_was_kept(cache):
    @kernel
    def shift(values, by):
        return values + by

    again = kernel(shift.py_func)  # pyright: ignore[reportFunctionMemberAccess]
    shift(np.zeros(2, np.float32), 1.0)
    np.testing.assert_array_equal(again(np.zeros(2, np.float32), 1.0), [1.0, 1.0])
    assert sum(again.stats.cache_hits.values()) == 1


PLAYING = """
import gc, gymnasium, murk_envs
from numba.core.dispatcher import Dispatcher
envs = gymnasium.make_vec("murk/HeatSeeker-v0", 3)
envs.reset(seed=0)
envs.step(envs.action_space.sample())
print(sum(sum(one._cache_misses.values()) for one in gc.get_objects() if isinstance(one, Dispatcher)))
"""


@pytest.mark.slow
def test_a_second_process_compiles_nothing():
    settings = {name: value for name, value in os.environ.items() if name != "NUMBA_OPT"}  # as users have it

    def compiled():
        command = [sys.executable, "-c", PLAYING]
        played = subprocess.run(command, capture_output=True, text=True, check=True, env=settings)
        return int(played.stdout)

    assert compiled() == 0 or compiled() == 0  # the first may find the user's own cache without it


HASHING = """
from murk_env.kernels import kernel

@kernel
def hashed(text):
    return hash(text)

print(hashed("murk") == hash("murk"), sum(hashed.with_entry()._cache_hits.values()))
"""


@pytest.mark.slow
def test_code_that_refers_to_what_numba_defines_late_is_loaded_too(tmp_path):
    settings = os.environ | {"MURK_ENV_CACHE_DIR": str(tmp_path)}
    program = tmp_path / "hashing.py"
    program.write_text(HASHING, encoding="utf-8")

    def printed():
        command = [sys.executable, str(program)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=settings).stdout

    assert [printed(), printed()] == ["True 0\n", "True 1\n"]


class Context:
    """A target context that counts how often it is refreshed."""

    refreshed = 0

    def refresh(self):
        self.refreshed += 1


def test_only_code_that_needs_it_has_numba_load_what_its_compiler_knows(monkeypatch):
    initialised = []
    monkeypatch.setattr(numba_internals, "_runtime", SimpleNamespace(initialize=initialised.append))
    context = Context()
    numba_internals.prepare_to_load(context, b"... NRT_allocate ...")
    assert (context.refreshed, initialised) == (0, [context])
    numba_internals.prepare_to_load(context, b"... _numba_hashsecret_siphash_k0 ...")
    assert (context.refreshed, initialised) == (1, [context])
    monkeypatch.setattr(numba_internals, "_runtime", None)  # a numba that has it elsewhere
    numba_internals.prepare_to_load(context, b"")
    assert context.refreshed == 2
