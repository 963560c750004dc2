"""Values that are set once and never change: one copy for all arenas, worlds and worker processes."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from murk_arena.descriptor import FieldArray, FieldId, FieldSpec, Mutability, unique_specs, unknown_field
from murk_arena.errors import ClosedHandleError, InvalidConfigError
from murk_arena.handle import FieldHandle, StaticLocation
from murk_arena.segment import WORD_BYTES, aligned, aligned_words, frozen
from murk_arena.shared import attach_words, share_words

__all__ = ["StaticArena", "StaticCache"]


_locked: weakref.WeakSet[_StaticBlock | StaticCache] = weakref.WeakSet()


class _StaticBlock:
    """The memory behind all handles of one process, freed with the last of them."""

    def __init__(self, specs: dict[FieldId, FieldSpec], words: FieldArray, name: str | None = None) -> None:
        self.specs = specs
        self.words = words
        self.name = name  # of its shared memory, once there is one
        self.handles: weakref.WeakSet[StaticArena] = weakref.WeakSet()
        self.offsets = _offsets(specs.values())
        self.views = {spec.id: self._view(spec) for spec in specs.values()}
        self._renew_lock()
        _locked.add(self)

    def _renew_lock(self) -> None:
        """Make a new lock, whoever held the old one."""
        self._lock = threading.Lock()

    def _view(self, spec: FieldSpec) -> FieldArray:
        start = self.offsets[spec.id]
        return spec.shaped(self.words[start : start + spec.num_words(1)], 1)

    def shared_name(self) -> str:
        """The name of the block's shared memory, made at the first call."""
        with self._lock:
            if self.name is None:
                self.name = share_words(self.words, owner=self)
                _BLOCKS[self.name] = self
            return self.name


# The blocks of this process that lie in shared memory: a handle that comes back finds its own.
_BLOCKS: weakref.WeakValueDictionary[str, _StaticBlock] = weakref.WeakValueDictionary()


class StaticArena:
    """A handle on frozen static values.

    Like a reference-counted pointer: `share`, `copy.copy` and `copy.deepcopy` return another handle on the
    same memory, which is freed with the last handle and the last array read from it. Pickling copies the
    values once into shared memory; other processes map those pages read-only. They can attach as long as
    a handle lives in the process that pickled first, and keep their mapping after that.

    Args:
        values: each field's value, in the field's whole shape (no worlds axis).

    Raises:
        InvalidConfigError: two fields have one id, a field is not static, or a value does not fit its field.

    Example:
        >>> wall = FieldSpec(FieldId(0), "wall", (3,), mutability=Mutability.STATIC)
        >>> arena = StaticArena({wall: [0.0, 1.0, 0.0]})
        >>> arena.read(wall.id)
        array([0., 1., 0.], dtype=float32)
        >>> with_another_handle = arena.share()
        >>> arena.handle_count
        2
    """

    __slots__ = ("__weakref__", "_block")

    def __init__(self, values: Mapping[FieldSpec, ArrayLike]) -> None:
        specs = unique_specs(values)
        offsets = _offsets(specs.values())
        words = aligned_words(sum(aligned(spec.num_words(1)) for spec in specs.values()))
        for spec, value in values.items():
            start = offsets[spec.id]
            spec.shaped(words[start : start + spec.num_words(1)], 1)[...] = _fitting_value(spec, value)
        self._block: _StaticBlock | None = None
        self._adopt(_StaticBlock(specs, frozen(words)))

    def _adopt(self, block: _StaticBlock) -> None:
        self._block = block
        block.handles.add(self)

    @property
    def _open_block(self) -> _StaticBlock:
        if self._block is None:
            raise ClosedHandleError(
                "this handle on a StaticArena was given back by close(); share() another one"
            )
        return self._block

    @property
    def specs(self) -> tuple[FieldSpec, ...]:
        """The fields, in order."""
        return tuple(self._open_block.specs.values())

    @property
    def field_count(self) -> int:
        """The number of fields."""
        return len(self._open_block.specs)

    @property
    def memory_bytes(self) -> int:
        """The size of the block, each field rounded up to whole cache lines."""
        return len(self._open_block.words) * WORD_BYTES

    @property
    def handle_count(self) -> int:
        """The handles of this process on the same memory."""
        return len(self._open_block.handles)

    def contains(self, field: FieldId) -> bool:
        """Whether the arena holds the field."""
        return field in self._open_block.specs

    def read(self, field: FieldId) -> FieldArray:
        """The field's values, read-only; the same array at every call.

        Raises:
            UnknownFieldError: there is no such field.
            ClosedHandleError: this handle was closed.
        """
        block = self._open_block
        try:
            return block.views[field]
        except KeyError:
            raise unknown_field(field, block.specs.values()) from None

    def location(self, field: FieldId) -> FieldHandle:
        """Where the field lies in the block.

        Raises:
            UnknownFieldError: there is no such field.
        """
        block = self._open_block
        if field not in block.specs:
            raise unknown_field(field, block.specs.values())
        return FieldHandle(0, block.offsets[field], block.specs[field].num_words(1), StaticLocation())

    def share(self) -> StaticArena:
        """Another handle on the same memory."""
        return _handle_on(self._open_block)

    def shares_memory_with(self, other: StaticArena) -> bool:
        """Whether both handles are on the same memory."""
        return self._open_block is other._open_block

    def close(self) -> None:
        """Release this handle; closing twice is allowed."""
        if self._block is not None:
            self._block.handles.discard(self)
            self._block = None

    def __copy__(self) -> StaticArena:
        return self.share()

    def __deepcopy__(self, memo: dict[int, Any]) -> StaticArena:
        return self.share()

    def __reduce__(self) -> tuple[Any, ...]:
        block = self._open_block
        return _from_shared, (block.shared_name(), tuple(block.specs.values()))


