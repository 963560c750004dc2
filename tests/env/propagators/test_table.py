"""The tables in docs/propagators.md: every propagator is in them, and every mark and every name is true."""

import dataclasses
import math
import re
from pathlib import Path

import pytest

from murk_env import propagators
from murk_env.errors import PipelineError
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.propagators import Propagator
from murk_env.world import World
from tests.env.propagators.subjects import SUBJECTS

PAGE = Path(__file__).parents[3] / "docs" / "propagators.md"
EDGES = ("absorb", "clamp", "wrap")
LATTICES = {
    "Line1D": [Line1D(7, edge) for edge in EDGES],
    "Ring1D": [Ring1D(6)],
    "Square4": [Square4(4, 5, edge) for edge in EDGES],
    "Square8": [Square8(4, 5, edge) for edge in EDGES],
    "Hex2D": [Hex2D(4, 5, edge) for edge in ("absorb", "wrap")],
    "Fcc12": [Fcc12(4, 4, 2, edge) for edge in EDGES],
    "Product": [Product(Square4(3, 4), Line1D(2)), Product(Hex2D(3, 2, "wrap"), Ring1D(3))],
}


def tables():
    """The rows of each table by propagator, each a cell by column."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    for block in blocks:
        header, _, *rows = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in block.splitlines()
        ]
        yield {row[0].strip("`"): dict(zip(header, row, strict=True)) for row in rows}


ROWS, SETTINGS, *_ = tables()  # the first two of the page
MARKS = [
    pytest.param(subject, lattice, column, id=f"{subject}-{lattice!r}")
    for subject in SUBJECTS
    for column, lattices in LATTICES.items()
    for lattice in lattices
]


def test_every_propagator_and_every_lattice_is_in_the_table():
    exported = [getattr(propagators, name) for name in propagators.__all__]
    names = [
        value.__name__ for value in exported if isinstance(value, type) and issubclass(value, Propagator)
    ]
    assert list(ROWS) == list(SETTINGS) == sorted(name for name in names if name != "Propagator")
    assert all(set(LATTICES) < set(row) for row in ROWS.values())


@pytest.mark.few(60)
@pytest.mark.parametrize(("subject", "lattice", "column"), MARKS)
def test_every_mark_is_what_happens(subject, lattice, column):
    fields = subject.declare(lattice)
    made = subject.of(fields)
    try:
        World(lattice, fields, [made], num_agents=subject.num_agents, dt=1e-6)
        mark = "✓"
    except PipelineError:
        mark = "no"
    assert mark == ROWS[type(made).__name__][column]


@pytest.mark.parametrize("subject", SUBJECTS, ids=repr)
def test_the_time_step_is_unlimited_where_the_table_says_so(subject):
    made = subject.of(subject.declare(Square4(4, 5)))
    unlimited = math.isinf(made.max_dt(Square4(4, 5)))
    assert unlimited == (ROWS[type(made).__name__]["stable for dt up to"] == "every dt")


def named(row, column):
    return re.findall(r"`(\w+)`", SETTINGS[row][column])


@pytest.mark.parametrize(
    "kind", sorted({type(subject.of(subject.declare())) for subject in SUBJECTS}, key=repr)
)
def test_every_setting_is_named_where_it_belongs(kind):
    settings = {
        field.name: "Parameter" in str(field.type) or "Boundary" in str(field.type)
        for field in dataclasses.fields(kind)
        if "Field" not in str(field.type) or "Parameter" in str(field.type)
    }
    row = kind.__name__
    assert named(row, "number or parameter") == [name for name, varies in settings.items() if varies]
    assert named(row, "the same in all worlds") == [name for name, varies in settings.items() if not varies]


def units_tied_by(subject):
    """The names of the fields whose units must agree, and of the settings in their units."""
    fields = subject.declare()
    made = subject.of(fields)
    tied = {field for group in made.same_units if len(set(group)) > 1 for field in group}
    tied |= {fields[name] for name in subject.measured.values()}
    own = {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
    names = {name for name, value in own.items() if any(value is field for field in tied)}
    return names | {subject.parts.get(name, name) for name in subject.measured}


@pytest.mark.parametrize("row", SETTINGS)
def test_the_units_that_must_agree_are_named(row):
    subjects = [subject for subject in SUBJECTS if type(subject.of(subject.declare())).__name__ == row]
    assert set(named(row, "units that agree")) == set().union(*map(units_tied_by, subjects))
