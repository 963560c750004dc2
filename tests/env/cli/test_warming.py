"""`murk warm`, `murk cache`: what is compiled is kept, found again, counted and removed."""

import subprocess
import sys

import pytest

from murk_env.kernels.cache_files import kept
from tests.env.cli.calling import murk
from tests.small import SMALL


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of its own, and empty."""
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ["HeatSeeker", "HexPursuit"])
def test_warm_makes_every_form(name):
    small = {key: value for key, value in SMALL[name].items() if key != "max_episode_steps"}
    settings = [word for key, value in small.items() for word in ("--set", f"{key}={value}")]
    result = murk("warm", name, *settings, "--all-modes")
    assert result.exit_code == 0
    assert "1 environment(s), 4 forms in" in result.stdout


@pytest.mark.slow
def test_what_is_warm_is_compiled_by_no_other_process(cache):
    command = [sys.executable, "-m", "murk_env", "warm", "HeatSeeker", "--set", "size=3"]
    first, second = (
        subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert "functions compiled" in first
    assert "everything was compiled before" in second


def test_parameters_are_for_one_environment():
    result = murk("warm", "--set", "size=3")
    assert result.exit_code == 2
    assert "--set is for one environment" in result.stderr


def test_cache_counts_and_clears_its_own_files(cache):
    cache.mkdir(mode=0o700)
    name = f"step-{'0' * 64}.bin"
    (cache / name).write_bytes(b"12345")
    (cache / name).chmod(0o600)
    (cache / "notes.txt").write_text("mine")
    assert kept(cache) == (1, 5)
    assert "kept: 1 functions, 0.0 MB of at most 1,000 MB" in murk("cache").stdout
    assert "removed: 1 functions" in murk("cache", "--clear").stdout
    assert [path.name for path in cache.iterdir()] == ["notes.txt"]


def test_a_cache_that_is_not_there_is_empty(cache):
    assert "kept: 0 functions" in murk("cache").stdout
    assert "removed: 0 functions" in murk("cache", "--clear").stdout
