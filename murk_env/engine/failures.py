"""What the failure of a hook surfaces as."""

import re

from murk_env.author.per_world import CompiledHook
from murk_env.errors import HookError, described
from murk_env.kernels.explain import explain

__all__ = ["compilation_failed", "hook_failed"]


def hook_failed(where: str, error: Exception) -> HookError:
    """Return the error of a hook that raised."""
    return HookError(f"{where} raised {described(error)}; the tick was undone for all worlds.")


def compilation_failed(where: str, error: Exception, hook: CompiledHook) -> HookError:
    """Return the error of a hook that numba cannot compile, with the line of the author's file."""
    reason, filename, line = explain(error)
    result = re.fullmatch(r"cannot store (.+) in an array of (\w+)", reason) if line is None else None
    if line is None:  # it is in none of its lines, but in the loop that calls it
        code = hook.function.__code__
        filename, line = code.co_filename, code.co_firstlineno
    place = f', line {line} of "{filename}"'
    if result:
        one = "a bool" if result[2] == "bool" else "a number"
        return HookError(f"{where}{place}, returns {result[1]}; it must return {one}.")
    rule = ""
    if "read-only" in reason:
        rule = " act may write per_tick fields that no propagator writes, start all but static and derived "
        rule += "ones, derive the derived ones."
    return HookError(f"{where}{place}, cannot be compiled: {reason.rstrip('.')}.{rule}")
