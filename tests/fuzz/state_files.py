"""State files: bytes that may be one, and what is done with whatever is read from them."""

import contextlib
import json
import random
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from murk_env import Diffusion, Field, Line1D, Parameter, State, World
from murk_env.errors import RowsError, StateFileError, StateMismatchError
from murk_env.world.identity import digest_of
from tests.fuzz.mutations import changed_bytes, changed_json

__all__ = ["StateFiles"]

LONGEST = 1000  # characters of a message
_KEY = "murk_env.State"
_DTYPES = {"F32": "<f4", "I32": "<i4", "F64": "<f8"}


class StateFiles:
    """Files of two kinds of worlds, changed, and read.

    Attributes:
        accepted: how many files were read as states: not all that changes is wrong.
    """

    def __init__(self) -> None:
        self._worlds = [_world(3, 1.0), _world(1, 2.0)]
        self._valid = [world.save().to_bytes() for world in self._worlds]
        for world in self._worlds:
            world.run(2)  # whatever is compiled is compiled now
        self.accepted = 0

    def make(self, rng: random.Random) -> bytes:
        """Return the next file: a valid one, changed as bytes or, with a checksum put right, in its table."""
        data = rng.choice(self._valid)
        if rng.random() < 0.5:
            return changed_bytes(rng, data, self._valid)
        with contextlib.suppress(RecursionError):  # it is nested too deeply to be written
            data = changed_table(rng, data)
        return changed_bytes(rng, data, self._valid) if rng.random() < 0.1 else data

    def read(self, data: bytes) -> None:
        """Read a file and, if it is a state, do with it what one does; only its own errors may come."""
        try:
            state = State.from_bytes(data)
        except StateFileError as error:
            if len(str(error)) > LONGEST:
                raise AssertionError("a message that nobody reads") from error
            return
        self.accepted += 1
        assert State.from_bytes(state.to_bytes()) == state, "a state is what was read of it"
        assert state.fingerprint[:8] in repr(state)
        assert State.concatenate(list(state)) == state
        for world in self._worlds:
            before = world.save()
            try:
                world.restore(state)
            except (StateMismatchError, RowsError):
                assert world.save() == before, "nothing has changed"
                continue
            world.tick()
            world.restore(before)


def changed_table(rng: random.Random, data: bytes) -> bytes:
    """Return a file with a changed table, and with the checksum that then is right, if there can be one."""
    table, numbers = _parts(data)
    told = json.loads(table["__metadata__"][_KEY])
    which = rng.randrange(4)
    if which == 0:
        table = changed_json(rng, table)
    elif which == 1:
        numbers = changed_bytes(rng, numbers, [numbers])[: len(numbers)].ljust(len(numbers), b"\1")
    else:
        told = changed_json(rng, told)
    if rng.random() < 0.9:
        told = _with_checksum(told, table, numbers)
    if isinstance(table, dict) and isinstance(table.get("__metadata__"), dict) and which:
        table["__metadata__"][_KEY] = json.dumps(told)
    text = json.dumps(table).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + numbers


def _parts(data: bytes) -> tuple[Any, bytes]:
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def _with_checksum(told: Any, table: Any, numbers: bytes) -> Any:
    """Return what a file says with the checksum of it, as an enemy would."""
    if not isinstance(told, dict) or not isinstance(table, dict):
        return told
    told.pop("checksum", None)
    with contextlib.suppress(KeyError, TypeError, ValueError, IndexError, RecursionError):  # another lie
        arrays = [_array(table[name], numbers) for name in sorted(table) if name != "__metadata__"]
        told["checksum"] = digest_of(json.dumps(told, sort_keys=True).encode(), arrays)
    return told


def _array(entry: Any, numbers: bytes) -> Any:
    first, last = entry["data_offsets"]
    return np.frombuffer(numbers[first:last], _DTYPES[entry["dtype"]])


def _world(num_worlds: int, form: float) -> World:
    heat, rare, shape = Field(low=0.0), Field(mutability="sparse"), Field(mutability="static")
    rate, place = Parameter(0.1, low=0.0, high=0.4), Field(over="world", indexes="cells")
    fields = {"heat": heat, "rare": rare, "form": shape, "rate": rate, "place": place}
    laws: Sequence[Any] = [Diffusion(heat, coefficient=rate)]
    return World(Line1D(3), fields, laws, num_worlds=num_worlds, static={shape: np.full(3, form)}, seed=5)
