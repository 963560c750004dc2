"""The thread of the tick in progress, for messages."""

from __future__ import annotations

import threading

from murk_arena.errors import TickInProgressError

__all__ = ["thread_name", "tick_in_progress"]


def thread_name(ident: int) -> str:
    """The name of a running thread, or its number where it has none."""
    for thread in threading.enumerate():
        if thread.ident == ident:
            return repr(thread.name)
    return str(ident)


def tick_in_progress(generation: int, opener: int) -> TickInProgressError:
    """The error for a call within a tick that must come between two ticks.

    Args:
        generation: the one that the tick is making.
        opener: the thread that began it.
    """
    made, this = f"generation {generation} is still being made", threading.get_ident()
    if opener == this:
        return TickInProgressError(f"{made}; publish or cancel that tick before you begin another")
    return TickInProgressError(
        f"{made} by thread {thread_name(opener)}, and this is thread {thread_name(this)}: one thread at a "
        f"time changes an arena; give each thread an arena of its own, or hold a lock around its ticks"
    )