class StaticCache:
    """Finds the static arena that this process has already built for the same key.

    It keeps no arena alive. It may be used from several threads; each key is built once.
    """

    def __init__(self) -> None:
        self._blocks: weakref.WeakValueDictionary[Hashable, _StaticBlock] = weakref.WeakValueDictionary()
        self._renew_lock()
        _locked.add(self)

    def _renew_lock(self) -> None:
        """Make a new lock, whoever held the old one."""
        self._lock = threading.RLock()  # reentrant: a build may look other keys up

    def get_or_build(self, key: Hashable, build: Callable[[], StaticArena]) -> StaticArena:
        """A new handle on the arena of this key, which is built if none is alive."""
        with self._lock:
            block = self._blocks.get(key)
            if block is not None:
                return _handle_on(block)
            arena = build()
            self._blocks[key] = arena._open_block  # pyright: ignore[reportPrivateUsage] - same module
            return arena


def _handle_on(block: _StaticBlock) -> StaticArena:
    handle = StaticArena.__new__(StaticArena)
    handle._adopt(block)  # pyright: ignore[reportPrivateUsage] - same module
    return handle


def _from_shared(name: str, specs: tuple[FieldSpec, ...]) -> StaticArena:
    """Rebuild a pickled handle."""
    block = _BLOCKS.get(name)
    if block is None:
        by_id = unique_specs(specs)
        length = sum(aligned(spec.num_words(1)) for spec in specs)
        block = _BLOCKS[name] = _StaticBlock(by_id, attach_words(name, length), name)
    return _handle_on(block)


def _offsets(specs: Iterable[FieldSpec]) -> dict[FieldId, int]:
    """The first word of each field when all lie one after the other, each on a cache line."""
    offsets: dict[FieldId, int] = {}
    end = 0
    for spec in specs:
        offsets[spec.id] = end
        end += aligned(spec.num_words(1))
    return offsets


def _fitting_value(spec: FieldSpec, value: ArrayLike) -> NDArray[Any]:
    """The value as an array that the field can hold without loss of kind.

    Raises:
        InvalidConfigError: it cannot.
    """
    if spec.mutability is not Mutability.STATIC:
        raise InvalidConfigError(
            f"field {spec.name!r} is {spec.mutability.value}; a StaticArena holds static fields"
        )
    array = np.asarray(value)
    if array.shape != spec.shape:
        raise InvalidConfigError(
            f"static field {spec.name!r} has shape {spec.shape}, its value {array.shape}"
        )
    if not np.can_cast(array.dtype, spec.dtype, "same_kind"):
        raise InvalidConfigError(f"static field {spec.name!r} holds {spec.dtype}, its value is {array.dtype}")
    return array


def _renew_locks() -> None:
    """In a forked child, renew every lock, because the threads that held one stayed in the parent."""
    for one in list(_locked):
        one._renew_lock()  # pyright: ignore[reportPrivateUsage] - same module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
