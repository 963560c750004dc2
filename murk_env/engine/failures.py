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
    place = "" if line is None else f' (line {line} of "{filename}")'
    return HookError(
        f"{where} cannot be compiled{place}: {reason.rstrip('.')}. In act, the fields of propagators, sparse "
        f"and static ones are read-only; reward returns a number, terminated a bool."
    )
