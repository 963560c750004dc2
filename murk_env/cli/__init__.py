"""The command `murk`. Importing this package imports nothing else; typer and rich are the extra `cli`."""

import sys
from collections.abc import Sequence

__all__ = ["main"]

_NEEDED = ("typer", "rich")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and exit the process with its exit code.

    Args:
        arguments: the arguments after `murk`; None for those of the process.
    """
    try:
        from murk_env.cli.app import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _NEEDED:
            raise
        print('murk: the command needs typer and rich: pip install "murk-env[cli]"', file=sys.stderr)
        sys.exit(3)
    sys.exit(run(arguments))
