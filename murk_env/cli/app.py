"""Assembles the commands of `murk`. Only their signatures are imported here, not their dependencies."""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from murk_env.cli import (
    benching,
    checking,
    listing,
    playing,
    replaying,
    scaffolding,
    showing,
    warming,
    watching,
)
from murk_env.cli.console import complain
from murk_env.cli.interrupts import interrupts_kept
from murk_env.cli.refusals import ExitCode, reported

__all__ = ["app", "run"]

app = typer.Typer(
    name="murk",
    help="Environments whose worlds are fields: inspect, play and benchmark them, or create your own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_COMMANDS: dict[str, Callable[..., None]] = {
    "list": listing.list_environments,
    "show": showing.show,
    "play": playing.play,
    "watch": watching.watch,
    "replay": replaying.replay,
    "bench": benching.bench,
    "check": checking.check,
    "new": scaffolding.new,
    "warm": warming.warm,
    "cache": warming.cache,
}


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"murk-env {version('murk-env')}")
        raise typer.Exit


@app.callback()
def murk(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Inspect, play and benchmark environments, or create your own."""


def _flowing(command: Callable[..., None]) -> str:
    """Return a command's help, with one line per paragraph: typer keeps line breaks within paragraphs."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)


for _name, _command in _COMMANDS.items():
    _examples: Any = vars(_command)["examples"]
    _epilog = "Examples:\n\n" + "\n\n".join(_examples)
    app.command(_name, help=_flowing(_command), epilog=_epilog)(reported(_command))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        with interrupts_kept():
            app(args=None if arguments is None else list(arguments), prog_name="murk")
    except KeyboardInterrupt:  # before a command starts, or after it ends
        complain("interrupted")
        return ExitCode.INTERRUPTED
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return ExitCode.DONE
