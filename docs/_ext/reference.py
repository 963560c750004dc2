"""Pages of every public name, written before the build from what packages promise in `__all__`."""

import importlib
import inspect
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGES = {  # by page: what it says of itself, and the module
    "murk_env": "the framework",
    "murk_env.errors": "every error",
    "murk_env.observation": "entries of observations",
    "murk_env.random": "random numbers in hooks",
    "murk_env.mathematics": "functions of fixed operations",
    "murk_env.propagators.writing": "what authors of propagators import",
    "murk_env.recording.replay": "runs on disk, played again",
    "murk_env.testing": "checks of vector envs",
    "murk_arena": "memory",
    "murk_envs": "the environments",
}
if find_spec("stable_baselines3"):  # the module needs it
    PACKAGES["murk_env.integrations.sb3"] = "Stable-Baselines3"
HEADING = re.compile(r"(Args|Attributes|Examples?|Notes?|Raises|Returns|Yields):")
LATE = {"murk_env": ("MurkParallelEnv", "Recording")}


def names_of(module: Any) -> list[str]:
    """Return the names that a module promises, or defines."""
    listed = getattr(module, "__all__", None)
    own = [name for name, one in vars(module).items() if getattr(one, "__module__", "") == module.__name__]
    names = list(own if listed is None else listed) + list(LATE.get(module.__name__, ()))
    return [name for name in names if not name.startswith("_")]


def page_of(package: str, seen: set[int]) -> str:
    """Return a page in reStructuredText within Markdown; what is `seen` has its entry on another page."""
    module = importlib.import_module(package)
    lines = [f"# `{package}`", "", PACKAGES[package].capitalize() + ".", "", "```{eval-rst}"]
    elsewhere: list[str] = []
    for name in names_of(module):
        value = getattr(module, name)
        if id(value) in seen:
            elsewhere.append(name)
        elif inspect.isclass(value):
            lines += [f".. autoclass:: {package}.{name}", "   :members:", "   :show-inheritance:", ""]
        elif inspect.isroutine(value):
            lines += [f".. autofunction:: {package}.{name}", ""]
        else:
            lines += [f".. py:data:: {package}.{name}", ""]
        seen.add(id(value))
    lines.append("```")
    if elsewhere:
        lines += ["", f"Also here: {', '.join(f'`{name}`' for name in elsewhere)}."]
    return "\n".join([*lines, ""])


def write_pages(app: Any) -> None:
    """Write the pages where they have changed."""
    folder = Path(app.srcdir) / "reference"
    folder.mkdir(exist_ok=True)
    contents = ["# Reference", "", "Every public name, by the module that it is imported from.", ""]
    contents += ["```{toctree}", "", *PACKAGES, "```", ""]
    seen: set[int] = set()
    pages = {"index": "\n".join(contents), **{package: page_of(package, seen) for package in PACKAGES}}
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def plain(_app: Any, _what: str, _name: str, obj: Any, _options: Any, lines: list[str]) -> None:
    """Turn a docstring's own form into reStructuredText, before napoleon reads its sections.

    Code is between single backticks, asterisks and bars mean what they do in formulas, a line such as
    `Reward: ...` begins a paragraph, which goes on in indented lines, and an indented block is code.
    """
    first = next((number for number, line in enumerate(lines) if HEADING.fullmatch(line)), len(lines))
    blocks = "\n".join(lines[:first]).split("\n\n")
    made = [line for block in blocks for line in paragraph(block.strip("\n").splitlines())]
    lines[:] = [*made, *map(marked, lines[first:])]


def paragraph(lines: list[str]) -> list[str]:
    """Return a block of a docstring's description as lines that end with an empty one."""
    if not lines:
        return []
    if all(line.startswith(" ") for line in lines):
        return ["::", "", *lines, ""]
    made: list[str] = []
    in_list = False
    for line in lines:
        words = line.strip()
        item = line.startswith("- ")
        if made and ((item and not in_list) or re.match(r"[A-Z][\w ]*: \S", line)):
            made.append("")
        in_list = item or (in_list and line.startswith(" "))
        made.append(("" if item or not in_list else "  ") + marked(words))
    return [*made, ""]


def marked(line: str) -> str:
    """Return a line whose code is marked as reStructuredText has it, and whose other marks are escaped."""
    parts = re.split(r"(``[^`]+``|`[^`]+`)", line)
    return "".join(
        f"``{part.strip('`')}``" if part.startswith("`") else re.sub(r"([*|])", r"\\\1", part)
        for part in parts
    )


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", plain, priority=400)
    return {"parallel_read_safe": True}
