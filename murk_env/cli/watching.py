"""`murk watch`: shows a policy in many worlds at once."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from murk_env.cli.arguments import Force, Id, Seed, Settings, examples, free, parameters
from murk_env.cli.catalogue import find
from murk_env.cli.console import console, counted, say
from murk_env.cli.refusals import CommandError, ExitCode

if TYPE_CHECKING:
    from murk_env.cli.rollout import Rollout

__all__ = ["watch"]


@examples(
    "murk watch HeatSeeker",
    "murk watch Wildfire --policy trained --tiles 4",
    "murk watch HexPursuit --policy scripted --steps 60 --out pursuit.gif",
)
def watch(
    env_id: Id,
    policy: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="random, scripted, trained, or a policy file.")
    ] = "random",
    tiles: Annotated[int, typer.Option(min=1, help="Number of worlds shown.")] = 16,
    steps: Annotated[int, typer.Option(min=1, help="Number of steps.")] = 100,
    every: Annotated[int, typer.Option(min=1, help="Steps between frames.")] = 1,
    fps: Annotated[float, typer.Option(min=0.1, max=100.0, help="Frames per second.")] = 10.0,
    settings: Settings = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.gif|mp4", help="Write a GIF or video instead of showing it."),
    ] = None,
    force: Force = False,
) -> None:
    """Watch a policy in many worlds at once, in the terminal or as a GIF or video."""
    from murk_env.cli.rollout import Rollout
    from murk_env.rendering.video import check_video, write_frames

    found = find(env_id)
    chosen = parameters(found, settings)
    if out is None and not console.is_terminal:
        raise CommandError(
            "there is no terminal to show it in; write a file with --out FILE.gif.", ExitCode.MISSING
        )
    if out is not None:
        check_video(out)
        free(out, force=force)
    rollout = Rollout(found.env_class, tiles, chosen, policy, seed)
    if out is None:
        _show(_frames(rollout, steps, every), fps)
        say(rollout.summary())
        return
    with counted("playing", steps, "steps") as advance:
        write_frames(out, _frames(rollout, steps, every, advance), fps, force=True)
    say(rollout.summary())
    say(f"wrote {out}")


def _frames(
    rollout: "Rollout", steps: int, every: int, advance: Callable[[int], None] = lambda _: None
) -> Iterator[Any]:
    """Run the policy; yield a frame before the first step, and after every `every` steps."""
    yield rollout.frame()
    for step in range(1, steps + 1):
        rollout.step()
        advance(1)
        if step % every == 0:
            yield rollout.frame()


def _show(frames: Iterator[Any], fps: float) -> None:
    from murk_env.cli.terminal_picture import shown_in_place

    with shown_in_place() as show:
        for frame in frames:
            due = time.perf_counter() + 1.0 / fps
            show(frame)
            time.sleep(max(0.0, due - time.perf_counter()))
