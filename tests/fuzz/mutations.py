"""Changes of bytes and of JSON, as a bad disk, a bad link or an enemy would make them."""

import copy
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["changed_bytes", "changed_json"]

Random = random.Random

_NUMBERS = (0, 1, -1, 2, 7, 127, 255, 1 << 15, 1 << 31, -(1 << 31), 1 << 62, 1 << 63, 1 << 64, 10**300)
_VALUES: tuple[Any, ...] = (
    None, True, False, 0.5, 1e300, float("nan"), float("inf"), "", "0", "heat", "_phase", "\ud800", "\0",
    "float32", "int32", "object", "F32", "F64", "I32", "x" * 5000, [], {}, [[]], [0], [1, 2, 3], {"a": 1},
    *_NUMBERS,
)  # fmt: skip


def changed_bytes(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return bytes with one to four changes: bits, cuts, gaps, doubles, numbers, and pieces of others."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice(_CHANGES)(rng, data, others)
    return data


def _bits(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 30)) if made else 0):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def _cut(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _gap(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    first, last = _stretch(rng, data)
    return data[:first] + data[last:]


def _double(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    first, last = _stretch(rng, data)
    return data[:last] + data[first:last] * rng.choice((1, 2, 8)) + data[last:]


def _number(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    width, first = rng.choice((1, 2, 4, 8)), rng.randrange(len(data) + 1)
    number = rng.choice((rng.getrandbits(64), rng.randrange(300), -1)) % (1 << 8 * width)
    return data[:first] + number.to_bytes(width, rng.choice(("little", "big"))) + data[first + width :]


def _splice(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _head(rng: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """Change one of the first bytes, where files say how large things are."""
    if not data:
        return data
    place = rng.randrange(min(len(data), 100))
    return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]


_CHANGES: Sequence[Callable[[Random, bytes, Sequence[bytes]], bytes]] = (
    _bits, _bits, _cut, _gap, _double, _number, _splice, _head,
)  # fmt: skip


def _stretch(rng: Random, data: bytes) -> tuple[int, int]:
    first = rng.randrange(len(data) + 1)
    return first, min(len(data), first + rng.choice((1, 4, 8, 64, 1000)))


def changed_json(rng: Random, value: Any) -> Any:
    """Return JSON in which one to three things are others, missing, doubled or under another name."""
    made = json.loads(json.dumps(value))
    for _ in range(rng.choice((1, 1, 2, 3))):
        made = _changed(rng, made)
    return made


def _changed(rng: Random, value: Any) -> Any:
    """Change something in a value, mostly deep within it."""
    if isinstance(value, dict | list) and value and rng.random() < 0.85:
        keys: Any = list(value) if isinstance(value, dict) else range(len(value))
        key = rng.choice(keys)
        match rng.randrange(8):
            case 0:
                del value[key]
            case 1 if isinstance(value, dict):
                value[rng.choice((key + "x", "format", "_step", "__metadata__"))] = value.pop(key)
            case 1 if isinstance(value, list):
                value.append(copy.deepcopy(value[key]))
            case 2:
                value[key] = copy.deepcopy(value[rng.choice(keys)])
            case _:
                value[key] = _changed(rng, value[key])
        return value
    if isinstance(value, int) and rng.random() < 0.5:
        return value + rng.choice((-8, -4, -1, 1, 4, 8))
    if rng.random() < 0.02:
        return _deep(rng.choice((50, 200, 300, 400, 450)))
    return copy.deepcopy(rng.choice(_VALUES))


def _deep(levels: int) -> Any:
    value: Any = 0
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value
