"""The figures in the README and the page of environments, stored in one file and inserted into the pages.

    python -m benchmarks.figures           # measure all, write benchmarks/figures.json and the pages
    python -m benchmarks.figures Wildfire  # measure only this one; the others are kept
    python -m benchmarks.figures --pages   # only write the pages, from the file

They are the results of `murk bench` on the machine that the file names. Ratios hold elsewhere; rates do not.
"""

import argparse
import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import murk_envs
from benchmarks.machine import describe
from murk_env.cli.rates import measure

__all__ = ["FILE", "PAGES", "page_with_figures"]

ROOT = Path(__file__).parent.parent
FILE = ROOT / "benchmarks" / "figures.json"
WORLDS = 1024
BEGIN, END = "<!-- figures: python -m benchmarks.figures -->", "<!-- end of figures -->"


def measured(names: Sequence[str], seconds: float) -> dict[str, Any]:
    """Return the machine and, by environment, what `murk bench` measures on one thread."""
    rates = {name: measure(getattr(murk_envs, name), {}, WORLDS, 1, seconds) for name in names}
    return {"machine": describe(), "rates": rates}


def for_readme(found: Mapping[str, Any]) -> str:
    """Return the sentences of the README."""
    one = found["rates"]["HeatSeeker"]
    ratios = [rates["sync_ratio"] for rates in found["rates"].values() if rates["sync_ratio"] is not None]
    text = (
        f"On one core of a shared machine ({found['machine']['processor']}), {WORLDS:,} worlds of HeatSeeker "
        f"make {rounded(one['batch'])} steps a second; a step of all takes as long as {one['copies']:.1f} "
        f"copies of their observations. The native vector envs of 16 worlds are {min(ratios):.0f} to "
        f"{max(ratios):.0f} times as fast as Gymnasium's `SyncVectorEnv` over the same environments. "
        f"`murk bench` measures it "
        f"where you are; [environments](docs/environments/index.md#speed) has them all."
    )
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def for_environments(found: Mapping[str, Any]) -> str:
    """Return the table of all environments."""
    rows = [
        f"| {name} | {rounded(one['batch'])} | {rounded(one['one_world'])} | "
        f"{'' if one['sync_ratio'] is None else format(one['sync_ratio'], '.0f')} |"
        for name, one in found["rates"].items()
    ]
    heading = (
        f"| environment | {WORLDS:,} worlds | one world | 16 worlds, times as fast as `SyncVectorEnv` |\n"
        f"| --- | --- | --- | --- |"
    )
    return "\n".join([heading, *rows])


PAGES = {
    ROOT / "README.md": for_readme,
    ROOT / "docs" / "environments" / "index.md": for_environments,
}


def rounded(rate: float) -> str:
    """Return a rate with two significant digits, which is its precision."""
    return f"{float(f'{rate:.1e}'):,.0f}"


def page_with_figures(page: Path, found: Mapping[str, Any]) -> str:
    """Return a page with the figures of a file."""
    text = page.read_text(encoding="utf-8")
    inner = f"{BEGIN}\n\n{PAGES[page](found)}\n\n{END}"
    made, count = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: inner, text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{page} has no place for figures, or several: {BEGIN} ... {END}")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, store, and write the pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="environments, such as Wildfire; all by default")
    parser.add_argument("--pages", action="store_true", help="take what the file has, and measure nothing")
    parser.add_argument("--seconds", type=float, default=0.4, help="for every figure (%(default)s)")
    options = parser.parse_args(arguments)
    if not options.pages:
        found = measured(options.names or list(murk_envs.ENVIRONMENTS), options.seconds)
        if options.names:
            before = json.loads(FILE.read_text(encoding="utf-8"))
            every = before["rates"] | found["rates"]
            found = before | {
                "rates": {name: every[name] for name in murk_envs.ENVIRONMENTS if name in every}
            }
        FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    found = json.loads(FILE.read_text(encoding="utf-8"))
    for page in PAGES:
        page.write_text(page_with_figures(page, found), encoding="utf-8")


if __name__ == "__main__":
    main()
