"""A function's fingerprint: a hash of its code and, recursively, of everything its names refer to."""

import hashlib
import itertools
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from murk_env.kernels.description import CannotDescribeError, Description
from murk_env.kernels.numba_content import extensions
from murk_env.kernels.numba_internals import VERSIONS

__all__ = ["fingerprint"]

_VERSIONS = (sys.version, np.__version__, *VERSIONS)


def fingerprint(value: Any, accepts: Callable[[Any], bool] = lambda _dispatcher: True) -> str | None:
    """Hash a function, or a value that one refers to, with everything it refers to and its compiler.

    Two functions with the same fingerprint compile to the same code. It covers the bytecode, constants,
    default values, closure cells and global names: numbers, strings, tuples and namedtuples, enumerations,
    arrays, numpy types, other functions (plain, or compiled, with options and signatures), the members that
    are read of modules and classes and, recursively, what those refer to; and extensions of numba by other
    packages. A function's place in a file, and its comments, do not count.

    Args:
        value: a plain function or a numba dispatcher, or for example a number, or a tuple of these.
        accepts: returns whether a compiled function may be referred to.

    Returns:
        64 hexadecimal digits, or None if it refers to an object that cannot be described or
        is recursive.
    """
    digest = hashlib.sha256()
    try:
        for token in _tokens(Description(accepts), value):
            digest.update(f"{len(token)}:".encode())
            digest.update(token)
    except (CannotDescribeError, RecursionError, OSError):
        return None
    return digest.hexdigest()


def _tokens(description: Description, value: Any) -> Iterable[bytes]:
    description.add((_VERSIONS, value))
    return itertools.chain(description.tokens, _extensions(extensions()))


@cache
def _extensions(registered: tuple[tuple[object, FunctionType], ...]) -> tuple[bytes, ...]:
    """Describe extensions of numba: any function may use them without naming them."""
    return tuple(token for _, definition in registered for token in _definition(definition))


def _definition(definition: FunctionType) -> Sequence[bytes]:
    try:
        description = Description(lambda _: True)
        description.add(definition)
    except (CannotDescribeError, RecursionError):
        return [Path(definition.__code__.co_filename).read_bytes()]
    return description.tokens
