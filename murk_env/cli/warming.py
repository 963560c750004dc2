"""`murk warm` and `murk cache`: compile in advance, and inspect or clear the cache."""

import contextlib
import time
from collections.abc import Callable, Generator
from functools import partial
from typing import Annotated, Any

import typer

from murk_env.cli.arguments import Ids, Settings, examples, parameters
from murk_env.cli.catalogue import catalogue, find
from murk_env.cli.console import counted, say
from murk_env.cli.refusals import CommandError, ExitCode

__all__ = ["cache", "warm"]

_MODES = ("NextStep", "SameStep")
_WORLDS, _STEPS, _LIMIT = 2, 4, 2  # so that episodes end and worlds are reset


@examples("murk warm", "murk warm HeatSeeker --set size=64", "murk warm pond:Pond --all-modes")
def warm(
    env_ids: Ids = None,
    settings: Settings = None,
    all_modes: Annotated[bool, typer.Option("--all-modes", help="Also autoreset_mode=Disabled.")] = False,
) -> None:
    """Compile environments in advance, in all their forms, into the cache on disk.

    Later runs then start at once, also in other processes. Compiled code does not depend on sizes and rates;
    pass parameters that change the structure, such as a layout, with --set.
    """
    if settings and len(env_ids or ()) != 1:
        raise CommandError("--set is for one environment; name it: murk warm HeatSeeker --set size=64")
    chosen = [find(name) for name in env_ids or catalogue()]
    modes = (*_MODES, "Disabled") if all_modes else _MODES
    jobs = [job for one in chosen for job in _jobs(one.env_class, parameters(one, settings), modes)]
    began = time.perf_counter()
    with _compiled() as functions, counted("compiling", len(jobs), "forms") as advance:
        for job in jobs:
            job()
            advance(1)
    seconds = time.perf_counter() - began
    found = f"{len(functions)} functions compiled" if functions else "everything was compiled before"
    say(f"{len(chosen)} environment(s), {len(jobs)} forms in {seconds:.1f} s: {found}")


@contextlib.contextmanager
def _compiled() -> Generator[list[Any]]:
    """Collect the functions that numba compiles, without those found in the cache."""
    from numba.core import event

    library: Any = event
    functions: list[Any] = []
    with library.install_recorder("numba:compile") as recorder:
        yield functions
    functions += [found for _, found in recorder.buffer if found.is_start]


def _jobs(env_class: Any, given: dict[str, Any], modes: tuple[str, ...]) -> list[Callable[[], None]]:
    """Return functions that compile each form of an environment."""
    from murk_env.cli.policies import rows_of

    options = {"max_episode_steps": _LIMIT}
    jobs = [
        partial(_step_rows, partial(rows_of, env_class, _WORLDS, given, autoreset_mode=mode, **options))
        for mode in modes
    ]
    if env_class.registered_agents != "apart":
        jobs.append(partial(_step_one, partial(env_class, **options, **given)))
    if env_class.registered_agents is not None:
        jobs.append(partial(_step_agents, env_class, {**options, **given}))
    return jobs


def _step_rows(make: Callable[[], Any]) -> None:
    envs = make().envs
    envs.action_space.seed(0)
    envs.reset(seed=0)
    for _ in range(_STEPS):
        *_, terminated, truncated, _ = envs.step(envs.action_space.sample())
        if envs.autoreset_mode.value == "Disabled" and (terminated | truncated).all():
            envs.reset(options={"reset_mask": terminated | truncated})
    envs.close()


def _step_one(make: Callable[[], Any]) -> None:
    env = make()
    env.action_space.seed(0)
    for _ in range(2):
        env.reset(seed=0)
        env.step(env.action_space.sample())
    env.close()


def _step_agents(env_class: Any, keywords: dict[str, Any]) -> None:
    """Step a parallel env, if PettingZoo is installed."""
    from murk_env.errors import MissingLibraryError

    try:
        from murk_env.faces.parallel import MurkParallelEnv
    except MissingLibraryError:
        return
    env = MurkParallelEnv(env_class, **keywords)
    env.reset(seed=0)
    while env.agents:
        env.step({agent: env.action_space(agent).sample() for agent in env.agents})
    env.close()


@examples("murk cache", "murk cache --clear")
def cache(
    clear: Annotated[
        bool, typer.Option("--clear", help="Clear the cache; functions are then recompiled.")
    ] = False,
) -> None:
    """Show where compiled functions are kept, their number and size, or remove them."""
    from murk_env.kernels.cache_directory import cache_directory, size_limit
    from murk_env.kernels.cache_files import remove_all

    directory = cache_directory()
    if directory is None:
        raise CommandError(
            "there is no cache: no home directory, and no MURK_ENV_CACHE_DIR.", ExitCode.MISSING
        )
    number, size = _kept()
    say(f"place: {directory}")
    say(f"kept: {number} functions, {size / 1e6:.1f} MB of at most {size_limit() / 1e6:,.0f} MB")
    if clear:
        say(f"removed: {remove_all(directory)} functions")


def _kept() -> tuple[int, int]:
    """Return the number of functions in the cache, and their size in bytes."""
    from murk_env.kernels.cache_directory import cache_directory
    from murk_env.kernels.cache_files import kept

    directory = cache_directory()
    return (0, 0) if directory is None else kept(directory)
