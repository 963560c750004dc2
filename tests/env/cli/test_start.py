"""How the command begins and ends: what it loads, its exit codes, its help."""

import subprocess
import sys

import pytest

from murk_env.cli import main
from murk_env.cli.app import app
from murk_env.cli.arguments import _known_ids
from tests.env.cli.calling import murk

HEAVY = {"numpy", "numba", "gymnasium", "matplotlib", "PIL", "pygame", "torch", "murk_envs"}


def run(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_nothing_heavy_is_loaded_before_a_command_begins():
    loaded = run("import sys, murk_env.cli.app; print(*sys.modules)").stdout.split()
    assert "typer" in loaded
    assert not HEAVY & set(loaded)


@pytest.mark.slow
def test_a_list_compiles_and_builds_nothing():
    code = "import sys; from murk_env.cli.app import run; run(['list']); print(*sys.modules)"
    loaded = run(code).stdout.splitlines()[-1].split()
    assert "murk_envs" in loaded
    assert not {"numba", "murk_envs.heat_seeker"} & set(loaded)


def test_without_typer_it_says_what_to_install():
    result = run("import sys; sys.modules['typer'] = None; from murk_env.cli import main; main(['list'])")
    assert result.returncode == 3
    assert result.stderr == 'murk: the command needs typer and rich: pip install "murk-env[cli]"\n'


def test_a_module_of_our_own_that_is_missing_is_no_missing_typer(monkeypatch):
    monkeypatch.setitem(sys.modules, "murk_env.cli.app", None)
    with pytest.raises(ModuleNotFoundError, match="murk_env"):
        main(["list"])


@pytest.mark.parametrize("name", sorted(str(command.name) for command in app.registered_commands))
def test_every_command_has_help_with_examples(name):
    result = murk(name, "--help")
    assert result.exit_code == 0
    assert f"murk {name}" in result.output.partition("Examples:")[2]


def test_help_breaks_lines_where_the_terminal_does():
    (command,) = (one for one in app.registered_commands if one.name == "bench")
    assert command.help is not None
    first, second = command.help.split("\n\n")
    assert "\n" not in first + second
    assert second.startswith(
        "One world, and a batch. A step of a batch is also given in copies of its observations, "
    )


@pytest.mark.parametrize(
    ("typed", "known"),
    [("heat", ["HeatControl", "HeatSeeker"]), ("murk/HeatS", ["murk/HeatSeeker-v0"]), ("Nothing", [])],
)
def test_a_shell_completes_names_and_ids(typed, known):
    assert _known_ids(typed) == known


def test_an_unknown_command_is_compared_with_those_that_are_there():
    result = murk("sow")
    assert result.exit_code == 2
    assert "Did you mean 'show'?" in result.stderr


@pytest.mark.slow
def test_a_pipe_that_nobody_reads_is_no_failure():
    command = [sys.executable, "-m", "murk_env", "cache"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_ctrl_c_ends_with_one_line(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("murk_env.cli.listing.table", interrupt)
    result = murk("list")
    assert (result.exit_code, result.stderr, result.stdout) == (130, "murk: interrupted\n", "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("HeatSeker", "did you mean 'HeatSeeker'?"),
        ("murk/HeatSeeker-v7", "did you mean 'murk/HeatSeeker-v0'?"),
        ("no_such_module:Pond", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("murk_envs.heat_seeker:HeatSeker", "is not there; did you mean 'HeatSeeker'?"),
        ("murk_envs.heat_seeker:settled", "is not a subclass of MurkEnv; known: HeatSeeker."),
    ],
)
def test_an_unknown_environment_ends_with_a_hint(name, said):
    result = murk("show", name)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_class_whose_module_fails_says_where(tmp_path, monkeypatch):
    (tmp_path / "broken_pond.py").write_text("import murk_env\n\n1 / 0\n")
    monkeypatch.chdir(tmp_path)
    result = murk("show", "broken_pond:Pond")
    assert result.exit_code == 2
    assert "broken_pond cannot be imported: ZeroDivisionError: division by zero" in result.stderr
    assert "broken_pond.py, line 3)" in result.stderr
