"""Files of the disk cache: read only if no other user can have written them, removed if too large."""

import contextlib
import os
import re
import stat
import time
import uuid
from pathlib import Path
from typing import NamedTuple

from murk_env.kernels.cache_directory import in_directory, is_ours, opened, size_limit

__all__ = ["kept", "read", "remove_all", "write"]

_PORTABLE = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _PORTABLE  # else a FIFO would wait for a writer
_WRITING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PORTABLE
_OURS = re.compile(r"[\w.<>-]+-[0-9a-f]{64}\.bin(?P<private>\.[0-9a-f]{32})?")
_ABANDONED = 3600.0  # seconds after which a private file counts as left by a killed process
_NOTED = 3600.0  # seconds between updates of a file's last use: eviction needs no better resolution
_KEPT = 0.9  # share of the size limit that eviction leaves, so that it does not run at every write
_LARGEST = 1 << 28  # bytes; far above the size of any function

_sizes: dict[Path, int] = {}  # known total sizes of the directories that this process has written in


class _Kept(NamedTuple):
    used: float
    size: int
    name: str


def read(directory: Path, name: str) -> bytes:
    """Return a file's content, and mark it as used now.

    Raises:
        OSError: it does not exist, is not a regular file, or others can have written it.
    """
    with opened(directory) as place:
        file = os.open(in_directory(directory, place, name), _READING, dir_fd=place)
        with os.fdopen(file, "rb") as stream:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode) or not is_ours(status) or status.st_size > _LARGEST:
                raise PermissionError(f"{name} must be a regular file of this user; delete it")
            if time.time() - status.st_mtime > _NOTED and os.utime in os.supports_fd:
                with contextlib.suppress(OSError):  # on a read-only file system
                    os.utime(file)
            return stream.read(_LARGEST)


def write(directory: Path, name: str, content: bytes) -> None:
    """Write a file atomically, and keep to the size limit.

    Raises:
        OSError: it cannot be written.
    """
    with opened(directory, create=True) as place:
        private = f"{name}.{uuid.uuid4().hex}"
        try:
            file = os.open(in_directory(directory, place, private), _WRITING, 0o600, dir_fd=place)
            with os.fdopen(file, "wb") as stream:
                stream.write(content)
            old, new = (in_directory(directory, place, one) for one in (private, name))
            os.replace(old, new, src_dir_fd=place, dst_dir_fd=place)
        finally:
            with contextlib.suppress(OSError):  # on success it has been renamed
                os.unlink(in_directory(directory, place, private), dir_fd=place)
        _keep_to_limit(directory, place, len(content))


def kept(directory: Path) -> tuple[int, int]:
    """Return the number of cache files in a directory and their total size in bytes; (0, 0) for none."""
    try:
        with opened(directory) as place:
            sizes = [one.size for one in _files(directory, place)]
    except FileNotFoundError:
        return 0, 0
    return len(sizes), sum(sizes)


def remove_all(directory: Path) -> int:
    """Remove the cache files, and only these, from a directory; return their number.

    Raises:
        OSError: others can write in the directory, or a file cannot be removed.
    """
    _sizes.pop(directory, None)
    try:
        with opened(directory) as place:
            names = [one.name for one in _files(directory, place)]
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # another process was faster
                    os.unlink(in_directory(directory, place, name), dir_fd=place)
    except FileNotFoundError:
        return 0
    return len(names)


def _keep_to_limit(directory: Path, place: int | None, added: int) -> None:
    """Remove the least recently used files, and leftovers of killed processes.

    The directory is scanned at a process's first write, and when its known size exceeds the limit.
    """
    limit = size_limit()
    if directory in _sizes and _sizes[directory] + added <= limit:
        _sizes[directory] += added
        return
    oldest_first = sorted(_files(directory, place))
    total = sum(one.size for one in oldest_first)
    most = limit if total <= limit else int(limit * _KEPT)
    for one in oldest_first:
        if total <= most:
            break
        with contextlib.suppress(OSError):  # another process was faster
            os.unlink(in_directory(directory, place, one.name), dir_fd=place)
        total -= one.size
    _sizes[directory] = total


def _files(directory: Path, place: int | None) -> list[_Kept]:
    """Return the cache's files, and remove abandoned partial files."""
    found: list[_Kept] = []
    with os.scandir(directory if place is None else place) as entries:
        for entry in entries:
            named = _OURS.fullmatch(entry.name)
            if named is None:
                continue
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if not named["private"]:
                    found.append(_Kept(status.st_mtime, status.st_size, entry.name))
                elif time.time() - status.st_mtime > _ABANDONED:
                    os.unlink(in_directory(directory, place, entry.name), dir_fd=place)
    return found
