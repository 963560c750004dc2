"""Runs a failed compiled hook again as Python, on copies, to find the line, array and world."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.author.hooks import HookName
from murk_env.engine.lifting import OF_SOME, Given, LiftedHook
from murk_env.kernels import KernelCall
from murk_env.kernels.records import Path
from murk_env.kernels.uncompiled import conversions_checked
from murk_env.kernels.watched import watch

__all__ = ["rerun"]


def rerun(
    kind: HookName,
    lifted: LiftedHook,
    worlds: npt.NDArray[np.integer[Any]],
    copies: Callable[[], Sequence[Any]],
) -> tuple[int, Exception] | None:
    """Return the world in which a hook fails, and the exception that it raises as Python.

    The compiled hook runs world after world until it fails; only that world is run as Python.

    Args:
        kind: the hook's name.
        lifted: the hook.
        worlds: the worlds that it ran for.
        copies: returns copies of its arguments as they were before it ran; the hook may change them.

    Returns:
        The world and the exception, or None if the hook does not fail again.
    """
    world = _failing_world(kind, lifted, worlds, copies())
    if world is None:
        return None
    function = lifted.flat.uncompiled()
    try:
        with np.errstate(all="ignore"), conversions_checked():  # compiled code does not warn either
            for arguments in _arguments(lifted, copies(), world):
                function(*arguments)
    except Exception as error:
        return world, error
    return None


def _failing_world(
    kind: HookName, lifted: LiftedHook, worlds: npt.NDArray[np.integer[Any]], copies: Sequence[Any]
) -> int | None:
    flat: list[Any] = []
    for argument, value in zip(lifted.arguments, copies, strict=True):
        flat += value if argument is Given.CLOCKS else [value]
    first = [worlds] if kind in OF_SOME else []
    run = KernelCall(lifted.run, (*first, *flat))
    for place, world in enumerate(worlds.tolist()):
        start = place if kind in OF_SOME else world
        try:
            run(start, start + 1)
        except Exception:
            return world
    return None


def _arguments(lifted: LiftedHook, copies: Sequence[Any], world: int) -> list[list[Any]]:
    """Return the hook's arguments for a world, one list for each of its calls."""
    values = dict(zip(lifted.arguments[len(lifted.shares) :], copies[len(lifted.shares) :], strict=True))
    levels = values.get(Given.LEVELS)
    handed = [
        _named(path, eval(share.format("value"), {"value": value, "world": world, "levels": levels}))
        for path, share, value in zip(lifted.flat.paths, lifted.shares, copies, strict=False)
    ]
    names = [name for name in lifted.flat.arguments if name != "before"]
    out: Any = values.get(Given.OUTPUT)
    agents = range(out.shape[1] if "agent" in names else 1)
    return [[*handed, *(_other(name, values, world, agent) for name in names)] for agent in agents]


def _named(path: Path, value: Any) -> Any:
    return watch(".".join(path), cast(Any, value)) if isinstance(value, np.ndarray) else value


def _other(name: str, values: dict[Any, Any], world: int, agent: int) -> Any:
    if name == "action":
        return _named((name,), values[Given.ACTIONS][world])
    if name == "agent":
        return agent
    keys, episodes, steps, site = values[Given.CLOCKS]
    words = (*keys[world].tolist(), int(episodes[world]), int(steps[world]), int(site))
    return np.array(words, np.int64).astype(np.uint32)
