"""Authors' modules and classes, whose members (constants and functions) compiled code may read."""

import sys
import sysconfig
import types
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from murk_env.kernels.names import Reads
from murk_env.kernels.numba_internals import NumbaType

__all__ = ["is_namespace", "is_versioned", "members"]

_VERSIONED_PACKAGES = {"numpy", "numba", "llvmlite"}
_KNOWN_TO_NUMBA = (Enum, tuple, BaseException, np.generic, NumbaType)


def is_namespace(value: object) -> bool:
    """Return whether a value is an author's module or class, whose members compiled code may read."""
    if isinstance(value, types.ModuleType):
        return not is_versioned(value.__name__)
    if not isinstance(value, type) or issubclass(value, _KNOWN_TO_NUMBA):
        return False
    return not hasattr(value, "class_type") and not is_versioned(value.__module__)  # not numba's jitclass


def members(namespace: Any, reads: Reads) -> Iterator[tuple[str, Any, Reads]]:
    """Yield the members read of a namespace: the name, the member, and what is read of that.

    Members that are missing or raise are left out: the code that reads them will fail.
    """
    tails: dict[str, set[tuple[str, ...]]] = {}
    for path in reads.paths:
        for name in path[:1] or reads.anything:  # used alone: any attribute may be read of it
            tails.setdefault(name, set()).add(path[1:])
    for name in sorted(tails):
        try:
            member = getattr(namespace, name)  # a module may create it on access
        except Exception:
            continue
        yield name, member, Reads(frozenset(tails[name]), reads.anything - {name})


@cache
def is_versioned(module: str | None) -> bool:
    """Return whether a module's content is fixed by the versions in every fingerprint.

    A script's own module may be named like one of the standard library, such as `trace` or `queue`: so a
    module counts as the library's only if its file is there.
    """
    package = (module or "").partition(".")[0]
    if package in _VERSIONED_PACKAGES:
        return True
    if package not in sys.stdlib_module_names:
        return package == "builtins"
    file = getattr(getattr(sys.modules.get(package), "__spec__", None), "origin", None)
    if package in sys.builtin_module_names or file in ("built-in", "frozen"):
        return True
    return file is not None and any(Path(file).resolve().is_relative_to(one) for one in _libraries())


@cache
def _libraries() -> tuple[Path, ...]:
    """Return the directories of the standard library, which `site-packages` within them cannot shadow."""
    return tuple(Path(sysconfig.get_path(kind)).resolve() for kind in ("stdlib", "platstdlib"))
