"""Failures of commands: one line, and an exit code that tells the reason."""

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
    """The exit codes of the command."""

    DONE = 0
    FAILED = 1  # it ran and found a fault: in a check, a recording, an environment
    USAGE = 2  # an invalid argument: an unknown id, a wrong parameter, a file that exists
    MISSING = 3  # something is missing: a library, a display, a terminal
    INTERRUPTED = 130  # Ctrl-C


class CommandError(Exception):
    """The command ends with a message and an exit code."""

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.code = code


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """Make a command end with one line and an exit code on every error except our own bugs."""

    @functools.wraps(command)
    def run(*arguments: P.args, **keywords: P.kwargs) -> None:
        try:
            command(*arguments, **keywords)
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:  # such as `murk list | head`: Python must not flush again
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
    """Return the exit code for an error of the library; None for any other error."""
    import murk_env.errors as errors

    if isinstance(error, errors.MissingLibraryError | errors.SettingError):
        return ExitCode.MISSING
    if isinstance(error, errors.ReplayDifferenceError | errors.TickFailedError):
        return ExitCode.FAILED
    return ExitCode.USAGE if isinstance(error, errors.MurkError) else None
