"""Repeats a Ctrl-C that Python would lose."""

import _thread
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

__all__ = ["interrupts_kept"]

_SOON = 0.05  # seconds after which the interrupted callback has ended


@contextmanager
def interrupts_kept() -> Generator[None]:
    """Repeat an interrupt that arrived in the callback of a weak reference or in `__del__`.

    Python only prints errors raised there. While numba compiles, about one Ctrl-C in 25 arrives there and
    would be lost.
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
