"""Calls the command as a shell does, in this process."""

import pytest

pytest.importorskip("typer")

from typer.testing import CliRunner

from murk_env.cli.app import app

__all__ = ["murk"]


def murk(*arguments):
    """Run the command and return what came of it: exit_code, output, stdout, stderr."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
