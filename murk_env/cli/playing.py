"""`murk play`: play with the keyboard, in a window or in the terminal."""

import contextlib
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from murk_env.cli.arguments import Force, Id, Seed, Settings, examples, free, parameters
from murk_env.cli.catalogue import find
from murk_env.cli.console import say
from murk_env.cli.refusals import CommandError

if TYPE_CHECKING:
    from murk_env.cli.play.loop import Screen

__all__ = ["play"]


Agent = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Your agent, such as prey_0; all for a whole team.", show_default=False
    ),
]
Partner = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="Policy of the other agents: random, scripted, trained, or a file.",
        show_default="scripted, if there is a script",
    ),
]
Ghost = Annotated[
    str | None,
    typer.Option(metavar="NAME|FILE", help="A policy that plays a copy of your world.", show_default=False),
]
Rate = Annotated[
    float | None,
    typer.Option(
        min=0.1, max=60.0, help="Steps per second; by default each key takes one.", show_default=False
    ),
]
Where = Annotated[
    bool | None,
    typer.Option("--window/--terminal", help="Where to play.", show_default="a window, if there can be one"),
]
Record = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Record the run, for murk replay.", show_default=False)
]


@examples(
    "murk play HeatSeeker",
    "murk play HeatSeeker --terminal --ghost trained",
    "murk play HexPursuit --agent prey_0 --rate 3 --partner scripted",
    "murk play Wildfire --partner trained --record fire.murk",
)
def play(
    env_id: Id,
    agent: Agent = None,
    partner: Partner = None,
    ghost: Ghost = None,
    rate: Rate = None,
    window: Where = None,
    record: Record = None,
    settings: Settings = None,
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """Play with the keyboard: you are the actor, or one of the agents.

    The keys are shown. u undoes a step, also for the other agents and the ghost; n starts the next episode.
    """
    from murk_env.cli.play.crew import first_seat
    from murk_env.cli.play.game import ALL, Game
    from murk_env.cli.play.loop import Session

    found = find(env_id)
    env_class, chosen = found.env_class, parameters(found, settings)
    whom = first_seat(env_class, chosen, agent, ALL)
    if partner is not None and whom in (None, ALL):
        raise CommandError(
            f"--partner plays the other agents, but {env_class.__name__} has none here; leave out --partner."
        )
    _check_policies(env_class, chosen, partner, ghost)
    target = None if record is None else free(record, force=force)
    name = env_class.__name__ if whom is None else f"{env_class.__name__}: {whom}"
    with _screen(f"murk play {name}", in_window=_in_window(window)) as screen:
        screen.tell("making the world; the first time it is compiled, which takes seconds ...")
        others = partner or _usual(env_class)
        game = Game(env_class, chosen, seed, agent=whom, partner=others, ghost=ghost, record=_cleared(target))
        try:
            Session(name, game, game.controls(), screen, rate).run()
        finally:
            game.close()
    say(game.summary())
    if target is not None:
        say(f"wrote {target}; murk replay {target} shows it")


def _check_policies(env_class: Any, chosen: Mapping[str, Any], *policies: str | None) -> None:
    """Raise CommandError for an unavailable policy, before a world is created."""
    from murk_env.cli.policies import player_named

    for policy in policies:
        if policy is not None:
            player_named(env_class, chosen, policy)


def _in_window(asked: bool | None) -> bool:
    """Return whether to open a window: as requested, or by default if possible."""
    from murk_env.cli.play.window import why_no_window

    return why_no_window() is None if asked is None else asked


def _usual(env_class: Any) -> str:
    from murk_env.cli.policies import named_policies

    return "scripted" if "scripted" in named_policies(env_class) else "random"


def _cleared(target: Path | None) -> Path | None:
    """Delete the file of a recording, which never overwrites one, and return its path."""
    if target is not None:
        for suffix in ("", "-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
    return target


@contextlib.contextmanager
def _screen(title: str, *, in_window: bool) -> Generator["Screen"]:
    """Open a window, or switch the terminal to playing, and restore it afterwards."""
    from murk_env.cli.play.terminal import opened
    from murk_env.cli.play.window import Window

    if not in_window:
        with opened() as terminal:
            yield terminal
        return
    shown = Window(title)
    try:
        yield shown
    finally:
        shown.close()
