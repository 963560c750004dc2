"""Recordings: files that may be one, played with a class that is given, so that nothing is imported."""

import json
import random
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from murk_env import MurkVectorEnv, Recording, replay
from murk_env.errors import RecordingError
from tests.env.recording.runs import play, rewrite
from tests.env.worlds import Walker
from tests.fuzz.mutations import changed_bytes, changed_json

__all__ = ["Recordings"]


class Recordings:
    """Files of one run, changed, and played again.

    Attributes:
        accepted: how many were played without an error.
    """

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fuzz-")
        folder = Path(self._folder.name)
        self._path, self._run = folder / "run", folder / "made"
        keywords: dict[str, Any] = {"max_episode_steps": 9, **Walker.small}
        for path, steps in ((self._run, 12), (folder / "other", 5)):
            recording = Recording(MurkVectorEnv(Walker, 2, **keywords), path, hash_every=4, outputs=steps > 5)
            play(recording, steps)
            recording.close()
        self._valid = [path.read_bytes() for path in (self._run, folder / "other")]
        self.accepted = 0

    def make(self, rng: random.Random) -> bytes:
        """Return the next file: a valid one, changed as bytes or, with checksums put right, in its tables."""
        data = rng.choice(self._valid)
        if rng.random() < 0.5:
            return changed_bytes(rng, data, self._valid)
        self._path.write_bytes(data)
        try:
            if rng.random() < 0.5:
                rewrite(self._path, header=lambda header: _change(rng, header))
            else:
                rewrite(self._path, entry=lambda _number, row: _change_entry(rng, row))
        except (sqlite3.Error, TypeError, ValueError, OverflowError, AttributeError, RecursionError):
            return changed_bytes(rng, data, self._valid)  # it cannot be written
        return self._path.read_bytes()

    def read(self, data: bytes) -> None:
        """Play a file; only the errors of recordings may come."""
        self._path.write_bytes(data)
        try:
            replay(self._path, env_class=Walker)
        except RecordingError:
            return
        finally:
            for name in ("-wal", "-shm", "-journal"):
                Path(f"{self._path}{name}").unlink(missing_ok=True)
        self.accepted += 1


def _change(rng: random.Random, header: dict[str, Any]) -> None:
    made = changed_json(rng, header)
    header.clear()
    header.update(made)


def _change_entry(rng: random.Random, row: dict[str, Any]) -> None:
    if rng.random() < 0.5:
        return
    name = rng.choice(list(row))
    value = row[name]
    if isinstance(value, bytes):
        row[name] = _changed_content(rng, value)
    elif isinstance(value, int):
        row[name] = value + rng.choice((-1, 1, 1000, 1 << 40))
    else:
        row[name] = rng.choice(("reset", "steps", "state", "keyframe", "else"))


def _changed_content(rng: random.Random, value: bytes) -> bytes:
    try:
        return json.dumps(changed_json(rng, json.loads(value))).encode()
    except (ValueError, RecursionError):
        return changed_bytes(rng, value, [value])
