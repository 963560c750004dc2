"""The file of a recording: one SQLite database, written by one process and readable at any time.

`header` holds one row: JSON from which the env can be recreated, and its checksum. `timeline` holds the
events of the run, in order. Every row has a checksum of its content, chained to the row before, so that
changed or missing rows are detected.
"""

import contextlib
import dataclasses
import os
import sqlite3
from pathlib import Path
from typing import Any, Literal

from murk_env.errors import RecordingFileError
from murk_env.recording.chain import checksum

__all__ = ["APPLICATION_ID", "FORMAT", "TABLES", "Entry", "Writer"]

APPLICATION_ID = 0x6D75726B  # "murk"
FORMAT = 1

TABLES = {
    "header": "CREATE TABLE header (content TEXT NOT NULL, checksum BLOB NOT NULL)",
    "timeline": (
        "CREATE TABLE timeline (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, first_step INTEGER NOT NULL, "
        "num_steps INTEGER NOT NULL, content BLOB NOT NULL, hashes BLOB NOT NULL, outputs BLOB NOT NULL, "
        "checksum BLOB NOT NULL)"
    ),
}

Kind = Literal["reset", "steps", "state", "keyframe"]


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One event of a run: a reset, some steps, a restored state, or a keyframe.

    Attributes:
        kind: the kind of event; a keyframe holds the current state, to start a replay from.
        first_step: number of steps before it.
        num_steps: number of its steps; 0 except for steps.
        content: the actions of steps, the arguments of a reset, or a state.
        hashes: the rows' numbers after it if an interval ends there, else empty.
        outputs: the returned outputs if they are kept, else empty.
    """

    kind: Kind
    first_step: int
    num_steps: int
    content: bytes
    hashes: bytes = b""
    outputs: bytes = b""

    def checksum(self, before: bytes) -> bytes:
        """Return the checksum of the entry, chained to that of the entry before."""
        head = (
            f"{self.kind} {self.first_step} {self.num_steps} {len(self.content)} {len(self.hashes)} ".encode()
        )
        return checksum(before, head, self.content, self.hashes, self.outputs)

    @property
    def num_bytes(self) -> int:
        """Size in bytes."""
        return len(self.content) + len(self.hashes) + len(self.outputs)


class Writer:
    """Writes the file: each call is one atomic transaction.

    Args:
        path: path of the file, which must not exist.
        header: the header, as JSON.

    Raises:
        RecordingFileError: the path exists, or cannot be written.
    """

    def __init__(self, path: Path, header: str) -> None:
        self._path = path
        self._number = 0
        self._last = checksum(header.encode())
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError as error:
            raise RecordingFileError(
                f"{path} already exists, and a recording never overwrites a file; delete it, or choose "
                f"another path."
            ) from error
        except OSError as error:
            raise RecordingFileError(
                f"no recording can be written to {path}: {error.strerror}; choose another path."
            ) from error
        try:
            self._connection = self._begin(header)
        except sqlite3.Error as error:
            for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                name.unlink(missing_ok=True)
            raise self._failed(error) from error

    def _begin(self, header: str) -> sqlite3.Connection:
        # The stepping thread may change; only one uses the connection at a time.
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            for statement in TABLES.values():
                connection.execute(statement)
            connection.execute("INSERT INTO header VALUES (?, ?)", (header, self._last))
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except BaseException:
            connection.close()
            raise
        return connection

    def write(self, entries: list[Entry]) -> None:
        """Append entries.

        Raises:
            RecordingFileError: they cannot be written; the file is unchanged.
        """
        last = self._last
        rows: list[tuple[Any, ...]] = []
        for number, entry in enumerate(entries, self._number):
            last = entry.checksum(last)
            rows.append((number, *(getattr(entry, name) for name in _COLUMNS), last))
        run = self._connection.execute
        try:
            run("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT INTO timeline VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            run("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    run("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise self._failed(error) from error
            raise
        self._number, self._last = self._number + len(entries), last

    def close(self) -> None:
        """Close the file and merge its write-ahead log into it."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()

    def _failed(self, error: sqlite3.Error) -> RecordingFileError:
        return RecordingFileError(
            f"the recording {self._path} cannot be written: {error}. What was written before stays readable; "
            f"make room, or close the recording."
        )


_COLUMNS = [field.name for field in dataclasses.fields(Entry)]
