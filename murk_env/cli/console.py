"""Output of the command: tables and bars in a terminal, plain lines in a pipe."""

import contextlib
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import NoReturn

from rich.console import Console

__all__ = ["WIDE", "coloured", "complain", "confirmed", "console", "counted", "headline", "say", "table"]

WIDE = 100  # terminal columns from which on a table is more readable than a list


class _Console(Console):
    """Lets the command handle a broken pipe; rich itself would exit with 1."""

    def on_broken_pipe(self) -> NoReturn:
        raise  # rich calls this while it handles the error


console = _Console(highlight=False, markup=False, emoji=False)
errors = Console(highlight=False, markup=False, emoji=False, stderr=True)


def coloured() -> bool:
    """Return whether to use colours: the terminal has them, and NO_COLOR is not set."""
    return console.color_system is not None and not console.no_color


def say(text: str = "") -> None:
    """Print a text, wrapped in a terminal, unchanged in a pipe."""
    console.print(text, soft_wrap=not console.is_terminal)


def headline(text: str) -> None:
    """Print a heading."""
    console.print(text, style="bold", soft_wrap=not console.is_terminal)


def complain(text: str) -> None:
    """Print an error to the error stream."""
    errors.print(f"murk: {text}", soft_wrap=not errors.is_terminal)


def confirmed(question: str) -> bool:
    """Ask for a yes on the error stream; without a terminal the answer is no."""
    if not (sys.stdin.isatty() and errors.is_terminal):
        return False
    from rich.prompt import Confirm
    from rich.text import Text

    try:
        return Confirm.ask(Text(question), console=errors, default=False)
    except EOFError:  # Ctrl-D, which does not end the line
        errors.print()
        return False


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; in a narrow terminal as a list, in a pipe as lines with tabs."""
    if not console.is_terminal:
        for row in (columns, *rows):
            print("\t".join(" ".join(cell.split()) for cell in row))
    elif console.width < WIDE and len(columns) > 3:
        _list(columns, rows)
    else:
        _table(columns, rows)


def _list(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one block per row, headed by its first cell."""
    from rich.padding import Padding

    for first, *rest in rows:
        console.print(first, style="bold")
        for column, cell in zip(columns[1:], rest, strict=True):
            if cell:
                console.print(Padding(f"{column}: {cell}", (0, 0, 0, 2)))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*map(Text, row))
    console.print(shown)


@contextlib.contextmanager
def counted(what: str, total: int, unit: str) -> Generator[Callable[[int], None]]:
    """Show a progress bar on the error stream, if that is a terminal.

    Args:
        what: the description of the task.
        total: the total amount of work.
        unit: the unit of work, such as `steps`; its rate is shown.

    Yields:
        A function to call with the amount of work done since its last call.
    """
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=None),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(compact=True),
    )
    bar = progress.Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)
    with bar:
        task = bar.add_task(what, total=total, rate="")

        def advance(done: int) -> None:
            bar.advance(task, done)
            speed = bar.tasks[task].speed
            bar.update(task, rate="" if speed is None else f"{speed:,.0f} {unit}/s")

        yield advance
