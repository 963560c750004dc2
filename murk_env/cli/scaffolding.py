"""`murk new`: creates a working project, with one environment, its tests, a README and CI."""

import keyword
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from murk_env.cli.arguments import examples
from murk_env.cli.console import say
from murk_env.cli.refusals import CommandError

__all__ = ["files_of", "new"]

_TEMPLATES = Path(__file__).parent / "templates"
_PLACES = {  # by template: where it goes in the project
    "pyproject": "pyproject.toml",
    "readme": "README.md",
    "gitignore": ".gitignore",
    "workflow": ".github/workflows/test.yml",
    "package": "src/$package/__init__.py",
    "environment": "src/$package/environment.py",
    "bloom": "src/$package/bloom.py",
    "test_environment": "tests/test_environment.py",
    "test_bloom": "tests/test_bloom.py",
}
_MARK = "  #: "  # after a line that only some projects get


@examples("murk new pond", "murk new tide_pool --agents", "murk new pond --pde --in ~/projects")
def new(
    name: Annotated[
        str, typer.Argument(help="The package's name, such as pond or tide_pool.", show_default=False)
    ],
    agents: Annotated[bool, typer.Option("--agents", help="With a team of several agents.")] = False,
    pde: Annotated[bool, typer.Option("--pde", help="With its own propagator, for an equation.")] = False,
    folder: Annotated[Path, typer.Option("--in", metavar="FOLDER", help="Where the project goes.")] = Path(),
) -> None:
    """Create a working project: a small environment to turn into your own.

    It has one environment, tests, a README, a workflow for GitHub, and a pyproject.toml with an entry point,
    by which `murk list` finds it once it is installed.
    """
    project = folder / _checked(name)
    if project.exists():
        raise CommandError(f"{project} exists; choose another name, or another folder by --in.")
    if not folder.is_dir():
        raise CommandError(f"there is no folder {folder}; make it, or name another by --in.")
    for path, text in files_of(name, agents=agents, pde=pde).items():
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    say(f"made {project}. Next:")
    say(f"  cd {project}")
    say('  python -m pip install -e ".[test]"')
    say("  python -m pytest")
    say(f"  murk check {name}.environment:{_class_name(name)} --set size=3")


def files_of(name: str, *, agents: bool, pde: bool) -> dict[str, str]:
    """Return the files of a project, by their path in it.

    Args:
        name: the package's name.
        agents: whether it has a team of agents rather than one actor.
        pde: whether it has its own propagator.
    """
    kinds = {"agents" if agents else "single", "pde" if pde else "plain"}
    words = {"package": name, "Class": _class_name(name), "title": name.replace("_", " ").capitalize()}
    files: dict[str, str] = {"src/$package/py.typed".replace("$package", name): ""}
    for template, place in _PLACES.items():
        if "bloom" in template and not pde:
            continue
        text = (_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
        kept = [_without_mark(line) for line in text.splitlines() if _belongs(line, kinds)]
        files[Template(place).substitute(words)] = Template("\n".join(kept) + "\n").substitute(words)
    return files


def _belongs(line: str, kinds: set[str]) -> bool:
    """Return whether a line belongs into a project of these kinds: it has no mark, or names only these."""
    _, mark, wanted = line.partition(_MARK)
    return not mark or set(wanted.split()) <= kinds


def _without_mark(line: str) -> str:
    return line.partition(_MARK)[0]


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _checked(name: str) -> str:
    """Return a package's name, or raise CommandError if it is invalid."""
    if keyword.iskeyword(name):
        raise CommandError(f"{name!r} cannot be a package's name: it is a word of Python's; choose another.")
    if not name.isidentifier() or name != name.lower() or name.startswith("_"):
        likely = "".join(letter if letter.isalnum() else "_" for letter in name.lower()).strip("_")
        hint = f"; {likely!r} can" if likely.isidentifier() and not keyword.iskeyword(likely) else ""
        raise CommandError(
            f"{name!r} cannot be a package's name: small letters, digits and _, a letter first{hint}."
        )
    ours = "murk_env", "murk_envs", "murk_arena", "test", "tests"
    if name in ours or name in sys.stdlib_module_names or name in packages_distributions():
        raise CommandError(f"{name!r} is the name of another package, which it would hide; choose another.")
    return name
