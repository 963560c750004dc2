"""Checks whether worlds fit into memory, before anything is allocated."""

import math
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from murk_env.errors import MemorySizeError
from murk_env.fields import Field
from murk_env.fields.bookkeeping import bookkeeping_of

__all__ = ["available_bytes", "bytes_of_fields", "check_memory"]

_SMALL = 1 << 26  # bytes below which nothing is checked: the check would take longer than making the worlds
_PER_WORLD = 64  # bytes: its flags, its action, its place in lists
_ROOT = Path("/")


def bytes_of_fields(
    fields: Collection[Field], num_cells: int, num_agents: int, num_worlds: int, num_levels: int = 0
) -> int:
    """Return the bytes of fields: static ones once, maps once per level, all others twice per world."""
    total = _PER_WORLD * num_worlds
    for field in (*fields, *bookkeeping_of(fields).values()):
        copies = {"static": 1, "level": num_levels}.get(field.mutability, 2 * num_worlds)
        total += copies * field.dtype.itemsize * math.prod(field.shape(num_cells, num_agents))
    return total


def check_memory(what: str, parts: Mapping[str, int]) -> None:
    """Raise MemorySizeError if something does not fit into memory.

    Args:
        what: the thing to be made, for the message.
        parts: the bytes of each of its parts, by name.

    Raises:
        MemorySizeError: it does not fit; the message has the bytes required and available.
    """
    needed = sum(parts.values())
    if needed <= _SMALL:
        return
    available = available_bytes()
    if available is not None and needed > available:
        listing = ", ".join(f"{name} {_said(number)}" for name, number in parts.items())
        raise MemorySizeError(
            f"{what} would take {_said(needed)} of memory ({listing}), but {_said(available)} are available; "
            f"make fewer worlds, or smaller ones."
        )


def available_bytes(root: Path = _ROOT) -> int | None:
    """Return how many bytes of memory this process can still get, None where that is not known.

    That is the system's available memory, including swap, or less if a control group allows less.

    Args:
        root: the root of the file system.
    """
    system = _numbers(root / "proc/meminfo")
    if "MemAvailable" not in system:
        return None
    left = 1024 * (system["MemAvailable"] + system.get("SwapFree", 0))
    return max(0, min([left, *_left_in_groups(root)]))


def _left_in_groups(root: Path) -> Iterable[int]:
    """Yield the bytes left in each control group of this process; cached file pages count as free."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        limit, usage = ("memory.max", "memory.current") if not controllers else _FIRST_VERSION
        top = root / "sys/fs/cgroup" / controllers
        own = top / path.lstrip("/")
        for group in (own, *own.parents):
            allowed, used = _text(group / limit).strip(), _text(group / usage).strip()
            if allowed.isdecimal() and used.isdecimal():
                yield int(allowed) - int(used) + _numbers(group / "memory.stat").get("inactive_file", 0)
            if group == top:
                break


_FIRST_VERSION = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def _numbers(path: Path) -> dict[str, int]:
    """Return the numbers of a file of names and numbers."""
    words = [line.split() for line in _text(path).splitlines()]
    return {line[0].rstrip(":"): int(line[1]) for line in words if len(line) > 1 and line[1].isdecimal()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _said(number: int) -> str:
    return f"{number / 1e9:,.2f} GB" if number >= 1e9 else f"{number / 1e6:,.1f} MB"
