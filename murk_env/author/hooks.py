"""The hooks of an environment, as a face hands them down: nothing below the faces knows the class above."""

import dataclasses
import enum
from collections.abc import Callable, Collection
from typing import Any

from murk_env.author.per_world import CompiledHook

__all__ = ["EVERY_HOOK", "Hook", "HookName", "Hooks"]

Hook = CompiledHook | Callable[..., Any]


class HookName(enum.StrEnum):
    """The names of the hooks that an author writes."""

    START = "start"
    ACT = "act"
    BETWEEN = "between"
    DERIVE = "derive"
    REWARD = "reward"
    TERMINATED = "terminated"
    INFO = "info"


EVERY_HOOK = (
    HookName.START,
    HookName.ACT,
    HookName.REWARD,
    HookName.TERMINATED,
)  # every environment has these


@dataclasses.dataclass(frozen=True)
class Hooks:
    """An author's hooks.

    Attributes:
        owner: the environment's name.
        params: its parameters.
        member: returns another attribute of the class by its name, None if there is none: the constants and
            functions that compiled hooks use.
        members: the names of those attributes.
        start: begins an episode; a hook for one world, or `(tick, worlds)`.
        act: applies the actions; a hook for one world, or `(tick, actions)`.
        reward: a hook for one world, or `(before, after)`.
        terminated: a hook for one world, or `(after,)`.
        between: runs after the propagators in every sub-step, for one world; None where there is none.
        derive: sets the derived fields; a hook for one world, or `(tick,)`; None where there is none.
        info: `(after,)`; None where the infos have no more keys.
    """

    owner: str
    params: object
    member: Callable[[str], object]
    members: Collection[str]
    start: Hook
    act: Hook
    reward: Hook
    terminated: Hook
    between: CompiledHook | None
    derive: Hook | None
    info: Callable[..., Any] | None

    def of(self, name: HookName) -> Hook:
        """Return a hook that the environment has."""
        match name:
            case HookName.START:
                return self.start
            case HookName.ACT:
                return self.act
            case HookName.REWARD:
                return self.reward
            case HookName.TERMINATED:
                return self.terminated
            case HookName.BETWEEN:
                assert self.between is not None, "asked for only where there is one"
                return self.between
            case HookName.DERIVE:
                assert self.derive is not None, "asked for only where there is one"
                return self.derive
            case HookName.INFO:
                assert self.info is not None, "asked for only where there is one"
                return self.info
