"""The saved state of worlds: everything that a world needs to continue."""

import copy
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

from murk_arena import FieldSpec, StaticArena, bits
from murk_env.errors import RowsError, StateMismatchError, UnknownFieldError, did_you_mean
from murk_env.fields import ACTIVE, LEVEL, Field
from murk_env.fields.bookkeeping import ENDED, PHASE, RETURN, STEP
from murk_env.world import state_file
from murk_env.world.identity import Identity, digest_of, static_digests

__all__ = ["State"]

Array = npt.NDArray[Any]
Worlds = npt.NDArray[np.intp]
StaticSource = tuple[StaticArena, Sequence[FieldSpec]] | Mapping[str, str]  # the values, or their digests

_SHOWN = {
    "elapsed_steps": STEP.name,
    "active": ACTIVE.name,
    "level": LEVEL.name,
}  # bookkeeping, under the names that hooks use


class State:
    """The whole state of some worlds: fields, parameters, clocks, returns, random keys, pending resets.

    `save` of an env, a vector env or a World returns one, and `restore` of any of them takes it: a row of a
    vector env continues in a single env byte for byte, and vice versa. A State is immutable.

        state = envs.save()          # len(state) is the number of worlds
        state["heat"]                # (num_worlds, num_cells), read-only
        state[3], state[:8]          # States of some worlds
        state.write("start.state")   # and State.read("start.state")

    It does not include what an env keeps outside its worlds: the generators of `np_random`, the outputs of
    the last step, and the counts of wrappers such as TimeLimit.

    Two states are equal if they are of the same environment, with the same parameters and static values, and
    hold the same bytes.
    """

    __array_ufunc__ = None  # == with an array is False, instead of numpy taking a State for a sequence
    __slots__ = ("_arrays", "_digests", "_diverged", "_fingerprint", "_identity", "_static")

    def __init__(
        self,
        identity: Identity,
        arrays: Mapping[str, Array],
        static: StaticSource,
        *,
        diverged: Collection[str] | None = (),
    ) -> None:
        """Make a state from arrays, which become read-only; called by `save` and by the readers of files.

        Args:
            identity: the identity of the worlds.
            arrays: the fields' values, by name.
            static: the values of static fields, or their digests.
            diverged: the fields that may hold NaN and infinities; None if all may, as in running worlds.
        """
        self._identity = identity
        self._arrays = dict(arrays)
        for array in self._arrays.values():
            array.flags.writeable = False
        self._static = static if isinstance(static, tuple) else None
        self._digests = None if isinstance(static, tuple) else dict(static)
        self._diverged = None if diverged is None else frozenset(diverged)
        self._fingerprint = ""

    # --- reading --------------------------------------------------------------------------------

    @property
    def environment(self) -> str:
        """The id of the environment, else its module and class; `World` for a World's."""
        return self._identity.environment

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The environment's parameters: a copy."""
        return copy.deepcopy(dict(self._identity.parameters))

    @property
    def identity(self) -> Identity:
        """The identity of the worlds: environment, parameters, lattice and fields."""
        return self._identity

    @property
    def static_digests(self) -> Mapping[str, str]:
        """A digest of every static field's values, by name."""
        if self._digests is None and self._static is not None:
            self._digests = static_digests(*self._static)
        return MappingProxyType(self._digests or {})

    @property
    def ended(self) -> npt.NDArray[np.bool_]:
        """Whether each world's episode has ended and its reset is pending, (k,) bool."""
        return self._arrays[PHASE.name] == ENDED

    @property
    def diverged(self) -> tuple[str, ...]:
        """The names of the fields that held NaN or infinities when the worlds were saved."""
        return tuple(
            name
            for name, array in self._arrays.items()
            if array.dtype.kind == "f"
            and name != RETURN.name
            and self.may_diverge(name)
            and not np.isfinite(array).all()
        )

    def may_diverge(self, name: str) -> bool:
        """Whether a field may hold NaN and infinities, as it may have done in the saved worlds."""
        return self._diverged is None or name in self._diverged

    @property
    def fingerprint(self) -> str:
        """A hash of the whole state, 32 hexadecimal digits: the same in every process, on every machine."""
        if not self._fingerprint:
            said = {**self._identity.plain, "static": dict(self.static_digests)}
            told = json.dumps(said, sort_keys=True).encode()
            self._fingerprint = digest_of(told, (self._arrays[form.name] for form in self._identity.fields))
        return self._fingerprint

    def __len__(self) -> int:
        return len(self._arrays[PHASE.name])

    @overload
    def __getitem__(self, key: Field | str) -> Array: ...
    @overload
    def __getitem__(self, key: SupportsIndex | slice | Sequence[int] | Array) -> "State": ...
    def __getitem__(self, key: Any) -> "Array | State":
        """Return a field's values, (k, ...) and read-only, or the state of some of the worlds.

        Raises:
            UnknownFieldError: there is no such field; static fields are not part of a state.
            RowsError: there is no such world.
        """
        if isinstance(key, Field | str):
            return self._values(key.name if isinstance(key, Field) else key)
        rows = self._rows(key)
        arrays = {name: np.ascontiguousarray(array[rows]) for name, array in self._arrays.items()}
        return State(self._identity, arrays, self._source, diverged=self._diverged)

    def __iter__(self) -> "Iterator[State]":
        return (self[row] for row in range(len(self)))

    def _values(self, name: str) -> Array:
        found = self._arrays.get(_SHOWN.get(name, name))
        if found is None:
            known = [one for one in self._arrays if not one.startswith("_")]
            raise UnknownFieldError(
                f"a state of {self.environment} has no field {name!r}; {did_you_mean(name, known)}"
            )
        return found[...]  # a view, whose shape and flags the caller may change

    def _rows(self, key: Any) -> Worlds:
        try:
            chosen = np.atleast_1d(np.arange(len(self))[key])
        except (IndexError, TypeError) as error:
            raise RowsError(f"a state of {len(self)} world(s) has no worlds {key!r}: {error}") from None
        if not chosen.size or chosen.ndim > 1:
            raise RowsError(
                f"a state of {len(self)} world(s) has no worlds {key!r}; choose some in one axis."
            )
        return chosen

    @property
    def _source(self) -> StaticSource:
        return self._static if self._static is not None else self.static_digests

    @staticmethod
    def concatenate(states: "Iterable[State]") -> "State":
        """Return the worlds of several states of the same kind, in order.

        Raises:
            StateMismatchError: the states are of different worlds; the message names the first difference.
            RowsError: no state is given.
        """
        states = list(states)
        if not states:
            raise RowsError("State.concatenate takes at least one State, not none.")
        first = states[0]
        for place, other in enumerate(states):
            if not isinstance(other, State):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise StateMismatchError(f"State.concatenate takes States; number {place} is {other!r}.")
            if misfit := other.misfit(first.identity, first._source):
                raise StateMismatchError(f"state {place} does not fit state 0: {misfit}.")
        arrays = {name: np.concatenate([state._arrays[name] for state in states]) for name in first._arrays}
        diverged = {name for state in states for name in state.diverged}
        return State(first._identity, arrays, first._source, diverged=diverged)

    def misfit(self, identity: Identity, static: StaticSource) -> str:
        """Return why the state is not of these worlds, as a clause; empty if it is."""
        if difference := identity.difference(self._identity):
            return difference
        if isinstance(static, tuple):
            if self._static is not None and self._static[0].shares_memory_with(static[0]):
                return ""
            static = static_digests(*static)
        wrong = [name for name in static if static[name] != self.static_digests.get(name)]
        if wrong:
            return f"its static field {wrong[0]} holds other values"
        return "" if len(static) == len(self.static_digests) else "it has other static fields"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        if len(self) != len(other) or other.misfit(self._identity, self._source):
            return False
        pairs = zip(self._arrays.values(), other._arrays.values(), strict=True)
        return all(np.array_equal(bits(one), bits(two)) for one, two in pairs)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"<State of {len(self)} world(s) of {self.environment}, {self.fingerprint[:8]}>"

    def __copy__(self) -> "State":
        return self

    def __deepcopy__(self, memo: object) -> "State":
        return self  # immutable

    # --- files ----------------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """Return the state as a safetensors file, with its identity, package versions and a checksum."""
        said = {**self._identity.plain, "static": dict(self.static_digests), "diverged": self.diverged}
        return state_file.to_bytes(said, self._arrays)

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> "State":
        """Return the state that `to_bytes` wrote. The data cannot run code.

        Raises:
            StateFileError: the bytes are no state, damaged, or of a newer format.
        """
        identity, arrays, static, diverged = state_file.from_bytes(bytes(memoryview(data)))
        return cls(identity, arrays, static, diverged=diverged)

    def write(self, path: "str | bytes | os.PathLike[str]") -> None:
        """Write the state to a file; an existing file is replaced only when the new one is complete.

        If the path is a symbolic link, its target is written. An existing file's permissions are kept.

        Raises:
            StateFileError: the path is not a regular file, but a device, for example.
            OSError: the file cannot be written; an existing file is unchanged.
        """
        state_file.write(path, self.to_bytes())

    @classmethod
    def read(cls, path: "str | bytes | os.PathLike[str]") -> "State":
        """Return the state in a file. The file cannot run code, and the memory taken is bounded by its size.

        Raises:
            StateFileError: the file is no state file, damaged, or of a newer format.
            OSError: the file cannot be read.
        """
        return cls.from_bytes(state_file.read(path))

    def __reduce__(self) -> Any:
        return State.from_bytes, (self.to_bytes(),)
