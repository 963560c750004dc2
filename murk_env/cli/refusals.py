"""How a command ends that cannot do what it was asked for: one line, and an exit code that says why."""

import functools
import os
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import ParamSpec

import typer

from murk_env.cli.console import complain

__all__ = ["CommandError", "ExitCode", "reported"]

P = ParamSpec("P")


class ExitCode(IntEnum):
    """What the command tells a script."""

    DONE = 0
    FAILED = 1  # it ran, and what it looked at is wrong: a check, a recording, an environment
    USAGE = 2  # it was asked for what there is not: an id, a parameter, a file that exists
    MISSING = 3  # something is not here: a library, a display, a terminal
    INTERRUPTED = 130  # Ctrl-C


class CommandError(Exception):
    """The command ends with a message and an exit code."""

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.code = code


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """Let a command end with one line and an exit code, whatever stops it, but for faults of our own."""

    @functools.wraps(command)
    def run(*arguments: P.args, **keywords: P.kwargs) -> None:
        try:
            command(*arguments, **keywords)
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:  # `murk list | head`: nobody reads on, and Python must not flush again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.DONE) from None
        except CommandError as error:
            complain(str(error))
            raise typer.Exit(error.code) from None
        except Exception as error:
            code = _code_of(error)
            if code is None:
                raise
            complain(str(error))
            raise typer.Exit(code) from None

    return run


def _code_of(error: Exception) -> ExitCode | None:
    """Return how an error of the library ends the command; None for any other."""
    import murk_env.errors as errors

    if isinstance(error, errors.MissingLibraryError | errors.SettingError):
        return ExitCode.MISSING
    if isinstance(error, errors.ReplayDifferenceError | errors.TickFailedError):
        return ExitCode.FAILED
    return ExitCode.USAGE if isinstance(error, errors.MurkError) else None
