"""Reads the file of a recording, which is not trusted: everything is checked before it is used."""

import contextlib
import os
import sqlite3
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from murk_env.errors import RecordingFileError
from murk_env.recording.chain import checksum
from murk_env.recording.database import APPLICATION_ID, FORMAT, TABLES, Entry
from murk_env.recording.header import Header

__all__ = ["Reader"]

_MAGIC = b"SQLite format 3\0"
_MOST_HEADER = 1 << 26  # bytes
_KINDS = ("reset", "steps", "state", "keyframe")


class Reader:
    """A recording's file, opened for reading.

    SQL from the file is never run: its tables must match those of a recording exactly, and it is opened
    read-only. Sizes are compared with the header before anything is read.

    Args:
        path: the file.

    Attributes:
        path: the file.
        header: the description of its env.
        num_steps: number of steps.
        fingerprint: the last entry's checksum, which depends on the whole file.

    Raises:
        RecordingFileError: it is not a recording, has another format, is damaged, or holds nothing yet.
    """

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        self.path = Path(path)
        _check_kind(self.path)
        self._num_bytes = _size_of(self.path)
        with self._connected() as connection:
            _check_tables(connection)
            self._header_checksum, self.header = self._read_header(connection)
            self._last, self.num_steps, self.fingerprint = self._count(connection)

    @contextlib.contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        """Open the file, and raise RecordingFileError for errors of SQLite."""
        connection = None
        try:
            connection = sqlite3.connect(
                f"{self.path.resolve().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(self._num_bytes, 1 << 16))
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("PRAGMA mmap_size = 0")
            yield connection
        except (sqlite3.Error, MemoryError, OverflowError, UnicodeDecodeError) as error:
            raise RecordingFileError(
                f"the recording {self.path} is damaged or cannot be read: {error}. Get another copy of it."
            ) from error
        finally:
            if connection is not None:
                connection.close()

    def _read_header(self, connection: sqlite3.Connection) -> tuple[bytes, Header]:
        query = "SELECT typeof(content), length(content), typeof(checksum), length(checksum) FROM header"
        sizes = connection.execute(query).fetchmany(2)
        if (
            len(sizes) != 1
            or sizes[0][0] != "text"
            or sizes[0][2:] != ("blob", 8)
            or sizes[0][1] > _MOST_HEADER
        ):
            raise RecordingFileError(
                f"the recording {self.path} is damaged: it must have one valid header. Get "
                f"another copy of it."
            )
        text, found = connection.execute("SELECT content, checksum FROM header").fetchone()
        if checksum(text.encode()) != found:
            raise RecordingFileError(
                f"the recording {self.path} is damaged: its header does not match its checksum. "
                f"Get another copy of it."
            )
        return found, Header.from_json(text)

    def _count(self, connection: sqlite3.Connection) -> tuple[int, int, str]:
        """Return the last entry's number, the number of steps, and the last checksum.

        The last entry must hold every row's hash, which limits the claimed number of rows to the file's size.
        """
        last = connection.execute(
            "SELECT number, first_step, num_steps, length(hashes), hex(checksum) FROM timeline "
            "WHERE length(checksum) = 8 ORDER BY number DESC LIMIT 1"
        ).fetchone()
        if last is None:
            raise RecordingFileError(
                f"the recording {self.path} holds nothing yet: nothing was written before its process ended."
            )
        *numbers, length, fingerprint = last
        number, first, num_steps = numbers
        if (
            not all(type(value) is int and value >= 0 for value in numbers)
            or length != 8 * self.header.num_rows
        ):
            raise RecordingFileError(
                f"the recording {self.path} is damaged: it does not end with a hash for each of its "
                f"{self.header.num_rows} row(s)."
            )
        return number, first + num_steps, fingerprint.lower()

    def entries(self, number: int = 0) -> Iterator[tuple[int, Entry]]:
        """Yield the numbers and entries of the timeline, starting at `number`, each checked.

        Raises:
            RecordingFileError: an entry has changed, or does not follow the one before.
        """
        with self._connected() as connection:
            before, step = self._before(connection, number)
            while number <= self._last:
                found, written = self._entry(connection, number, step)
                before = found.checksum(before)
                if before != written:
                    raise self._damaged(number, step, "it is not what was written")
                yield number, found
                number, step = number + 1, step + found.num_steps

    def _before(self, connection: sqlite3.Connection, number: int) -> tuple[bytes, int]:
        if number == 0:
            return self._header_checksum, 0
        query = (
            "SELECT checksum, first_step + num_steps FROM timeline WHERE number = ? AND length(checksum) = 8"
        )
        found = connection.execute(query, (number - 1,)).fetchone()
        if found is None or not isinstance(found[0], bytes) or type(found[1]) is not int:
            raise self._damaged(number - 1, 0, "it is missing")
        return found

    def _entry(self, connection: sqlite3.Connection, number: int, step: int) -> tuple[Entry, bytes]:
        """Return an entry and its checksum."""
        sizes = connection.execute(
            "SELECT typeof(content), typeof(hashes), typeof(outputs), typeof(checksum), kind, first_step, "
            "num_steps, length(content), length(hashes), length(checksum) FROM timeline WHERE number = ?",
            (number,),
        ).fetchone()
        if sizes is None:
            raise self._damaged(number, step, "it is missing")
        if sizes[:4] != ("blob",) * 4 or not all(type(size) is int and size >= 0 for size in sizes[5:]):
            raise self._damaged(number, step, "its columns are of other types")
        kind, first, num_steps, length, hashes, checks = sizes[4:]
        if kind not in _KINDS or first != step or (num_steps and kind != "steps") or checks != 8:
            raise self._damaged(number, step, "it does not follow the one before")
        if kind == "steps" and length != num_steps * self.header.bytes_a_step:
            raise self._damaged(
                number,
                step,
                f"it holds {length} bytes of actions for {num_steps} steps, each of which has "
                f"{self.header.bytes_a_step}",
            )
        if hashes not in (0, 8 * self.header.num_rows):
            raise self._damaged(
                number, step, f"it holds {hashes} bytes of hashes for {self.header.num_rows} row(s)"
            )
        content, hashed, outputs, written = connection.execute(
            "SELECT content, hashes, outputs, checksum FROM timeline WHERE number = ?", (number,)
        ).fetchone()
        return Entry(kind, first, num_steps, content, hashed, outputs), written

    def keyframe_before(self, step: int) -> int | None:
        """Return the number of the last entry with a state at or before a step."""
        with self._connected() as connection:
            found = connection.execute(
                "SELECT max(number) FROM timeline WHERE kind IN ('state', 'keyframe') AND first_step <= ?",
                (step,),
            ).fetchone()
        return found[0] if type(found[0]) is int else None

    def _damaged(self, number: int, step: int, why: str) -> RecordingFileError:
        return RecordingFileError(
            f"the recording {self.path} is damaged at step {step}, entry {number}: {why}. Get another copy "
            f"of it."
        )


def _check_kind(path: Path) -> None:
    """Raise RecordingFileError unless a file is marked as a recording of this format."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise RecordingFileError(f"the recording {path} cannot be read: {error.strerror}.") from error
    if not head:
        raise RecordingFileError(f"{path} is empty: no recording was begun in it.")
    if len(head) < 100 or not head.startswith(_MAGIC) or int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise RecordingFileError(
            f"{path} is not a recording of murk_env; pass a file that a Recording wrote."
        )
    found = int.from_bytes(head[60:64], "big")
    if found != FORMAT:
        raise RecordingFileError(
            f"the recording {path} has format {found}, and this murk_env reads format {FORMAT}; read it "
            f"with the version that wrote it."
        )


def _size_of(path: Path) -> int:
    """Return the size of a file and its write-ahead log in bytes."""
    total = path.stat().st_size
    with contextlib.suppress(OSError):
        total += Path(f"{path}-wal").stat().st_size
    return min(total, 2**31 - 1)


def _check_tables(connection: sqlite3.Connection) -> None:
    """Raise RecordingFileError unless the file holds exactly a recording's tables, and no views."""
    found: list[Any] = connection.execute("SELECT type, name, sql FROM sqlite_schema LIMIT 9").fetchall()
    if sorted(found) != sorted(("table", name, statement) for name, statement in TABLES.items()):
        raise RecordingFileError(
            "the file is damaged, or no recording: it does not have a recording's tables."
        )
