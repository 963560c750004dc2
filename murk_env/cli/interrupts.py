"""Ctrl-C that Python would lose comes again."""

import _thread
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

__all__ = ["interrupts_kept"]

_SOON = 0.05  # seconds, until what Python was in the middle of is over


@contextmanager
def interrupts_kept() -> Generator[None]:
    """Let an interrupt come again that came in the callback of a weak reference or in `__del__`.

    Python prints what is raised there and goes on. While numba compiles it is there often enough that one
    Ctrl-C in 25 was lost.
    """
    earlier: Any = sys.unraisablehook

    def noted(unraisable: Any) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            earlier(unraisable)
            return
        again = threading.Timer(_SOON, _thread.interrupt_main)
        again.daemon = True
        again.start()

    sys.unraisablehook = noted
    try:
        yield
    finally:
        sys.unraisablehook = earlier
