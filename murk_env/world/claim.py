"""Only one thread at a time uses a batch of worlds; a second one is refused and changes nothing.

A claim is a check and a store with no call between them, where Python handles no signal and switches to no
other thread. A lock would do the same, but cost more, and an interrupt might leave it locked.
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
    """The claim of a thread on some worlds.

    Args:
        arena: the memory of the worlds.
        owner: their name in messages.

    Attributes:
        holder: the id of the thread that uses them, None if none does.
        doing: the call that it is in, for messages.
    """

    __slots__ = ("__weakref__", "arena", "doing", "holder", "owner")

    def __init__(self, arena: PingPongArena, owner: str) -> None:
        self.arena, self.owner = arena, owner
        self.holder: int | None = None
        self.doing = ""
        _claims.add(self)

    def refuse(self) -> NoReturn:
        """Raise the error that says which thread uses the worlds already.

        Raises:
            ReentrantStepError: this thread does: a hook or propagator has called back.
            ConcurrentUseError: another thread does.
        """
        holder, this = self.holder, get_ident()  # another thread may have finished meanwhile
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
        """Raise an error if another thread uses the worlds, so that this one may not read them."""
        if self.holder is not None and self.holder != get_ident():
            self.refuse()


def claims(
    method: Callable[Concatenate[Self, Arguments], Result],
) -> Callable[Concatenate[Self, Arguments], Result]:
    """Decorate a method to hold its object's `_claim` while it runs; if it fails, its tick is abandoned."""
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
            raise  # a tick of someone who uses the arena directly, which goes on
        except BaseException:
            claim.arena.abandon_tick()
            raise
        finally:
            claim.holder = None

    return claimed


def _said(name: str) -> str:
    return _WORDS.get(name, f"{name.strip('_')}()")


def _release_in_child() -> None:
    """In a forked child, release all claims: their threads exist only in the parent."""
    for claim in list(_claims):
        claim.holder = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_in_child)
