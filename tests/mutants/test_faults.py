import ast
from pathlib import Path

import pytest

from tests.mutants.faults import SOURCES, draw, faults_in, rooms
from tests.mutants.kinds import KINDS

ROOT = Path(__file__).parents[2]
SAMPLE = '''"""Says 1 < 2."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Kind", "run"]

Kind = Literal[1, 2]


def run(much: "tuple[int, 1]", é: Literal[3] = 3, *, on: bool = True) -> bool:
    """Whether 4 < 5, for example."""
    assert much > 6
    if much < é and not on:
        raise ValueError(f"{much + 7} is too much: {8}" + str(9))
    called("é", much); much += much > 0
    found = [
        much,
        "a",  # or b
    ]
    found = sorted(found, key=lambda value: -value)
    return (
        much < é
        or on
    )


if __name__ == "__main__":
    run(10)


@overload
def said(much: int = 2) -> int: ...
'''
SAMPLE_FAULTS = list(faults_in(SAMPLE, "sample.py"))


TREE = rooms(str(path.relative_to(ROOT)) for name in SOURCES for path in (ROOT / name).rglob("*.py"))


@pytest.fixture(scope="module")
def drawn():
    return draw(ROOT, TREE, 100, seed=3)


def written(before, after):
    """What the sample's faults of one text make of it."""
    return [fault.kind for fault in SAMPLE_FAULTS if (fault.before, fault.after) == (before, after)]


def test_every_kind_of_fault_occurs():
    assert {fault.kind for fault in SAMPLE_FAULTS} == set(KINDS)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("much > 0", "(much >= 0)", "comparison"),
        ("3", "4", "boundary"),
        ("3", "2", "boundary"),
        ("much += much > 0", "much -= much > 0", "arithmetic"),
        ("much < é and not on", "(much < é or not on)", "and, or"),
        ("much += much > 0", "pass", "dropped statement"),
        ("much < é and not on", "(not (much < é and (not on)))", "negated condition"),
        ("True", "False", "true, false"),
        ('called("é", much)', "called(much, 'é')", "swapped arguments"),
        ("much < é\n        or on", "(True\n)", "returned constant"),
        ("not on", "on", "dropped not"),
        ('[\n        much,\n        "a",  # or b\n    ]', "([much]\n\n\n)", "removed element"),
    ],
)
def test_a_kind_replaces_a_node(before, after, kind):
    assert written(before, after) == [kind]


def test_a_statement_is_dropped_only_if_its_name_has_a_value_without_it():
    dropped = [fault.line for fault in SAMPLE_FAULTS if fault.after == "pass"]
    assert dropped == [18, 18, 23]  # not the first of the two assignments to found


def test_docstrings_messages_annotations_and_what_is_no_behaviour_stay():
    seen = {fault.line for fault in SAMPLE_FAULTS}
    assert seen == {13, 16, 18, 19, 23, 25}
    assert not any(digit in fault.before for fault in SAMPLE_FAULTS for digit in "2456789")


@pytest.mark.parametrize("fault", SAMPLE_FAULTS, ids=lambda fault: f"{fault.line}-{fault.kind}")
def test_a_fault_changes_the_program_and_moves_no_line(fault):
    planted = fault.planted(SAMPLE)
    assert ast.dump(ast.parse(planted)) != ast.dump(ast.parse(SAMPLE))
    assert planted.count("\n") == SAMPLE.count("\n")
    end = fault.line + fault.before.count("\n")
    assert planted.split("\n")[: fault.line - 1] == SAMPLE.split("\n")[: fault.line - 1]
    assert planted.split("\n")[end:] == SAMPLE.split("\n")[end:]


def test_a_fault_is_planted_only_where_its_text_stands():
    with pytest.raises(ValueError, match=r"sample\.py has changed: .* is not in line"):
        SAMPLE_FAULTS[0].planted("\n" + SAMPLE)


def test_a_fault_is_told_in_one_line():
    (fault,) = (fault for fault in SAMPLE_FAULTS if fault.after == "on")
    assert fault.diff(SAMPLE) == (
        "sample.py:16:20 (dropped not)  - if much < é and not on:  + if much < é and on:"
    )


@pytest.mark.slow
def test_a_seed_draws_the_same_faults_again_and_another_one_others():
    arena = {"murk_arena": TREE["murk_arena"]}
    first, again, other = (draw(ROOT, arena, 30, seed) for seed in (1, 1, 2))
    assert first == again
    assert len(set(first)) == 30
    assert first != other


@pytest.mark.slow
def test_faults_are_spread_evenly_over_rooms(drawn):
    counts = {room: sum(fault.path in modules for fault in drawn) for room, modules in TREE.items()}
    assert sum(counts.values()) == 100
    for room, count in counts.items():
        if count < max(counts.values()) - 1:  # a room that has no more
            assert len(draw(ROOT, {room: TREE[room]}, 100, seed=1)) == count


def test_a_room_that_has_no_more_faults_leaves_the_others_theirs(tmp_path):
    (tmp_path / "small.py").write_text("a = True\n")
    (tmp_path / "large.py").write_text("a = [1, 2, 3]\n")
    drawn = draw(tmp_path, {"small": ["small.py"], "large": ["large.py"]}, 100, seed=0)
    assert [fault.path for fault in drawn].count("small.py") == 1
    assert [fault.path for fault in drawn].count("large.py") == 9


@pytest.mark.slow
def test_faults_drawn_from_the_packages_parse(drawn):
    for fault in drawn:
        source = (ROOT / fault.path).read_text(encoding="utf-8")
        assert ast.dump(ast.parse(fault.planted(source))) != ast.dump(ast.parse(source))
