"""The tables of parameters in docs/environments: `python -m tests.parameter_tables` writes them again.

They follow from each class's `Params`, and `test_docs.py` compares them.
"""

import math
import re
from dataclasses import MISSING
from fractions import Fraction
from pathlib import Path

import murk_envs
from murk_env.author.params import Knob, knobs_of

__all__ = ["PAGES", "page_with_table", "table"]

FOLDER = Path(__file__).parents[1] / "docs" / "environments"
PAGES = {
    name: FOLDER / f"{module.rpartition('.')[2]}.md"
    for name, (_, module, *_) in murk_envs.ENVIRONMENTS.items()
}
_HUGE = 1e9  # from here on powers of ten are easier to read than zeros
_HEAD = "| parameter | default | range | meaning |\n|---|---|---|---|\n"


def table(name: str) -> str:
    """Return the table of an environment's parameters, in Markdown."""
    rows = [
        f"| `{knob.name}` | {_default(knob)} | {_range(knob)} | {_escaped(knob.doc)} |\n"
        for knob in knobs_of(getattr(murk_envs, name).Params).values()
    ]
    return _HEAD + "".join(rows)


def page_with_table(name: str) -> str:
    """Return an environment's page with the table in the place of the one it has."""
    page = PAGES[name].read_text(encoding="utf-8")
    changed, found = re.subn(
        r"(?<=^## Parameters\n\n)\| parameter .*?(?=^\n)", table(name), page, flags=re.MULTILINE | re.DOTALL
    )
    assert found == 1, f"{PAGES[name]} has no table below ## Parameters"
    return changed


def _default(knob: Knob) -> str:
    if knob.default is MISSING:
        return ""
    if isinstance(knob.default, float) and knob.default >= _HUGE:
        return _number(knob.default)
    return f'`"{knob.default}"`' if isinstance(knob.default, str) else repr(knob.default)


def _range(knob: Knob) -> str:
    if knob.choices:
        return ", ".join(f'`"{choice}"`' for choice in knob.choices)
    return "" if knob.range is None else f"{_number(knob.range.low)} to {_number(knob.range.high)}"


def _number(value: float) -> str:
    if value >= _HUGE:
        return f"{value:g}".replace("e+0", "e").replace("e+", "e")
    if value == math.floor(value):
        return f"{value:,.0f}"
    share = Fraction(value).limit_denominator(12)
    return str(share) if float(share) == value and len(repr(value)) > 6 else repr(value)


def _escaped(text: str) -> str:
    return text.replace("**2", "²")


if __name__ == "__main__":
    for _name, _page in PAGES.items():
        _page.write_text(page_with_table(_name), encoding="utf-8")
