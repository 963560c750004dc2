"""The errors that the failure of a hook, or of a tick, is raised as."""

import re

from murk_arena import RowAccessError
from murk_env.author.hooks import HookName
from murk_env.author.per_world import CompiledHook
from murk_env.errors import HookError, TickFailedError, described
from murk_env.kernels.explain import explain
from murk_env.kernels.parts import ThreadFailedError
from murk_env.kernels.places import came_from, first_line, line_of
from murk_env.kernels.records import Flat

__all__ = ["compilation_failed", "hook_failed", "tick_failed"]

_READ_ONLY = (
    " What a hook reads is read-only. To change a field, assign all its values, tick.name = values, or "
    "change what tick.edit(Class.name) returns; before and after cannot be changed."
)


def hook_failed(where: str, error: Exception, found: tuple[int, Exception] | None = None) -> HookError:
    """Return the error for a hook that raised, with the author's line that it came from.

    Args:
        where: the hook's name.
        error: the exception that it raised.
        found: the world in which it raised, and the exception that it raised there as Python.
    """
    world = None if found is None else found[0]
    if found is not None and type(found[1]) is type(error):
        error = found[1]  # its message says more
    advice = _READ_ONLY if isinstance(error, ValueError) and str(error).endswith("read-only") else ""
    said = f"{where} raised {described(error)}; the tick was undone for all worlds.{advice}"
    return HookError(f"{said}{came_from(error, world)}")


def compilation_failed(where: str, error: Exception, hook: CompiledHook, flat: Flat) -> HookError:
    """Return the error for a hook that numba cannot compile, with the line of the author's file."""
    reason, filename, line = explain(error)
    result = re.fullmatch(r"cannot store (.+) in an array of (\w+)", reason) if line is None else None
    place = first_line(hook.function)  # an error without a line is in the loop that calls the hook
    if filename is not None and line is not None:
        place = line_of(*flat.own_place(filename, line))
    if result:
        one = "a bool" if result[2] == "bool" else "a number"
        return HookError(f"{where} ({place}) returns {result[1]}; it must return {one}.")
    reason = reason if reason.endswith("?") else f"{reason.rstrip('.')}."
    return HookError(f"{where} ({place}) cannot be compiled: {reason}{_advice(reason)}")


def _advice(reason: str) -> str:
    """Return advice to the author of a hook that does not compile."""
    if "read-only" in reason:
        return (
            " act may write per_tick fields that no propagator writes, start all but static and derived "
            "ones, derive the derived ones; arrays of a module are constants."
        )
    if "array of uint32" in reason:  # no field has such numbers
        return " rng is handed to functions of murk_env.random: integers(rng, low, high), uniform(rng)."
    return ""


def tick_failed(owner: str, hook: HookName | None, error: BaseException) -> HookError | None:
    """Return the error for a tick that failed; None where the exception needs no other.

    Args:
        owner: the environment's name.
        hook: the hook that ran outside a program, None if there was none.
        error: the exception.
    """
    if not isinstance(error, Exception) or isinstance(error, TickFailedError | ThreadFailedError):
        return None
    if isinstance(error, RowAccessError):
        hook = HookName.START
    if hook:
        return hook_failed(f"{owner}.{hook}", error)
    return HookError(
        f"{owner}, outside its hooks, raised {described(error)}; the tick was undone for all "
        f"worlds.{came_from(error)}"
    )
