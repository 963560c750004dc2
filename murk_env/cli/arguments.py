"""Arguments shared by several commands, and their parsing."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from murk_env.cli.console import confirmed
from murk_env.cli.refusals import CommandError

if TYPE_CHECKING:
    from murk_env.author.params import Knob
    from murk_env.cli.catalogue import Found

__all__ = ["Force", "Id", "Ids", "Seed", "Settings", "examples", "free", "parameters"]

SomeCommand = TypeVar("SomeCommand", bound=Callable[..., None])


def _known_ids(incomplete: str) -> list[str]:
    """Return the ids, or names without namespace and version, that complete a prefix, for a shell."""
    from murk_env.cli.catalogue import catalogue

    ids = list(catalogue())
    names = dict.fromkeys(env_id.rpartition("/")[2].partition("-v")[0] for env_id in ids)
    return [known for known in (*names, *ids) if known.lower().startswith(incomplete.lower())]


Id = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="Such as murk/HeatSeeker-v0, HeatSeeker, or module:Class for your own.",
        autocompletion=_known_ids,
        show_default=False,
    ),
]
Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ID]...",
        help="Environments, such as HeatSeeker or module:Class; all by default.",
        autocompletion=_known_ids,
        show_default=False,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the environment; may be repeated."),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the worlds and of the policy.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]


def examples(*lines: str) -> Callable[[SomeCommand], SomeCommand]:
    """Add examples below a command's help."""

    def mark(command: SomeCommand) -> SomeCommand:
        vars(command)["examples"] = lines
        return command

    return mark


def free(path: Path, *, force: bool) -> Path:
    """Return a path that may be written to; in a terminal, ask before overwriting a file.

    Raises:
        CommandError: it exists and must be kept, or its folder does not exist.
    """
    if path.is_dir():
        raise CommandError(f"{path} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise CommandError(f"there is no folder {path.parent}; make it, or name another file.")
    if path.exists() and not force and not confirmed(f"{path} exists; write over it?"):
        raise CommandError(f"{path} exists; name another file, or write over it with --force.")
    return path


def parameters(found: "Found", settings: Sequence[str] | None) -> dict[str, Any]:
    """Return the parameters set by an id and by texts such as `size=24`, checked by the class.

    Raises:
        CommandError: a text is not of the form NAME=VALUE.
        ParameterError: a name is unknown, or a value is invalid.
    """
    from murk_env.author.params import knobs_of, make_params

    params_type = found.env_class.Params
    knobs = knobs_of(params_type)
    given = {name: value for name, value in found.preset.items() if name in knobs}
    for text in settings or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise CommandError(f"--set takes NAME=VALUE, such as --set size=24, not {text!r}.")
        given[name] = _read(knobs[name], value) if name in knobs else value
    make_params(found.env_class.__name__, params_type, given)
    return given


def _read(knob: "Knob", text: str) -> Any:
    """Convert a text to a parameter's type; if that fails, return the text, which the class then rejects."""
    if knob.choices:
        return next((choice for choice in knob.choices if str(choice) == text), text)
    if knob.kind is bool:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.lower(), text
        )
    try:
        return knob.kind(text) if knob.kind in (int, float) else text
    except ValueError:
        return text
