"""The disk cache of compiled functions.

One file holds one function compiled for one signature. Its name is a hash of everything the machine code
depends on, so a file is right or it is not found: nothing is ever invalidated. Files are written under
a private name and moved into place, so processes may share the directory.
"""

import contextlib
import hashlib
import os
import pickle
import sys
import uuid
from pathlib import Path
from typing import Any

from murk_env.kernels.fingerprint import fingerprint
from murk_env.kernels.numba_internals import CompileResult, dump_bytes

__all__ = ["attach_cache", "cache_directory"]

_CHECKSUM_BYTES = 32


def cache_directory() -> Path | None:
    """Where compiled functions are kept.

    Returns:
        The directory named by the environment variable ``MURK_ENV_CACHE_DIR``, or the user's cache
        directory of the platform, or None if there is neither.
    """
    named = os.environ.get("MURK_ENV_CACHE_DIR")
    if named:
        return Path(named)
    with contextlib.suppress(RuntimeError):  # a user without a home directory
        return _user_cache_directory() / "murk-env"
    return None


def _user_cache_directory() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def attach_cache(dispatcher: Any) -> None:
    """Let a dispatcher load and save what it compiles.

    Without the internals of numba that this needs, or with compilation switched off
    (``NUMBA_DISABLE_JIT``), nothing is attached and functions are compiled for the process.
    """
    if CompileResult and dump_bytes and hasattr(dispatcher, "_cache"):
        dispatcher._cache = _DiskCache(dispatcher)


class _DiskCache:
    """What numba asks before it compiles a signature, and tells after.

    A cache must never fail a run: whatever goes wrong in here, the function is compiled.
    """

    cache_path = None

    def __init__(self, dispatcher: Any) -> None:
        self._dispatcher = dispatcher
        self._checked = bool(dispatcher.targetoptions.get("boundscheck"))
        self._name: str = dispatcher.py_func.__qualname__ + "_checked" * self._checked

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the function compiled for a signature, or None."""
        with contextlib.suppress(Exception):
            key = self._name_by_content()
            content = self._file(key, sig, target_context.codegen()).read_bytes()
            checksum, payload = content[:_CHECKSUM_BYTES], content[_CHECKSUM_BYTES:]
            if hashlib.sha256(payload).digest() == checksum:
                target_context.refresh()
                return CompileResult._rebuild(target_context, *pickle.loads(payload))
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a function compiled for a signature."""
        with contextlib.suppress(Exception):
            if data.library.has_dynamic_globals:  # addresses that mean nothing to another process
                return
            file = self._file(fingerprint(self._dispatcher), sig, data.codegen)
            payload = dump_bytes(data._reduce())
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(file, hashlib.sha256(payload).digest() + payload)

    def flush(self) -> None:
        """Forget nothing: numba calls this to compile anew after a change, which has a name of its own."""

    def _name_by_content(self) -> str | None:
        """Put the fingerprint into the name that the compiler gives to the machine code.

        numba numbers equally named functions within a process. Loaded into another process, number 3 may
        meet another number 3, and one silently takes the place of the other.
        """
        key = fingerprint(self._dispatcher)
        self._dispatcher.py_func.__qualname__ = self._name if key is None else f"{self._name}_{key[:16]}"
        return key

    def _file(self, key: str | None, sig: Any, codegen: Any) -> Path:
        directory = cache_directory()
        if key is None or directory is None:
            raise FileNotFoundError
        settings = sorted((k, v) for k, v in os.environ.items() if k.startswith("NUMBA_"))
        kinds = [(type(kind).__name__, kind) for kind in sig]  # a tuple of *arguments reads as any tuple does
        content = repr((key, self._checked, kinds, codegen.magic_tuple(), settings))
        return directory / f"{self._dispatcher.__name__}-{hashlib.sha256(content.encode()).hexdigest()}.bin"


def _write(file: Path, content: bytes) -> None:
    """Write a file so that another process sees all of it or nothing."""
    private = file.with_name(f"{file.name}.{uuid.uuid4().hex}")
    try:
        private.write_bytes(content)
        private.replace(file)
    finally:
        private.unlink(missing_ok=True)
