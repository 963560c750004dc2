"""The content of a file of the disk cache: a key, a checksum, and numba's compiled function.

The function is a pickle in which only names on an allow-list are resolved: numba's types and function
descriptions. Loading a file therefore calls nothing else. But it contains machine code, which runs when the
function is called, so it matters who can write the file.
"""

import hashlib
import hmac
import io
import pickle
import sys
from typing import Any

from murk_env.kernels.linked_code import LINKED, result_of
from murk_env.kernels.numba_content import environment_of
from murk_env.kernels.numba_internals import CompileResult, NumbaType, dump_bytes, prepare_to_load

__all__ = ["available", "packed", "unpacked"]

_DIGEST_BYTES = 32
_NAMES = {
    ("builtins", "object"),
    ("copyreg", "_reconstructor"),
    ("numba.core.funcdesc", "PythonFunctionDescriptor"),
    ("numba.core.types.abstract", "_type_reconstructor"),
    ("numba.core.typing.templates", "Signature"),
    ("numpy", "dtype"),
}
_ENVIRONMENT = ("numba.core.environment", "_rebuild_env")


def available() -> bool:
    """Return whether this numba has the internals that the cache needs."""
    return bool(CompileResult and dump_bytes and environment_of)


def packed(key: str, result: Any) -> bytes:
    """Return the content of a file.

    Args:
        key: a hash of everything that the function depends on.
        result: numba's compiled function.

    Raises:
        Exception: it cannot be pickled, or not be unpickled.
    """
    payload = dump_bytes(result._reduce())
    _read(payload)
    content = hashlib.sha256(key.encode()).digest() + payload
    return hashlib.sha256(content).digest() + content


def unpacked(key: str, content: bytes, target_context: Any) -> Any:
    """Return the compiled function from a file's content.

    Raises:
        Exception: it is not the complete content of a file for this key.
    """
    checksum, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    whole = hmac.compare_digest(hashlib.sha256(rest).digest(), checksum)
    if not whole or rest[:_DIGEST_BYTES] != hashlib.sha256(key.encode()).digest():
        raise ValueError("the file is damaged, or of another function; compile the function again")
    payload = rest[_DIGEST_BYTES:]
    try:
        parts = _read(payload)
    except pickle.UnpicklingError:  # perhaps a type of a module that is not imported yet
        target_context.refresh()
        parts = _read(payload)
    prepare_to_load(target_context, payload)
    if parts[0][1] == LINKED:
        return result_of(target_context, parts)
    return CompileResult._rebuild(target_context, *parts)


class _Unpickler(pickle.Unpickler):
    """Resolves only names on the allow-list."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the object of a name, or raise UnpicklingError."""
        if (module, name) == _ENVIRONMENT:
            return environment_of
        found: Any = getattr(sys.modules.get(module), name, None) if "." not in name else None
        is_type = module.startswith("numba.") and isinstance(found, type) and issubclass(found, NumbaType)
        if found is None or not (is_type or (module, name) in _NAMES):
            raise pickle.UnpicklingError(
                f"a compiled function does not contain {module}.{name}, but this file does; delete it"
            )
        return found


def _read(payload: bytes) -> Any:
    return _Unpickler(io.BytesIO(payload)).load()
