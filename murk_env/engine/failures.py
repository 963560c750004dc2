"""What the failure of a hook surfaces as."""

from murk_env.errors import HookError, described
from murk_env.kernels.explain import explain

__all__ = ["compilation_failed", "hook_failed"]


def hook_failed(where: str, error: Exception) -> HookError:
    """Return the error of a hook that raised."""
    return HookError(f"{where} raised {described(error)}; the tick was undone for all worlds.")


def compilation_failed(where: str, error: Exception) -> HookError:
    """Return the error of a hook that numba cannot compile, with the line of the author's file."""
    reason, filename, line = explain(error)
    place = "" if line is None else f', line {line} of "{filename}"'
    rule = ""
    if "read-only" in reason:
        rule = " act may write per_tick fields that no propagator writes, start all but static ones."
    return HookError(f"{where}{place}, cannot be compiled: {reason.rstrip('.')}.{rule}")
