"""`murk check`: checks an environment with our own, Gymnasium's and PettingZoo's checks."""

from typing import Annotated

import typer

from murk_env.cli.arguments import Id, Settings, examples, parameters
from murk_env.cli.catalogue import find
from murk_env.cli.console import counted, say, table
from murk_env.cli.refusals import CommandError, ExitCode

__all__ = ["check"]


@examples(
    "murk check pond.environment:Pond", "murk check pond:pond/Pond-v0 --set size=3", "murk check HeatSeeker"
)
def check(
    env_id: Id,
    steps: Annotated[int, typer.Option(min=10, help="Steps of each run.")] = 60,
    limit: Annotated[int, typer.Option(min=2, help="Steps after which episodes are truncated.")] = 15,
    settings: Settings = None,
) -> None:
    """Check an environment: exit code 1 if anything is wrong, with advice.

    The checks: its declarations and docstring; a run in checked mode, which detects indices out of bounds;
    its picture; a pickled copy; Gymnasium's check_env; the vector env against SyncVectorEnv, byte for byte,
    in every autoreset mode; PettingZoo's parallel_api_test. Small parameters make it quick.
    """
    from murk_env.cli.checks import checks_of

    found = find(env_id)
    env_class, chosen = found.env_class, parameters(found, settings)
    checks = checks_of(env_class, chosen, steps, limit)
    findings: list[tuple[str, str, str]] = []
    with counted("checking", len(checks), "checks") as advance:
        for name, run in checks.items():
            findings.append((name, *run()))
            advance(1)
    table(("check", "result", "what to do"), findings)
    wrong = sum(result == "wrong" for _, result, _ in findings)
    if wrong:
        raise CommandError(
            f"{env_class.__name__}: {wrong} of {len(findings)} checks found a fault", ExitCode.FAILED
        )
    say(f"{env_class.__name__}: nothing is wrong")
