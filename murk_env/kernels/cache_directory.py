"""The directory of the disk cache: its path, and the check that only this user can write in it.

It is opened once and its files are accessed through its descriptor: whoever can rename a parent cannot
replace it between check and read, so parents need no check. The opened directory and its files must belong to
this user. Windows has no such owners: there the directory is trusted without a check.
"""

import contextlib
import os
import stat
import sys
import warnings
from collections.abc import Generator
from functools import cache
from pathlib import Path

from murk_env.errors import SettingError

__all__ = ["cache_directory", "in_directory", "is_ours", "opened", "size_limit"]

_HAS_OWNERS = os.name == "posix"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MEGABYTE = 1_000_000
_DEFAULT_MEGABYTES = 1000


def cache_directory() -> Path | None:
    """Return the directory in which compiled functions are kept.

    Returns:
        The directory named by the environment variable ``MURK_ENV_CACHE_DIR``, or the user's cache
        directory of the platform, or None if there is neither. A relative path in the platform's own
        variables is ignored, as the XDG specification requires.

    Raises:
        SettingError: ``MURK_ENV_CACHE_DIR`` is a relative path.
    """
    named = os.environ.get("MURK_ENV_CACHE_DIR")
    if named:
        if not Path(named).is_absolute():
            raise SettingError(
                f"the environment variable MURK_ENV_CACHE_DIR must be an absolute path, got {named!r}, which "
                f"would mean another directory wherever a program is started; say "
                f"{str(Path(named).absolute())!r}, or unset it for the user's own cache."
            )
        return Path(named)
    with contextlib.suppress(RuntimeError):  # a user without a home directory
        directory = _user_cache_directory() / "murk-env"
        return directory if directory.is_absolute() else None
    return None


def size_limit() -> int:
    """Return the largest total size of the files in bytes, from the variable ``MURK_ENV_CACHE_MB``.

    Raises:
        SettingError: its value is not an integer >= 0.
    """
    megabytes = os.environ.get("MURK_ENV_CACHE_MB") or str(_DEFAULT_MEGABYTES)
    if not megabytes.isdecimal():
        raise SettingError(
            f"the environment variable MURK_ENV_CACHE_MB must be a whole number, the megabytes that the "
            f"cache of compiled functions may take, got {megabytes!r}; 0 keeps nothing."
        )
    return int(megabytes) * _MEGABYTE


def _user_cache_directory() -> Path:
    if sys.platform == "win32":
        return _named("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return _named("XDG_CACHE_HOME") or Path.home() / ".cache"


def _named(variable: str) -> Path | None:
    path = Path(os.environ.get(variable, ""))
    return path if path.is_absolute() else None


@contextlib.contextmanager
def opened(directory: Path, *, create: bool = False) -> Generator[int | None]:
    """Open the directory.

    Yields:
        Its descriptor; None on Windows, which has none.

    Raises:
        OSError: it does not exist, or others can write in it, of which the user is warned once.
    """
    if create:
        _create(directory)
    if not _HAS_OWNERS:
        yield None
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not is_ours(status):
            _warn(directory, status.st_uid, stat.S_IMODE(status.st_mode))
            raise PermissionError(f"{directory} must belong to this user, and nobody else may write to it")
        yield descriptor
    finally:
        os.close(descriptor)


def _create(directory: Path) -> None:
    """Create the directory and its parents, accessible to this user only, whatever the umask."""
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process was faster
            path.mkdir(mode=0o700)
            if _HAS_OWNERS:
                path.chmod(0o700)  # the umask may have removed our own rights


def in_directory(directory: Path, descriptor: int | None, name: str) -> str:
    """Return the path of a file, relative to the open directory if there is one."""
    return str(directory / name) if descriptor is None else name


def is_ours(status: os.stat_result) -> bool:
    """Return whether a file or directory belongs to this user and nobody else can write it."""
    return not _HAS_OWNERS or (status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE)


@cache  # once for each directory
def _warn(directory: Path, owner: int, mode: int) -> None:
    reason, remedy = f"belongs to another user (uid {owner})", "use one of your own by MURK_ENV_CACHE_DIR"
    if owner == os.geteuid():
        reason, remedy = f"can be written by others (mode {mode:04o})", f"chmod 700 {directory}"
    warnings.warn(
        f"compiled functions are not kept in {directory}, which {reason}, so that every process compiles "
        f"anew; {remedy}.",
        RuntimeWarning,
        stacklevel=2,
    )
