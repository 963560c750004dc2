"""One thread at a time works with some worlds; whoever comes second is refused and touches nothing.

To claim is to check and to store with no call between: there Python serves no signal and lets no other
thread in. A lock would do the same and cost more, and an interrupt might leave it locked.
"""

import os
import weakref
from collections.abc import Callable
from functools import wraps
from threading import get_ident
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar, cast

from murk_arena import PingPongArena, TickInProgressError
from murk_arena.threads import thread_name
from murk_env.errors import ConcurrentUseError, ReentrantStepError

__all__ = ["Claim", "claims"]

Self = TypeVar("Self")
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_WORDS = {
    "step": "a step",
    "_recorded_step": "a step",
    "reset": "a reset",
    "tick": "a tick",
    "run": "a run",
    "__reduce__": "being pickled",
    "__getitem__": "being read",
}
_claims: "weakref.WeakSet[Claim]" = weakref.WeakSet()


class Claim:
    """Says which thread works with some worlds, and at what.

    Args:
        arena: where the worlds lie.
        owner: what messages call them.

    Attributes:
        holder: the thread that works with them, None if none does.
        doing: what it is in the middle of, as messages say it.
    """

    __slots__ = ("__weakref__", "arena", "doing", "holder", "owner")

    def __init__(self, arena: PingPongArena, owner: str) -> None:
        self.arena, self.owner = arena, owner
        self.holder: int | None = None
        self.doing = ""
        _claims.add(self)

    def refuse(self) -> NoReturn:
        """Say who works with the worlds already.

        Raises:
            ReentrantStepError: this thread, which called back into what it is calling.
            ConcurrentUseError: another one.
        """
        holder, this = self.holder, get_ident()  # another thread may have finished since it was met
        if holder != this:
            who = "another thread" if holder is None else f"thread {thread_name(holder)}"
            raise ConcurrentUseError(
                f"{self.owner} is in the middle of {self.doing} in {who}, and this "
                f"is thread {thread_name(this)}. One thread at a time may use it: give each thread an env "
                f"of its own, or hold a threading.Lock around its calls. Nothing has changed."
            )
        raise ReentrantStepError(
            f"{self.owner} is in the middle of {self.doing}: a hook, a propagator, a policy or the block of "
            f"an edit called back into it. They work through the tick they are given."
        )

    def check(self) -> None:
        """Raise unless this thread may read: nobody else works with the worlds."""
        if self.holder is not None and self.holder != get_ident():
            self.refuse()


def claims(
    method: Callable[Concatenate[Self, Arguments], Result],
) -> Callable[Concatenate[Self, Arguments], Result]:
    """Let a method have the worlds of its object's `_claim` to itself; it leaves no tick of its own open."""
    doing = _said(method.__name__)

    @wraps(method)
    def claimed(self: Self, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        claim: Claim = cast(Any, self)._claim
        this = get_ident()
        if claim.holder is not None:
            claim.refuse()
        claim.holder, claim.doing = this, doing
        try:
            return method(self, *args, **kwargs)
        except TickInProgressError:
            raise  # somebody works with the arena itself, whose tick goes on
        except BaseException:
            claim.arena.abandon_tick()
            raise
        finally:
            claim.holder = None

    return claimed


def _said(name: str) -> str:
    return _WORDS.get(name, f"{name.strip('_')}()")


def _release_in_child() -> None:
    """In a forked child, nobody works with any worlds: the threads that did stayed in the parent."""
    for claim in list(_claims):
        claim.holder = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_in_child)
