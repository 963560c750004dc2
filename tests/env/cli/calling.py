"""Calls the command as a shell does, in this process."""

import inspect
from typing import Any

import pytest

pytest.importorskip("typer")

from typer.testing import CliRunner

from murk_env.cli.app import app

__all__ = ["murk"]


def _runner():
    """What keeps both streams apart, which older versions of click must be asked for."""
    make: Any = CliRunner
    return make(mix_stderr=False) if "mix_stderr" in inspect.signature(make).parameters else make()


def murk(*arguments):
    """Run the command and return what came of it: exit_code, output, stdout, stderr."""
    result = _runner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
