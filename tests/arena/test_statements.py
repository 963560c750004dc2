"""The table in docs/arena.md covers every statement about the reference arena, and tells the truth."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "arena.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.+) \|$", PAGE, re.MULTILINE)


def test_every_statement_has_one_row():
    assert [int(number) for number, _ in ROWS] == list(range(1, 119))


def test_every_row_names_a_test_or_a_reason():
    for number, text in ROWS:
        assert re.match(r"`tests/arena/|different on purpose: \w+", text), number


def test_every_named_test_exists():
    named = {tuple(name.split("::")) for _, text in ROWS for name in re.findall(r"`(tests/[^`]+)`", text)}
    existing = {
        (path, node.name)
        for path in {path for path, _ in named}
        for node in ast.parse((ROOT / path).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert named - existing == set()


def test_the_example_on_the_page_runs():
    names = {}
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(example, names)
    assert (names["checkpoint"].read(names["heat"].id) == 1.0).all()
