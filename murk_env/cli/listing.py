"""`murk list`: the available environments."""

import importlib.resources
import json
from collections.abc import Mapping

from murk_env.cli.arguments import examples, parameters
from murk_env.cli.catalogue import Found, catalogue, find
from murk_env.cli.console import table

__all__ = ["COLUMNS", "WRITTEN", "list_environments", "row"]

COLUMNS = ("id", "what it is", "lattice", "agents", "forms", "observation", "actions")
WRITTEN = "listing.json"  # in murk_envs: the result of `row` for each of its ids


@examples("murk list", "murk list | cut -f1", "murk show HeatSeeker")
def list_environments() -> None:
    """List the environments, with their lattice, agents and forms.

    These are those of murk_envs, and of every installed package that registers its own. In a pipe: one line
    each, with tabs.
    """
    known = catalogue()
    written = _written()
    ours = {env_id for env_id, where in known.items() if where.module.partition(".")[0] == "murk_envs"}
    rows = [written[env_id] if env_id in ours & written.keys() else row(find(env_id)) for env_id in known]
    table(COLUMNS, [tuple(one[column] for column in COLUMNS) for one in rows])


def _written() -> Mapping[str, Mapping[str, str]]:
    """Return the rows that come with murk_envs, by id; building its classes would take a second."""
    try:
        text = importlib.resources.files("murk_envs").joinpath(WRITTEN).read_text(encoding="utf-8")
    except ModuleNotFoundError:  # the framework works without them
        return {}
    return {one["id"]: one for one in json.loads(text)}


def row(found: Found) -> dict[str, str]:
    """Return an environment's row, by column; this builds its class."""
    from gymnasium.spaces import flatdim

    from murk_env.cli.facts import facts_of, space_text

    facts = facts_of(found.env_class, parameters(found, None))
    observations = {str(flatdim(space)): None for space in facts.observations.values()}
    actions = {space_text(space): None for space in facts.actions.values()}
    lattice = str(facts.blueprint.lattice).replace(', edge="absorb"', "")
    cells = (
        found.name,
        facts.summary,
        lattice,
        facts.agents or "one actor",
        ", ".join(facts.forms),
        " or ".join(observations),
        " or ".join(actions),
    )
    return dict(zip(COLUMNS, cells, strict=True))
