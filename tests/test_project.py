"""The project around the code: layers, public names, the wheel, the README, the layout."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TypeVar

import pytest

from tests.versions import since

ROOT = Path(__file__).parent.parent
PACKAGES = ("murk_arena", "murk_env", "murk_envs")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run_python(code, directory, **environment):
    """What a fresh interpreter prints; it fails the test when the interpreter fails or warns."""
    command = [sys.executable, "-W", "error", "-c", code]
    result = subprocess.run(
        command, cwd=directory, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def modules_loaded_by(package, directory):
    """The top-level modules that importing `package` adds to a fresh interpreter."""
    before = run_python("import sys; print(*sys.modules)", directory).split()
    after = run_python(f"import sys, {package}; print(*sys.modules)", directory).split()
    return {name.partition(".")[0] for name in set(after) - set(before)}


# Layers


@since("numpy", "2.0")
def test_murk_arena_loads_only_numpy_and_the_standard_library(tmp_path):
    loaded = modules_loaded_by("murk_arena", tmp_path) - sys.stdlib_module_names
    assert loaded - {"__mp_main__"} == {"murk_arena", "numpy"}  # multiprocessing's second name of __main__


@pytest.mark.slow
def test_a_public_name_loads_no_propagator_but_its_own(tmp_path):
    program = "import murk_env; murk_env.Diffusion; import sys; print(*sys.modules)"
    loaded = set(run_python(program, tmp_path).split())
    assert "murk_env.propagators.diffusion" in loaded
    assert not loaded & {"murk_env.propagators.fire", "murk_env.faces.vector", "murk_env.recording"}
    program = "from murk_env import *; print(MurkVectorEnv.__module__, Fire.__module__)"
    assert run_python(program, tmp_path).split() == ["murk_env.faces.vector", "murk_env.propagators.fire"]


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("package", "unwanted"),
    [
        ("murk_env", {"murk_envs", "numpy", "numba", "gymnasium", "typer", "rich"}),
        ("murk_env, murk_env.door", {"murk_envs", "pettingzoo", "pygame", "torch", "matplotlib", "typer"}),
        ("murk_envs", {"murk_env", "numba", "pettingzoo", "pygame", "torch", "matplotlib"}),
    ],
)
def test_a_package_does_not_load_what_its_users_may_not_need(package, unwanted, tmp_path):
    loaded = modules_loaded_by(package, tmp_path)
    assert package.partition(",")[0] in loaded
    assert not loaded & unwanted


# Public names


def public_packages():
    packages = [importlib.import_module(name) for name in PACKAGES]
    inner = [found for top in packages for found in pkgutil.walk_packages(top.__path__, f"{top.__name__}.")]
    names = [found.name for found in inner if found.ispkg and "._" not in found.name]
    return [*packages, *map(importlib.import_module, names)]


def sorting_key(name):
    """Constants first, then classes, then the rest: the order that ruff keeps."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name


@pytest.mark.parametrize("package", public_packages(), ids=lambda package: package.__name__)
def test_all_is_sorted_and_true(package):
    names = list(package.__all__)
    assert names == sorted(set(names), key=sorting_key)
    assert [name for name in names if not hasattr(package, name)] == []


def is_promised(name, value, package):
    """Whether a name in the package looks public: our own, from no private module, no type variable."""
    module = getattr(value, "__module__", None) or ""
    ours = module.partition(".")[0] == package.__name__.partition(".")[0]
    return ours and "._" not in module and not name.startswith("_") and not isinstance(value, TypeVar)


@pytest.mark.parametrize("package", public_packages(), ids=lambda package: package.__name__)
def test_all_misses_nothing_public(package):
    promised = {name for name, value in vars(package).items() if is_promised(name, value, package)}
    assert promised - set(package.__all__) == set()


@pytest.mark.slow
def test_public_names_and_rooms_are_there_once_murk_env_is_imported():
    code = """
import murk_env
print("World" in dir(murk_env), murk_env.errors.MurkError.__name__, murk_env.Fcc12.__name__)
from murk_env import *
print(per_world.__name__, "Recording" in globals(), hasattr(murk_env, "nonsense"))
"""
    assert run_python(code, ROOT).split() == ["True", "MurkError", "Fcc12", "per_world", "False", "False"]


# The wheel


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder that holds the built wheel's contents and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        "--target",
        str(folder / "site"),
    ]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    return folder / "site"


@pytest.mark.slow
def test_the_wheel_holds_the_three_typed_packages_and_nothing_else(site):
    folders = {entry.name for entry in site.iterdir() if not entry.name.endswith(".dist-info")}
    assert folders - {"bin"} == set(PACKAGES)  # where pip puts the command
    assert all((site / package / "py.typed").exists() for package in PACKAGES)


@pytest.mark.slow
def test_the_wheel_works_outside_the_checkout(site, tmp_path):
    code = """
import gymnasium, murk_arena, murk_env, murk_envs
env = gymnasium.make("murk/HeatSeeker-v0")
env.reset(seed=0)
env.step(env.action_space.sample())
for package in (murk_arena, murk_env, murk_envs):
    print(package.__file__)
"""
    printed = run_python(code, tmp_path, PYTHONPATH=str(site))
    assert [Path(line).parent for line in printed.split()] == [site / package for package in PACKAGES]


# The README


def code_blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_two_commands_need_only_python_and_pip():
    commands = code_blocks("sh")
    assert [command.count("\n") for command in commands] == [1, 1]
    assert all(command.startswith("python3 -m venv .venv && .venv/bin/pip install ") for command in commands)
    assert "examples/quickstart.py" in commands[0]
    assert commands[1].endswith("&& .venv/bin/python -m pytest\n")


def test_ci_runs_exactly_the_test_command_of_the_readme():
    _, test_command = code_blocks("sh")
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert test_command.strip() in lines
    assert "make check" in lines
    assert "make test-all" in lines


@pytest.mark.slow
@since("pettingzoo", "1.27")
def test_the_examples_print_what_their_comments_say(tmp_path):
    example = "\n".join(code_blocks("python"))  # read from top to bottom
    promised = re.findall(r"^print\(.*\)  # (.*)$", example, flags=re.MULTILINE)
    assert run_python(example, tmp_path).splitlines() == promised
    assert promised


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_links_to_files_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_extra_that_is_named_is_there():
    pages = [
        ROOT / "README.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("murk_env/**/*.py"),
        ROOT / "pyproject.toml",
    ]
    texts = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    named = re.findall(r"(?:murk-env|-e \"\.)\[([\w,]+)\]", texts)
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    assert {extra for names in named for extra in names.split(",")} - set(known) == set()
    assert len(named) > 20


# The layout


def test_the_top_level_is_as_designed():
    folders = ["murk_arena", "murk_env", "envs/murk_envs", "tests", "examples", "benchmarks", "docs"]
    files = [
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Makefile",
        ".ci/run",
    ]
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_the_changelog_and_the_citation_have_the_current_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(
        r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert versions[0] == project["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {project['version']}\n" in citation
