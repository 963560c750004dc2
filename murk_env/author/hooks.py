"""The hooks of an environment, as a face hands them down: nothing below the faces knows the class above."""

import dataclasses
from collections.abc import Callable
from typing import Any

from murk_env.author.per_world import CompiledHook

__all__ = ["Hook", "Hooks"]

Hook = CompiledHook | Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Hooks:
    """An author's hooks.

    Attributes:
        owner: the environment's name.
        params: its parameters.
        member: returns another attribute of the class by its name, None if there is none: constants and
            functions that compiled hooks call.
        start: begins an episode; a hook for one world, or `(tick, worlds)`.
        act: applies the actions; a hook for one world, or `(tick, actions)`.
        reward: a hook for one world, or `(before, after)`.
        terminated: a hook for one world, or `(after,)`.
        info: `(after,)`; None where nothing more is said of the worlds.
    """

    owner: str
    params: object
    member: Callable[[str], object]
    start: Hook
    act: Hook
    reward: Hook
    terminated: Hook
    info: Callable[..., Any] | None

    def of(self, name: str) -> Hook:
        """Return one of the four hooks that every environment has."""
        return {"start": self.start, "act": self.act, "reward": self.reward, "terminated": self.terminated}[
            name
        ]
