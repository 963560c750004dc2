"""A terminal to play in: pictures made of characters, and unbuffered keys."""

import collections
import contextlib
import os
import select
import sys
import textwrap
import time
from collections.abc import Generator
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.segment import Segment, Segments
from rich.text import Text

from murk_env.cli.console import coloured, console
from murk_env.cli.play.game import Game
from murk_env.cli.refusals import CommandError, ExitCode
from murk_env.cli.terminal_picture import lines_of

__all__ = ["Terminal", "keys_in", "opened"]

_NAMES = {
    "\r": "enter",
    "\n": "enter",
    "\t": "tab",
    " ": "space",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x1b": "esc",
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[C": "right",
    "\x1b[D": "left",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1bOC": "right",
    "\x1bOD": "left",
}
_FEWEST = 6  # least lines of a picture
_SLICE = 0.1  # seconds between polls of the keyboard on Windows


class Terminal:
    """Shows the world in characters, the ghost's beside it if there is room.

    Args:
        live: rich's live display.
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self._keys: collections.deque[str] = collections.deque()

    def tell(self, text: str) -> None:
        """Show a line while the world is being created."""
        self._live.update(Text(text), refresh=True)

    def show(self, game: Game, lines: list[str]) -> None:
        """Show the world, replacing the previous picture."""
        width = console.width
        text = [part for line in lines for part in textwrap.wrap(line, max(width - 1, 10))]
        room = max(_FEWEST, console.height - len(text) - 1)
        picture = None if coloured() else self._plain(game, width, room)
        if picture is None:
            picture = Segments(_beside(game.frames(), width, room))
        self._live.update(Group(picture, Text("\n".join(text))), refresh=True)

    def _plain(self, game: Game, width: int, room: int) -> Text | None:
        """Return the world as text, a character for every cell; None if it does not fit."""
        rows, _, legend = game.text().rpartition("\n\n")
        lines = rows.split("\n")
        told = textwrap.wrap(legend, max(width - 1, 10))
        if not rows or max(map(len, lines)) >= width or len(lines) + len(told) > room:
            return None
        return Text("\n".join([*lines, *told]))

    def key(self, seconds: float) -> str | None:
        """Return the name of the next key; None if there is none within so many seconds."""
        until = time.monotonic() + seconds
        while not self._keys:
            self._keys += keys_in(_typed(max(0.0, until - time.monotonic())))
            if not self._keys and time.monotonic() >= until:
                return None
        return self._keys.popleft()


def _beside(frames: list[Any], width: int, room: int) -> list[Segment]:
    """Return pictures as characters, side by side."""
    each = max(10, width // len(frames) - 1)
    blocks = [list(Segment.split_lines(lines_of(frame, each, 2 * room))) for frame in frames]
    shown: list[Segment] = []
    for row in range(max(map(len, blocks))):
        for index, block in enumerate(blocks):
            line = block[row] if row < len(block) else []
            shown += line
            if index < len(blocks) - 1:
                widest = max(len(one) for one in block)
                shown.append(Segment(" " * (widest - len(line) + 1)))
        shown.append(Segment.line())
    return shown


def keys_in(typed: str) -> list[str]:
    """Return the names of the keys in a terminal's input."""
    keys: list[str] = []
    while typed:
        length = next((size for size in (3, 1) if typed[:size] in _NAMES), 1)
        if typed[0] == "\x1b" and length == 1 and len(typed) > 1:  # a key that is not used here
            typed = typed[2:].lstrip("0123456789;[O")[1:] if typed[1] in "[O" else typed[2:]
            continue
        keys.append(_NAMES.get(typed[:length], typed[:length].lower()))
        typed = typed[length:]
    return keys


@contextlib.contextmanager
def opened() -> Generator[Terminal]:
    """Switch the terminal to unbuffered keys, and restore it afterwards.

    Raises:
        CommandError: there is no terminal.
    """
    if not (sys.stdin.isatty() and console.is_terminal):
        raise CommandError(
            "there is no terminal to play in; watch a policy instead: murk watch ID --out FILE.gif.",
            ExitCode.MISSING,
        )
    with _key_by_key(), Live(console=console, auto_refresh=False, screen=True) as live:
        yield Terminal(live)


if sys.platform == "win32":
    import msvcrt

    _WINDOWS = {"H": "\x1b[A", "P": "\x1b[B", "M": "\x1b[C", "K": "\x1b[D"}

    @contextlib.contextmanager
    def _key_by_key() -> Generator[None]:
        yield

    def _typed(seconds: float) -> str:
        """Return the typed characters, waiting at most so many seconds for them."""
        until = time.monotonic() + seconds
        while not msvcrt.kbhit():
            if time.monotonic() >= until:
                return ""
            time.sleep(min(_SLICE, seconds))
        typed = msvcrt.getwch()
        if typed == "\x03":
            raise KeyboardInterrupt
        return _WINDOWS.get(msvcrt.getwch(), "") if typed in "\x00\xe0" else typed

else:
    import termios
    import tty

    @contextlib.contextmanager
    def _key_by_key() -> Generator[None]:
        """Read keys unbuffered and without echo; Ctrl-C still interrupts."""
        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
        tty.setcbreak(number)
        try:
            yield
        finally:
            termios.tcsetattr(number, termios.TCSADRAIN, before)

    def _typed(seconds: float) -> str:
        """Return the typed characters, waiting at most so many seconds for them."""
        number = sys.stdin.fileno()
        if not select.select([number], [], [], seconds)[0]:
            return ""
        typed = os.read(number, 64)
        if not typed:  # the terminal is gone
            raise KeyboardInterrupt
        return typed.decode("utf-8", "replace")
