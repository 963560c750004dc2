"""`murk list`: the environments that are here."""

from murk_env.cli.arguments import examples, parameters
from murk_env.cli.catalogue import Found, catalogue, find
from murk_env.cli.console import table

__all__ = ["list_environments"]

_COLUMNS = ("id", "what it is", "lattice", "agents", "forms", "observation", "actions")


@examples("murk list", "murk list | cut -f1", "murk show HeatSeeker")
def list_environments() -> None:
    """List the environments: what they are, on which lattice, for whom, in which forms.

    Those of murk_envs, and of every installed package that registers its own. Into a pipe: one line each,
    with tabs.
    """
    rows = [_row(find(env_id)) for env_id in catalogue()]
    table(_COLUMNS, rows)


def _row(found: Found) -> tuple[str, ...]:
    from gymnasium.spaces import flatdim

    from murk_env.cli.facts import facts_of, space_text

    facts = facts_of(found.env_class, parameters(found, None))
    observations = {str(flatdim(space)): None for space in facts.observations.values()}
    actions = {space_text(space): None for space in facts.actions.values()}
    lattice = str(facts.blueprint.lattice).replace(', edge="absorb"', "")
    return (
        found.name,
        facts.summary,
        lattice,
        facts.agents or "one actor",
        ", ".join(facts.forms),
        " or ".join(observations),
        " or ".join(actions),
    )
