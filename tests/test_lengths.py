"""Modules, functions and environments stay as short as CONTRIBUTING.md says."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = [path for name in ("murk_arena", "murk_env", "envs") for path in (ROOT / name).rglob("*.py")]
TESTS = list((ROOT / "tests").rglob("*.py"))
LONG = {"lattice/base.py", "murk_arena/pingpong.py", "murk_arena/write.py"}  # docs/decisions/smaller.md


def length(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path):
    """Every function, with its number of lines but for those of its docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            is_docstring = ast.get_docstring(node, clean=False) is not None
            told = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - told


@pytest.mark.parametrize(("paths", "most"), [(PACKAGES, 300), (TESTS, 400)], ids=["packages", "tests"])
def test_modules_are_short(paths, most):
    long = {"/".join(path.parts[-2:]) for path in paths if length(path) > most}
    assert long - LONG == set()


@pytest.mark.slow
def test_functions_have_40_lines_at_most_without_their_docstrings():
    long = [f"{path.name}: {name}" for path in PACKAGES for name, lines in functions(path) if lines > 40]
    assert long == []


def test_environments_have_170_lines_at_most():
    assert [path.name for path in (ROOT / "envs/murk_envs").glob("*.py") if length(path) > 170] == []
