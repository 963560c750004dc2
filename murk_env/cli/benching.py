"""`murk bench`: steps per second on this machine, compared to SyncVectorEnv and a copy of observations."""

import json
from typing import Annotated, Any

import typer

from murk_env.cli.arguments import Ids, Settings, examples, parameters
from murk_env.cli.catalogue import catalogue, find
from murk_env.cli.console import counted, say, table
from murk_env.cli.refusals import CommandError

__all__ = ["bench"]

_COLUMNS = ("environment", "worlds", "steps a second", "copies of the observation", "beside SyncVectorEnv")


@examples("murk bench HeatSeeker", "murk bench --worlds 64 --json", "murk bench pond:Pond --threads 2")
def bench(
    env_ids: Ids = None,
    worlds: Annotated[int, typer.Option(min=1, help="Worlds of the batch.")] = 1024,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the batch.")] = 1,
    seconds: Annotated[float, typer.Option(min=0.01, help="Time for each figure, in twenty runs.")] = 0.2,
    settings: Settings = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with versions.")] = False,
) -> None:
    """Measure world steps per second, with random actions, including resets.

    One world, and a batch. A step of a batch is also given in copies of its observations, which no env can
    avoid, and, for envs with a Gymnasium single env, compared to SyncVectorEnv. Every figure is the best of
    twenty interleaved runs: between machines compare ratios, not rates.
    """
    from murk_env.cli.rates import machine, measure

    if settings and len(env_ids or ()) != 1:
        raise CommandError("--set is for one environment; name it: murk bench HeatSeeker --set size=64")
    chosen = [find(name) for name in env_ids or catalogue()]
    found: list[dict[str, Any]] = []
    with counted("measuring", len(chosen), "environments") as advance:
        for one in chosen:
            rates = measure(one.env_class, parameters(one, settings), worlds, threads, seconds)
            found.append({"environment": one.name} | rates)
            advance(1)
    if as_json:
        say(json.dumps({"machine": machine(), "seconds": seconds, "rates": found}, indent=1))
        return
    table(_COLUMNS, [row for one in found for row in _rows(one)])


def _rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    sync = found["sync_ratio"]
    return [
        (found["environment"], "1", f"{found['one_world']:,.0f}", "", ""),
        (
            found["environment"],
            f"{found['worlds']:,}",
            f"{found['batch']:,.0f}",
            f"{found['copies']:.1f}",
            "" if sync is None else f"{sync:.1f} times as fast",
        ),
    ]
