"""Places in an author's code, in the form of messages: `file.py:12: the line's text`."""

import linecache
import os
import re
import sysconfig
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from murk_env.kernels.numba_internals import NUMBA_DIRECTORY

__all__ = ["came_from", "first_line", "is_authors", "line_of"]

_LIBRARY = Path(sysconfig.get_path("stdlib")).resolve()
_PACKAGES = _LIBRARY / "site-packages"
_OTHERS = (Path(__file__).resolve().parents[1], NUMBA_DIRECTORY, NUMBA_DIRECTORY.with_name("numpy"))
_LONGEST = 90


def line_of(filename: str, line: int) -> str:
    """Return a file's name, relative to the working directory if it is inside, a line's number and text."""
    line = _below_decorators(filename, line)
    text = linecache.getline(filename, line).strip()
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}..."
    return f"{_short(filename)}:{line}: {text}" if text else f"{_short(filename)}:{line}"


def first_line(function: Callable[..., Any]) -> str:
    """Return the place of a Python function's `def`, below decorators."""
    code: types.CodeType = cast(Any, function).__code__
    linecache.checkcache(code.co_filename)
    return line_of(code.co_filename, code.co_firstlineno)


def came_from(error: BaseException, world: int | None = None) -> str:
    """Return a sentence with the world and the author's innermost line in an error's traceback."""
    place = _last_line(error)
    if world is None:
        return f" At {place}" if place else ""
    return f" In world {world}, at {place}" if place else f" In world {world}."


def is_authors(filename: str) -> bool:
    """Return whether a file is the author's: not of this package, numba, numpy or Python."""
    if filename == "unknown location":  # numba's name for an unknown place
        return False
    if filename.startswith("<"):
        return not filename.startswith(("<murk_env ", "<frozen ", "<__array_function__ "))
    path = Path(filename).resolve()
    if path.is_relative_to(_LIBRARY) and not path.is_relative_to(_PACKAGES):
        return False
    return not any(path.is_relative_to(directory) for directory in _OTHERS)


def _last_line(error: BaseException) -> str | None:
    """Return the author's innermost line in an error's traceback, None if there is none."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if is_authors(filename):
            found = filename, trace.tb_lineno
        trace = trace.tb_next
    return None if found is None else line_of(*found)


def _below_decorators(filename: str, line: int) -> int:
    """Return a line, or that of the `def` for a decorator's: code begins at the first decorator."""
    while re.match(r"\s*@\w", linecache.getline(filename, line)):
        line += 1
    return line


def _short(filename: str) -> str:
    if filename.startswith("<"):
        return filename
    try:
        short = os.path.relpath(filename)
    except ValueError:  # another drive
        return filename
    return filename if short.startswith("..") else short
