"""The content of this room's modules: all machine code depends on it."""

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["sources"]


@cache
def sources() -> str | None:
    """Return a hash of all modules that compile code; None if installed without sources."""
    directory = Path(__file__).parent
    found = sorted(directory.rglob("*.py"))
    if not found:
        return None
    contents = hashlib.sha256()
    for one in found:
        contents.update(one.relative_to(directory).as_posix().encode())
        contents.update(hashlib.sha256(one.read_bytes()).digest())
    return contents.hexdigest()
