"""`murk show`: an environment's facts, parameters, spaces and a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from murk_env.cli.arguments import Force, Id, Seed, Settings, examples, free, parameters
from murk_env.cli.catalogue import find
from murk_env.cli.console import console, headline, say, table

if TYPE_CHECKING:
    from murk_env.cli.facts import Facts

__all__ = ["show"]


@examples(
    "murk show HeatSeeker", "murk show Wildfire --set size=24 --out wildfire.png", "murk show pond:Pond"
)
def show(
    env_id: Id,
    settings: Settings = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Write the picture instead of showing it.")
    ] = None,
    force: Force = False,
) -> None:
    """Show an environment: the six facts, the parameters and their ranges, the spaces, and a picture."""
    from murk_env.cli.facts import facts_of
    from murk_env.cli.pictures import first_frame, write_picture
    from murk_env.cli.terminal_picture import draw

    found = find(env_id)
    env_class, chosen = found.env_class, parameters(found, settings)
    target = None if out is None else free(out, force=force)
    facts = facts_of(env_class, chosen)
    _print(found.name, facts)
    if target is not None:
        write_picture(target, first_frame(env_class, chosen, seed))
        say(f"wrote {target}")
    elif console.is_terminal and env_class.metadata["render_modes"]:
        draw(first_frame(env_class, chosen, seed))


def _print(name: str, facts: "Facts") -> None:
    from murk_env.cli.facts import knob_range, space_text

    headline(name)
    say(facts.summary)
    say()
    for fact, text in facts.six.items():
        say(f"{fact}: {text}")
    say()
    say(f"Lattice: {facts.blueprint.lattice}")
    say(f"Agents: {facts.agents or 'one actor'}")
    say(f"Forms: {', '.join(facts.forms)}")
    for what, spaces in (("Observations", facts.observations), ("Actions", facts.actions)):
        for group, space in spaces.items():
            say(f"{what}{f' of {group}' if group else ''}: {space_text(space)}")
    if facts.knobs:
        say()
        rows = [
            (name, repr(getattr(facts.params, name)), knob_range(knob), knob.doc)
            for name, knob in facts.knobs.items()
        ]
        table(("parameter", "value", "range", "meaning"), rows)
