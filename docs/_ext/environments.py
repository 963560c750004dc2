"""What an environment's class says of itself, put on its page; a page without all its sections fails."""

import re
from typing import Any

import murk_envs
from murk_env.cli.facts import Facts, facts_of, space_text

CLASSES = {
    module.rpartition(".")[2]: getattr(murk_envs, name)
    for name, (_, module, *_) in murk_envs.ENVIRONMENTS.items()
}
FACTS = ("Observation", "Action", "Reward", "Ends", "Start", "Source")
SECTIONS = ("Parameters", "Speed")
OF_ALL = ("index", "literature")  # pages of no single environment


def on_source_read(_app: Any, page: str, source: list[str]) -> None:
    """Check an environment's page and add what follows from the class."""
    folder, _, name = page.rpartition("/")
    if folder != "environments" or name in OF_ALL:
        return
    if name not in CLASSES:
        raise ValueError(f"docs/{page}.md is the page of no environment of murk_envs")
    text = source[0]
    missing = [fact for fact in FACTS if f"| **{fact}** |" not in text]
    missing += [section for section in SECTIONS if f"\n## {section}\n" not in text]
    if missing or not re.search(r"!\[[^\]]+\]\([^)]*\.gif\)", text):
        raise ValueError(f"docs/{page}.md lacks {', '.join(missing) or 'a moving picture with its text'}")
    source[0] = f"{text.rstrip()}\n\n{section(facts_of(CLASSES[name]))}"


def section(facts: Facts) -> str:
    """Return a section in Markdown: forms, spaces, fields and how to make it, as the class says."""
    cls = facts.env_class
    rows = [
        ("id", f"`{facts.name}`"),
        ("class", f"`{cls.__module__}.{cls.__qualname__}`"),
        ("lattice", f"`{facts.blueprint.lattice}`"),
        ("agents", facts.agents or "one actor"),
        ("forms", ", ".join(facts.forms)),
        ("steps", str(cls.max_episode_steps)),
    ]
    for what, spaces in (("observation", facts.observations), ("action", facts.actions)):
        rows += [
            (f"{what} of {group}" if group else what, f"`{space_text(one)}`") for group, one in spaces.items()
        ]
    propagators = ", ".join(dict.fromkeys(type(one).__name__ for one in facts.blueprint.propagators))
    rows.append(("propagators", propagators or "none: its hooks do all"))
    lines = [f"| {what} | {text} |" for what, text in rows]
    table = "\n".join(["| with default parameters | |", "|---|---|", *lines])
    return f"## Spaces and forms\n\n{table}\n"


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("source-read", on_source_read, priority=300)
    missing = [name for name in CLASSES if not (app.srcdir / "environments" / f"{name}.md").exists()]
    if missing:
        raise ValueError(f"these environments have no page in docs/environments: {missing}")
    return {"parallel_read_safe": True}
