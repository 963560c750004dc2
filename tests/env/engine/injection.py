"""Raises an exception in the middle of a call, at whichever of its own calls and returns."""

import functools
import gc
import sys
import threading
from collections.abc import Callable, Collection
from typing import Any

__all__ = ["TAKE_MEMORY", "raised_within"]

_LOCKING = (threading.__file__, functools.__file__)
# Where memory may be wanted: a call needs a frame, and what it makes; to return needs nothing.
TAKE_MEMORY = ("call", "c_call")


def raised_within(
    call: Callable[[], Any],
    moment: int,
    error: type[BaseException] = KeyboardInterrupt,
    events: Collection[str] = ("call", "return", "c_call", "c_return", "c_exception"),
) -> bool:
    """Run a call with an error at its n-th event; say whether the call ended by it."""
    left = moment

    def count(frame, event, argument):
        nonlocal left
        if frame.f_code.co_filename in _LOCKING:
            return  # no signal is served as a `with` block gives its lock back, where this would come
        if frame.f_code.co_name == "__del__":
            return  # what is raised there is printed, and never comes to the call
        left -= event in events
        if left == 0:
            sys.setprofile(None)
            raise error

    done = False
    try:
        gc.disable()  # what hypothesis does as garbage is collected is no part of the call
        try:
            sys.setprofile(count)
            call()
            done = True
        finally:
            sys.setprofile(None)
            gc.enable()
    except BaseException as caught:
        if not isinstance(caught, error) and not isinstance(caught.__cause__, error):
            raise
        return not done
    return False
