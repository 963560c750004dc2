"""State files: the arrays of a State in the safetensors format, with its identity in the metadata.

The format holds a length, a table in JSON, and plain numbers; reading it runs no code, and takes memory
bounded by the size of the file. The table holds every array's place, and a checksum covers the whole.
"""

import contextlib
import functools
import json
import math
import os
import stat
import struct
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import StateFileError
from murk_env.fields.bookkeeping import ACTIVE, BOOKKEEPING, RETURN
from murk_env.world.identity import FieldForm, Identity, digest_of

__all__ = ["FORMAT", "from_bytes", "read", "to_bytes", "write"]

FORMAT = 2
_KEY = "murk_env.State"
_LARGEST_TABLE = 1 << 20  # bytes; that of an environment with a hundred fields takes about 20,000
_LONGEST = 400  # characters of a file's text in a message
_DTYPES = {"F32": "float32", "I32": "int32", "F64": "float64"}
_PASS = "pass what State.write or State.to_bytes made"
_PACKAGES = ("murk-env", "numpy", "numba", "gymnasium")

Array = npt.NDArray[Any]


def to_bytes(said: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Return arrays and their metadata as the bytes of a file."""
    from safetensors.numpy import save

    count = len(next(iter(arrays.values())))
    told = {"format": FORMAT, "num_worlds": count, **said, "versions": dict(_versions())}
    told["checksum"] = _checksum(told, arrays)
    return save(dict(arrays), {_KEY: json.dumps(told)})


def from_bytes(data: bytes) -> tuple[Identity, dict[str, Array], dict[str, str], frozenset[str]]:
    """Return a file's identity, arrays, digests of static fields, and names of fields that have diverged.

    Raises:
        StateFileError: the bytes are no state file, damaged, or of a newer format.
    """
    told = _told(data)
    checksum = told.pop("checksum", None)
    try:
        identity = Identity.from_plain(told)
        static = {str(name): str(digest) for name, digest in told["static"].items()}
        diverged = frozenset(map(str, told["diverged"]))
        count = int(told["num_worlds"])
        arrays = _arrays(data, identity, count)
        found = _checksum(told, arrays)
    except StateFileError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise _damaged(f"{type(error).__name__}: {error}") from None
    if checksum != found:
        raise _damaged("its checksum does not match its content")
    return identity, arrays, static, diverged


def read(path: "str | bytes | os.PathLike[str]") -> bytes:
    """Return a file's bytes, after checking its length against its table."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe would block
    with open(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise StateFileError(
                f"{os.fspath(path)!r} is not a regular file; pass the path of a file that State.write made."
            )
        head = file.read(8 + _LARGEST_TABLE)
        try:
            _check_length(_table(head), found.st_size)
            return head + file.read(found.st_size - len(head))
        except StateFileError as error:
            raise StateFileError(f"{os.fspath(path)!r}: {error}") from None


def write(path: "str | bytes | os.PathLike[str]", data: bytes) -> None:
    """Write a file under a temporary name and move it into place; of a symbolic link, the target is written.

    Raises:
        StateFileError: the path is not a regular file, but a device, for example.
        OSError: the file cannot be written.
    """
    target = Path(os.path.realpath(os.fsdecode(path)))
    mode = _mode_of(target)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _mode_of(target: Path) -> int:
    """Return the permissions of a file, or those of a new one."""
    try:
        found = target.lstat()
    except FileNotFoundError:
        mask = os.umask(0o077)
        os.umask(mask)
        return 0o666 & ~mask
    if not stat.S_ISREG(found.st_mode):
        raise StateFileError(f"{os.fspath(target)!r} is not a regular file; choose another path.")
    return stat.S_IMODE(found.st_mode)


def _told(data: bytes) -> dict[str, Any]:
    """Return a file's metadata, after checking its format."""
    table = _table(data)
    _check_length(table, len(data))
    about: Any = table.get("__metadata__")
    text = cast("dict[str, Any]", about).get(_KEY) if isinstance(about, dict) else None
    if not isinstance(text, str):
        raise StateFileError(f"these bytes are not a State of murk_env; {_PASS}.")
    told = _json(text, "metadata")
    version = told.get("format")
    if not isinstance(version, int):
        raise _damaged(f"its format must be an integer, not {version!r}")
    if version != FORMAT:
        found, writer = str(version)[:_LONGEST], str(told.get("versions"))[:_LONGEST]
        other = "a newer" if version > FORMAT else "an older"
        raise StateFileError(
            f"the state is of format {found}, and this version of murk_env reads format {FORMAT}; install "
            f"{other} one to read it: the file was written with {writer}."
        )
    return told


def _table(data: bytes) -> dict[str, Any]:
    """Return the table at the beginning of a safetensors file."""
    if len(data) < 8:
        raise _damaged(f"it has {len(data)} bytes, fewer than the 8 that give the length of its table")
    (size,) = struct.unpack("<Q", data[:8])
    if size > _LARGEST_TABLE:
        raise StateFileError(
            f"these bytes are not a State of murk_env: a table has at most {_LARGEST_TABLE} bytes, not "
            f"{size}; {_PASS}."
        )
    if len(data) < 8 + size:
        raise _damaged("it ends within its table")
    return _json(data[8 : 8 + size], "table") | {"__length__": 8 + size}


def _json(text: "str | bytes", part: str) -> dict[str, Any]:
    """Return the object that a part of a file holds in JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # UnicodeDecodeError is one
        found = None
    if not isinstance(found, dict):
        raise _damaged(f"its {part} must be a JSON object")
    return cast("dict[str, Any]", found)


def _check_length(table: Mapping[str, Any], found: int) -> None:
    """Raise StateFileError unless a file has the length that its table describes, in bytes."""
    described = _length(table)
    if described != found:
        raise _damaged(f"it has {found} bytes, but its table describes {described}")


def _length(table: Mapping[str, Any]) -> int:
    """Return the length of a file with this table, in bytes."""
    ends = [0]
    for name, entry in table.items():
        if not name.startswith("__"):
            try:
                ends.append(int(entry["data_offsets"][1]))
            except (KeyError, IndexError, TypeError, ValueError, OverflowError):
                raise _damaged(f"its table has no valid data_offsets for {name!r}") from None
    return table["__length__"] + max(ends)


def _arrays(data: bytes, identity: Identity, count: int) -> dict[str, Array]:
    """Return the arrays, each of the shape in the identity."""
    import safetensors

    try:
        found: dict[str, Any] = dict(cast(Any, safetensors).deserialize(data))
    except safetensors.SafetensorError as error:
        raise _damaged(str(error)) from None
    forms = {form.name: form for form in identity.fields}
    if count < 1 or not _keeps_books(forms) or len(forms) != len(identity.fields) or set(forms) != set(found):
        raise _damaged(
            f"its metadata names the fields {sorted(forms)} of {count} worlds, but its arrays are "
            f"{sorted(found)}"
        )
    arrays: dict[str, Array] = {}
    for name, form in forms.items():
        entry = found[name]
        shape = (count, *form.shape)
        if _DTYPES.get(entry["dtype"]) != form.dtype or tuple(entry["shape"]) != shape:
            raise _damaged(
                f"the field {name!r} is {entry['dtype']} {entry['shape']}, not {form.dtype} {shape}"
            )
        little = np.frombuffer(entry["data"], np.dtype(form.dtype).newbyteorder("<"), math.prod(shape))
        arrays[name] = little.astype(form.dtype).reshape(shape)
    return arrays


def _keeps_books(forms: Mapping[str, FieldForm]) -> bool:
    """Whether all bookkeeping fields are among the fields, each of the right shape."""
    shapes = {name: field.shape(0, 0) for name, field in BOOKKEEPING.items()}
    if ACTIVE.name in forms:
        shapes[RETURN.name] = forms[ACTIVE.name].shape
    return all(name in forms and forms[name].shape == shape for name, shape in shapes.items())


def _checksum(told: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    text = json.dumps(told, sort_keys=True).encode()
    return digest_of(text, (arrays[name] for name in sorted(arrays)))


def _damaged(how: str) -> StateFileError:
    shown = how if len(how) <= _LONGEST else f"{how[:_LONGEST]} ..."  # text from the file may be very long
    return StateFileError(f"the state is damaged: {shown}. Get another copy of it.")


@functools.cache  # a look-up takes three milliseconds, ten times as long as the rest of a small state
def _versions() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found
