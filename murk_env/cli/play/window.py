"""A window to play in, with pygame."""

import os
import sys
import time
import warnings
from typing import Any

import numpy as np

from murk_env.cli.play.game import Game
from murk_env.cli.refusals import CommandError, ExitCode
from murk_env.rendering.colours import BACKGROUND

__all__ = ["Window", "why_no_window"]

_ROOM = 1100, 700  # width and height for the worlds in pixels
_INK, _DIM = (20, 20, 20), (90, 90, 90)
_MARGIN, _LINE = 12, 22  # pixels
_REPEAT = 250, 80  # milliseconds until a held key repeats, and between repeats
_SPECIAL = {  # pygame's names of keys
    "return": "enter",
    "keypad enter": "enter",
    "escape": "esc",
    "[+]": "+",
    "[-]": "-",
} | {f"[{digit}]": str(digit) for digit in range(10)}


def why_no_window() -> str | None:
    """Return the reason why there can be no window; None if there can."""
    if _pygame() is None:
        return 'a window needs pygame: pip install "murk-env[play]"'
    known = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in known):
        return "there is no display"
    return None


def _pygame() -> Any:
    """Import pygame without its messages; return None if it is not installed."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # from pkg_resources, which some versions import
            import pygame
    except ImportError:
        return None
    return pygame


class Window:
    """A window with the world, the ghost's beside it, and text below.

    Args:
        title: title of the window.

    Raises:
        CommandError: no window can be opened.
    """

    def __init__(self, title: str) -> None:
        why = why_no_window()
        if why is not None:
            raise CommandError(f"{why}; --terminal plays without.", ExitCode.MISSING)
        self._pygame = pygame = _pygame()
        try:
            pygame.display.init()
            pygame.font.init()
            self._canvas = pygame.display.set_mode((640, 480))
        except pygame.error as error:
            pygame.quit()
            raise CommandError(
                f"no window can be opened: {error}; --terminal plays without.", ExitCode.MISSING
            ) from error
        pygame.display.set_caption(title)
        pygame.key.set_repeat(*_REPEAT)
        self._font = pygame.font.Font(None, _LINE)

    def tell(self, text: str) -> None:
        """Show a line while the world is being created."""
        self._canvas.fill(BACKGROUND)
        self._canvas.blit(self._font.render(text, True, _INK), (_MARGIN, _MARGIN))
        self._pygame.display.flip()

    def show(self, game: Game, lines: list[str]) -> None:
        """Draw the worlds side by side, and the lines below."""
        pygame = self._pygame
        pictures = self._pictures(game.frames())
        width = max(640, sum(one.get_width() + _MARGIN for one in pictures) + _MARGIN)
        text = [part for line in lines for part in self._wrapped(line, width - 2 * _MARGIN)]
        below = max(one.get_height() for one in pictures) + 2 * _MARGIN
        size = width, below + _LINE * len(text) + _MARGIN
        if size[0] > self._canvas.get_width() or size[1] > self._canvas.get_height():
            grown = max(size[0], self._canvas.get_width()), max(size[1], self._canvas.get_height())
            self._canvas = pygame.display.set_mode(grown)
        self._canvas.fill(BACKGROUND)
        left = _MARGIN
        for picture in pictures:
            self._canvas.blit(picture, (left, _MARGIN))
            left += picture.get_width() + _MARGIN
        for row, line in enumerate(text):
            colour = _INK if row == 0 else _DIM
            self._canvas.blit(self._font.render(line, True, colour), (_MARGIN, below + row * _LINE))
        pygame.display.flip()

    def _pictures(self, frames: list[Any]) -> list[Any]:
        """Return frames as pygame surfaces, as large as fits."""
        pygame = self._pygame
        room = (_ROOM[0] - _MARGIN) // len(frames) - _MARGIN, _ROOM[1]
        scale = min(*(min(room[0] / one.shape[1], room[1] / one.shape[0]) for one in frames), 2.0)
        shown: list[Any] = []
        for frame in frames:
            surface = pygame.surfarray.make_surface(np.ascontiguousarray(frame.swapaxes(0, 1)))
            size = max(1, int(frame.shape[1] * scale)), max(1, int(frame.shape[0] * scale))
            shown.append(pygame.transform.smoothscale(surface, size))
        return shown

    def _wrapped(self, line: str, width: int) -> list[str]:
        """Return a line wrapped to a width."""
        parts = [""]
        for word in line.split(" "):
            longer = f"{parts[-1]} {word}" if parts[-1] else word
            if self._font.size(longer)[0] <= width or not parts[-1]:
                parts[-1] = longer
            else:
                parts.append(word)
        return parts

    def key(self, seconds: float) -> str | None:
        """Return the name of the next key, `esc` if the window is closed; None after so many seconds."""
        pygame, until = self._pygame, time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            event = pygame.event.wait(max(1, min(100, int(left * 1000.0))))  # short, for Ctrl-C
            if event.type == pygame.QUIT:
                return "esc"
            if event.type == pygame.KEYDOWN:
                if event.key == pygame.K_c and event.mod & pygame.KMOD_CTRL:
                    raise KeyboardInterrupt
                return self._named(event)
            if left <= 0.0:
                return None

    def _named(self, event: Any) -> str:
        name: str = self._pygame.key.name(event.key)
        if event.unicode == "+":  # on most keyboards with shift
            return "+"
        return _SPECIAL.get(name, name)

    def close(self) -> None:
        """Close the window."""
        self._pygame.quit()
