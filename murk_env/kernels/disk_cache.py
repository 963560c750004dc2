"""The disk cache of compiled functions.

One file holds one function compiled for one signature. Its name is a hash of everything that the machine code
depends on, so a file that is found is valid: nothing is ever invalidated.
"""

import contextlib
import hashlib
import re
from typing import Any

from murk_env.kernels.cache_directory import cache_directory, size_limit
from murk_env.kernels.cache_files import read, write
from murk_env.kernels.cached_code import available, packed, unpacked
from murk_env.kernels.fingerprint import fingerprint
from murk_env.kernels.numba_content import has_no_cache, parts_of_signature, settings
from murk_env.kernels.sources import sources

__all__ = ["attach_cache"]

_LONGEST_NAME = 60


def attach_cache(dispatcher: Any) -> None:
    """Attach the disk cache to a dispatcher.

    Without the internals of numba that this needs, or with compilation switched off
    (``NUMBA_DISABLE_JIT``), nothing is attached and functions are compiled in every process.

    Raises:
        SettingError: an environment variable of the cache has an invalid value.
    """
    cache_directory()  # both raise when the package is imported, not during a step
    size_limit()
    if available() and hasattr(dispatcher, "_cache"):
        dispatcher._cache = _DiskCache(dispatcher)


def _is_named_by_content(dispatcher: Any) -> bool:
    """Return whether a function's machine code is named by its content, on which cached callers rely.

    An author's own `numba.njit` function gets such names unless it has already been compiled.
    """
    if has_no_cache(dispatcher) and not dispatcher.overloads and dispatcher._can_compile:
        attach_cache(dispatcher)
    return isinstance(getattr(dispatcher, "_cache", None), _DiskCache)


class _DiskCache:
    """The cache that numba queries before it compiles a signature, and fills afterwards.

    A cache must never fail a run: whatever goes wrong here, the function is compiled.
    """

    cache_path = None

    def __init__(self, dispatcher: Any) -> None:
        self._dispatcher = dispatcher
        self._checked = bool(dispatcher.targetoptions.get("boundscheck"))
        self._name: str = dispatcher.py_func.__qualname__ + "_checked" * self._checked
        self._asked: dict[Any, str] = {}  # by signature, the key it was looked up with

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the function compiled for a signature, or None."""
        directory = cache_directory()  # outside `suppress`: an invalid setting must raise
        with contextlib.suppress(Exception):
            key = self._key(self._name_by_content(), sig, target_context.codegen())
            if directory is None or key is None:
                return None
            self._asked[sig] = key
            content = read(directory, self._file(key))
            return unpacked(key, content, target_context)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a function compiled for a signature."""
        with contextlib.suppress(Exception):
            directory, asked = cache_directory(), self._asked.pop(sig, None)
            if data.library.has_dynamic_globals:  # addresses that mean nothing to another process
                return
            key = self._key(fingerprint(self._dispatcher, _is_named_by_content), sig, data.codegen)
            if directory is None or key is None or key != asked:  # changed during compilation
                return
            write(directory, self._file(key), packed(key, data))

    def flush(self) -> None:
        """Do nothing: numba calls this to recompile after a change, but a changed function has a new key."""

    def _name_by_content(self) -> str | None:
        """Put the fingerprint into the name that the compiler gives to the machine code; return it.

        numba numbers functions of equal names within a process. Loaded into another process, function number
        3 may meet another number 3, and one would silently replace the other.
        """
        key = fingerprint(self._dispatcher, _is_named_by_content)
        self._dispatcher.py_func.__qualname__ = self._name if key is None else f"{self._name}_{key[:16]}"
        return key

    def _key(self, content_key: str | None, sig: Any, codegen: Any) -> str | None:
        """Return a hash of everything the machine code for a signature depends on, None if unknown."""
        kinds, ours = fingerprint(parts_of_signature(sig), _is_named_by_content), sources()
        if content_key is None or kinds is None or ours is None:
            return None
        content = repr((ours, content_key, self._checked, kinds, codegen.magic_tuple(), settings()))
        return hashlib.sha256(content.encode()).hexdigest()

    def _file(self, key: str) -> str:
        name = re.sub(r"\W", "", self._dispatcher.__name__, flags=re.ASCII)[:_LONGEST_NAME]
        return f"{name}-{key}.bin"
