"""Fingerprints that identify a recorded env: its fields, its source, and versions."""

import contextlib
import hashlib
import importlib.metadata
import inspect
import platform
import sys
from pathlib import Path
from typing import Any

from murk_arena import Mutability
from murk_env.faces.env import MurkEnv
from murk_env.faces.recipe import batch_of
from murk_env.recording.chain import checksum

__all__ = ["layout_of", "source_of", "versions"]

_PACKAGES = ("murk-env", "numpy", "numba", "gymnasium")


def layout_of(face: Any) -> list[str]:
    """Return a line for every field of a face's worlds, with a checksum of static values."""
    world = batch_of(face).world
    published = world.published()
    lines: list[str] = []
    for spec, field in zip(world.layout.specs, world.layout.ids, strict=True):
        line = f"{spec.name}: {spec.mutability.name} {spec.dtype} {spec.shape}"
        if spec.mutability is Mutability.STATIC:
            line += f" {checksum(published.stored(field).tobytes()).hex()}"
        lines.append(line)
    return lines


def versions() -> dict[str, str]:
    """Return the versions of everything that a run's bytes may depend on."""
    found = {"python": platform.python_version(), "processor": platform.machine()}
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def source_of(cls: type[Any]) -> str | None:
    """Return a hash of the source files of a class and its bases below MurkEnv."""
    found = hashlib.sha256()
    modules = [base.__module__ for base in cls.__mro__ if issubclass(base, MurkEnv) and base is not MurkEnv]
    for name in dict.fromkeys(modules):
        try:
            found.update(Path(inspect.getsourcefile(sys.modules[name]) or "").read_bytes())
        except (KeyError, TypeError, OSError):
            return None
    return found.hexdigest()
