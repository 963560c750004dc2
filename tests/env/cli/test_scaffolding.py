"""`murk new`: four kinds of project, whose tests and checks pass."""

import itertools
import os
import subprocess
import sys
import tomllib

import gymnasium
import pytest

from murk_env.cli.facts import facts_of
from murk_env.cli.scaffolding import files_of
from tests.env.cli.calling import murk

KINDS = list(itertools.product([False, True], repeat=2))


@pytest.mark.parametrize(("agents", "pde"), KINDS)
def test_a_project_has_no_trace_of_its_template(agents, pde):
    files = files_of("tide_pool", agents=agents, pde=pde)
    assert ("src/tide_pool/bloom.py" in files) == pde
    for path, text in files.items():
        assert "#:" not in text, path
        assert "$" not in text.replace("${{ matrix.python }}", ""), path
        assert max(map(len, text.splitlines()), default=0) <= 120, path
        if path.endswith(".py"):
            compile(text, path, "exec")
    project = tomllib.loads(files["pyproject.toml"])
    assert project["project"]["entry-points"]["murk_env.environments"] == {"tide_pool": "tide_pool"}


@pytest.mark.few(2)
@pytest.mark.parametrize(("agents", "pde"), KINDS)
def test_a_projects_environment_can_be_built(agents, pde, tmp_path, monkeypatch):
    name = f"pool_{agents}_{pde}".lower()
    options = ["--agents"] * agents + ["--pde"] * pde
    assert murk("new", name, "--in", tmp_path, *options).exit_code == 0
    monkeypatch.syspath_prepend(tmp_path / name / "src")
    module = __import__(f"{name}.environment", fromlist=["*"])
    facts = facts_of(getattr(module, module.__all__[0]))
    assert list(facts.six) == ["Observation", "Action", "Reward", "Ends", "Start"]
    assert facts.agents == ("3 swimmer" if agents else "")
    assert len(facts.blueprint.propagators) == pde


def test_what_is_said_above_the_class_is_what_the_package_registers(tmp_path, monkeypatch):
    murk("new", "brook", "--in", tmp_path)
    source = tmp_path / "brook" / "src" / "brook" / "environment.py"
    text = source.read_text()
    source.write_text(text.replace("brook/Brook-v0", "brook/River-v1").replace("_steps=100", "_steps=50"))
    monkeypatch.syspath_prepend(tmp_path / "brook" / "src")
    __import__("brook")
    assert gymnasium.spec("brook/River-v1").max_episode_steps == 50
    assert "brook/Brook-v0" not in gymnasium.registry


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("My-pond", "'my_pond' can"),
        ("class", "it is a word of Python's"),
        ("3pond", "cannot be a package's name: small letters"),
        ("random", "is the name of another package"),
        ("numpy", "is the name of another package"),
        ("murk_arena", "is the name of another package"),
        ("there", "exists; choose another name"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name, said, tmp_path):
    (tmp_path / "there").mkdir()
    result = murk("new", name, "--in", tmp_path)
    assert result.exit_code == 2
    assert said in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.slow
@pytest.mark.parametrize(("agents", "pde"), KINDS)
def test_a_projects_tests_and_checks_pass(agents, pde, tmp_path):
    murk("new", "pond", "--in", tmp_path, *["--agents"] * agents, *["--pde"] * pde)
    paths = os.pathsep.join([str(tmp_path / "pond" / "src"), os.environ.get("PYTHONPATH", "")])
    for command in (["pytest", "-q"], ["murk_env", "check", "pond.environment:Pond", "--set", "size=3"]):
        result = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path / "pond",
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
