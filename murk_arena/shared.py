"""Named shared memory with one owner.

The process that creates a segment registers it with Python's resource tracker and unlinks it; if the
process is killed, the tracker unlinks it. An attaching process never touches the tracker: it would
delete the segment for everyone when that process ends.
"""

from __future__ import annotations

import importlib
import mmap
import os
import secrets
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.util import Finalize

import numpy as np

from murk_arena.descriptor import FieldArray
from murk_arena.errors import SharedMemoryError
from murk_arena.segment import WORD_BYTES

__all__ = ["attach_words", "share_words"]


def share_words(words: FieldArray, owner: object) -> str:
    """Copy float32 words (length,) to new shared memory, for as long as the owner lives in this process.

    Returns:
        The name under which other processes attach.
    """
    name = f"murk_{secrets.token_hex(8)}"
    memory = SharedMemory(name, create=True, size=max(words.nbytes, WORD_BYTES))
    # Finalize runs in forked workers too, which leave without atexit, and never in a process that only
    # inherited the owner.
    Finalize(owner, memory.unlink, exitpriority=0)
    target = np.ndarray(words.shape, np.float32, buffer=memory.buf)
    target[...] = words
    del target  # or close() finds its memory still in use
    memory.close()
    return name


def attach_words(name: str, length: int) -> FieldArray:
    """Map shared float32 words (length,), read-only.

    Raises:
        SharedMemoryError: no memory of that name exists.
    """
    # SharedMemory(name) would register with the resource tracker before Python 3.13.
    # The module behind it has no type stubs, and is absent where there is no POSIX shared memory.
    shm_open: Callable[..., int] = importlib.import_module("_posixshmem").shm_open
    try:
        descriptor = shm_open(f"/{name}", os.O_RDONLY, mode=0o600)
    except FileNotFoundError:
        raise SharedMemoryError(
            f"the shared static memory {name!r} is gone: the process that shared it has ended, or closed its "
            "last handle; keep a handle there until every worker has started"
        ) from None
    try:
        pages = mmap.mmap(descriptor, max(length * WORD_BYTES, WORD_BYTES), access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
    return np.frombuffer(pages, np.float32, count=length)
