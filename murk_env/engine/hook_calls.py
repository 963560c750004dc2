"""Calls array hooks, and makes the errors of hooks that failed: which hook, which world, which line."""

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.author.hooks import HookName, Hooks
from murk_env.author.per_world import CompiledHook
from murk_env.engine.failures import compilation_failed, hook_failed
from murk_env.engine.lifted_hooks import LiftedHooks
from murk_env.engine.reruns import rerun
from murk_env.errors import HookError, TickFailedError, described
from murk_env.fields.bookkeeping import STEP
from murk_env.kernels import CompilationError
from murk_env.kernels.places import came_from, first_line
from murk_env.random import TOO_MANY_DRAWS
from murk_env.world.layout import Layout
from murk_env.world.staged import Staged

__all__ = ["HookCalls"]


class HookCalls:
    """Calls the hooks of one environment, and makes the error when a call has failed.

    Args:
        hooks: the hooks.
        lifted: the compiled ones, as loops over worlds.
        layout: the layout of the worlds.
    """

    def __init__(self, hooks: Hooks, lifted: LiftedHooks, layout: Layout) -> None:
        self._hooks, self._lifted, self._layout = hooks, lifted, layout

    def call(self, name: HookName, *arguments: Any) -> Any:
        """Call an array hook; if it steps other worlds and their tick fails, this hook has failed."""
        hook: Any = self._hooks.of(name)
        try:
            return hook(*arguments)
        except TickFailedError as error:
            where = f"{self._hooks.owner}.{name}"
            raise HookError(
                f"{where} raised {described(error)}; the tick was undone.{came_from(error)}"
            ) from error

    def where(self, name: HookName) -> str:
        """Return a hook's name and first line, for messages."""
        hook: Any = self._hooks.of(name)
        function = hook.function if isinstance(hook, CompiledHook) else hook
        place = f" ({first_line(function)})" if hasattr(function, "__code__") else ""
        return f"{self._hooks.owner}.{name}{place}"

    def placed(self, name: HookName, error: HookError) -> HookError:
        """Return the error for an array hook's return value, with the hook's first line."""
        hook: Any = self._hooks.of(name)
        return HookError(f"{error} At {first_line(hook)}" if hasattr(hook, "__code__") else str(error))

    def failed(self, name: HookName, staged: Staged, *given: Any) -> Exception:
        """Return the error for a hook that has failed.

        Args:
            name: the hook.
            staged: the arrays of the tick.
            given: for `start` the worlds that it was called for; then, for every hook, its exception.
        """
        *reset, error = given
        if isinstance(error, TickFailedError):
            return error  # the message names its hook already
        where = f"{self._hooks.owner}.{name}"
        if isinstance(error, CompilationError):
            hook = cast(CompiledHook, self._hooks.of(name))
            return compilation_failed(where, error, hook, self._lifted[name].flat)
        if name not in self._lifted or name is HookName.BETWEEN:  # its input is no longer known
            return hook_failed(where, error)
        if str(error) == TOO_MANY_DRAWS:  # no line of the hook raised it
            return hook_failed(where, error)
        worlds = self._that_ran(staged, *reset)
        found = rerun(name, self._lifted[name], worlds, self._lifted.as_before(name, staged))
        return hook_failed(where, error, found)

    def _that_ran(self, staged: Staged, reset: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Return the worlds that a failed hook ran for: all, or those that were being reset."""
        if reset is None:
            return self._layout.order
        if reset is self._layout.order:  # within a step, where all others have STEP >= 1
            return np.flatnonzero(staged.after[STEP] == 0)
        return self._lifted.rows.worlds
