"""`murk replay`: replays a recording, compares the result, and shows it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from murk_env.cli.arguments import Force, examples, free
from murk_env.cli.console import say, table
from murk_env.cli.refusals import CommandError

if TYPE_CHECKING:
    from murk_env.recording.replay import Replay

__all__ = ["replay"]


@examples("murk replay run.murk", "murk replay run.murk --out run.gif --first 100 --last 200 --tiles 4")
def replay(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file written by Recording.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.gif|mp4", help="Write the run as a GIF or video.")
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="First step shown.")] = 0,
    last: Annotated[int | None, typer.Option(min=0, help="Last step shown; by default the end.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Steps between frames.")] = 1,
    tiles: Annotated[int, typer.Option(min=1, help="Number of worlds shown.")] = 1,
    force: Force = False,
) -> None:
    """Replay a recording and compare every hash; exit code 1 if anything differs.

    The module that it names is imported: replay only files that you trust as much as your own imports.
    """
    from murk_env.cli.catalogue import here_is_importable
    from murk_env.errors import ReplayDifferenceError
    from murk_env.recording.replay import replay as open_recording
    from murk_env.rendering.video import check_video

    if not file.is_file():
        raise CommandError(f"there is no file {file}.")
    if out is not None:
        check_video(out)
        free(out, force=force)
    here_is_importable()
    played = open_recording(file, check=False)
    _describe(played)
    difference = played.compare()
    if difference is not None:
        raise ReplayDifferenceError(f"the run differs from {file}: {difference}.", difference)
    say(f"the same: {played.num_rows} row(s), {played.num_steps} steps, every hash as recorded")
    if out is not None:
        played.write_video(out, first, last, every=every, num_worlds=tiles, force=True)
        say(f"wrote {out}")


def _describe(played: "Replay") -> None:
    said = {
        name: str(value)
        for name, value in played.description.items()
        if isinstance(value, str | int) and value
    }
    table(("what", "recorded"), list(said.items()))
    for name, change in played.changes.items():
        say(f"changed since: {name}: {change}")
