"""Frames in a terminal: two pixels per character, in colours, or in characters as shades of grey."""

import contextlib
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
from rich.color import Color
from rich.live import Live
from rich.segment import Segment, Segments
from rich.style import Style

from murk_env.cli.console import coloured, console

__all__ = ["draw", "lines_of", "shown_in_place"]

_UPPER = "▀"
_SHADES = " .:-=+*#%@"


def draw(frame: Any) -> None:
    """Print a frame (height, width, 3) uint8, at most as wide as the terminal."""
    console.print(Segments(lines_of(frame, console.width, 2 * max(console.height - 4, 8))))


@contextlib.contextmanager
def shown_in_place() -> Generator[Callable[[Any], None]]:
    """Show frames in the same place, each replacing the one before.

    Yields:
        A function that shows a frame (height, width, 3) uint8.
    """
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def show(frame: Any) -> None:
            shown = lines_of(frame, console.width, 2 * max(console.height - 4, 8))
            live.update(Segments(shown), refresh=True)

        yield show


def lines_of(frame: Any, width: int, height: int) -> list[Segment]:
    """Return a frame as characters, each of which shows two pixels, one above the other.

    Args:
        frame: (height, width, 3) uint8.
        width: number of columns available.
        height: twice the number of lines available.
    """
    step = max(1, -(-frame.shape[1] // width), -(-frame.shape[0] // height))
    rows, columns = frame.shape[0] // step, frame.shape[1] // step
    blocks = frame[: rows * step, : columns * step].reshape(rows, step, columns, step, 3)
    small = blocks.mean(axis=(1, 3)).astype(np.uint8)
    if rows % 2:
        small = np.concatenate([small, small[-1:]])
    line = _coloured if coloured() else _grey
    shown: list[Segment] = []
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        shown += line(upper, lower)
        shown.append(Segment.line())
    return shown


def _coloured(upper: Any, lower: Any) -> list[Segment]:
    pairs = np.concatenate([upper, lower], axis=1).tolist()
    return [Segment(_UPPER, Style(color=_colour(*pair[:3]), bgcolor=_colour(*pair[3:]))) for pair in pairs]


def _colour(red: int, green: int, blue: int) -> Color:
    return Color.from_rgb(red, green, blue)


def _grey(upper: Any, lower: Any) -> list[Segment]:
    light = (upper.astype(float) + lower).mean(axis=-1) / 2.0
    return [Segment(_SHADES[int(value / 256.0 * len(_SHADES))]) for value in light]
