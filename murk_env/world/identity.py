"""The identity of a state's worlds: environment, parameters, fields and static values, as plain data."""

import dataclasses
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_arena import FieldSpec, Mutability, StaticArena

_DTYPES = ("float32", "int32", "float64")

__all__ = ["FieldForm", "Identity", "digest_of", "static_digests"]


@dataclasses.dataclass(frozen=True)
class FieldForm:
    """One field of a state.

    Attributes:
        name: its name.
        dtype: `float32`, `int32` or `float64`.
        shape: shape of one world's values.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype} {self.shape}"


@dataclasses.dataclass(frozen=True)
class Identity:
    """The identity of a state's worlds, as plain data that a file can hold.

    Attributes:
        environment: the environment's registered id, else module and class; `World` for worlds without one.
        parameters: the environment's parameters, as numbers, strings and lists.
        lattice: the repr of the lattice.
        fields: the fields that change, including bookkeeping fields.
    """

    environment: str
    parameters: Mapping[str, Any]
    lattice: str
    fields: tuple[FieldForm, ...]

    @classmethod
    def of(
        cls, environment: str, parameters: Mapping[str, Any], lattice: object, specs: Sequence[FieldSpec]
    ) -> "Identity":
        """Return the identity of worlds."""
        return cls(
            environment=environment,
            parameters={name: _plain(value) for name, value in parameters.items()},
            lattice=repr(lattice),
            fields=tuple(
                FieldForm(spec.name, spec.dtype.name, spec.shape)
                for spec in specs
                if spec.mutability is not Mutability.STATIC
            ),
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Identity":
        """Return the identity from the data of `plain`.

        Raises:
            KeyError, TypeError, ValueError: the data is no identity.
        """
        fields = [
            FieldForm(str(name), str(dtype), tuple(int(side) for side in shape))
            for name, dtype, shape in plain["fields"]
        ]
        if any(form.dtype not in _DTYPES or min((*form.shape, 0)) < 0 for form in fields):
            raise ValueError("a field has no dtype or shape that fields have")
        return cls(str(plain["environment"]), dict(plain["parameters"]), str(plain["lattice"]), tuple(fields))

    @property
    def plain(self) -> dict[str, Any]:
        """The identity as data that JSON can hold."""
        return {
            "environment": self.environment,
            "parameters": dict(self.parameters),
            "lattice": self.lattice,
            "fields": [[form.name, form.dtype, list(form.shape)] for form in self.fields],
        }

    def difference(self, other: "Identity") -> str:
        """Return the first difference of another identity, as a clause; empty if there is none."""
        if other.environment != self.environment:
            return f"it is of {other.environment}, these worlds are of {self.environment}"
        names = [*self.parameters, *(name for name in other.parameters if name not in self.parameters)]
        for name in names:
            here, there = self.parameters.get(name, "no"), other.parameters.get(name, "no")
            if not _same(here, there):
                return f"its parameter {name} is {there!r}, here it is {here!r}"
        if other.lattice != self.lattice:
            return f"its lattice is {other.lattice}, here it is {self.lattice}"
        for here, there in zip(self.fields, other.fields, strict=False):
            if here != there:
                return f"it has a field {there}, here it is {here}"
        longer = max(self.fields, other.fields, key=len)
        if len(self.fields) != len(other.fields):
            form = longer[min(len(self.fields), len(other.fields))]
            return f"the field {form} is only {'here' if longer is self.fields else 'in it'}"
        return ""


def static_digests(static: StaticArena, specs: Sequence[FieldSpec]) -> dict[str, str]:
    """Return a digest of the values of each static field."""
    return {
        spec.name: digest_of(b"", [static.read(spec.id)])
        for spec in specs
        if spec.mutability is Mutability.STATIC
    }


def digest_of(text: bytes, arrays: Iterable[npt.NDArray[Any]]) -> str:
    """Return a digest of some bytes and of arrays' elements in little-endian order, 32 hexadecimal digits."""
    made = hashlib.blake2b(text, digest_size=16)
    for array in arrays:
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        made.update(memoryview(cast(Any, little)).cast("B") if little.size else b"")
    return made.hexdigest()


def _same(here: Any, there: Any) -> bool:
    return type(here) is type(there) and here == there


def _plain(value: Any) -> Any:
    """Return a parameter's value as JSON data; other objects as data that tells them apart."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in cast("Sequence[Any]", value)]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in cast("Mapping[Any, Any]", value).items()}
    return _named(value)


def _named(value: Any) -> Any:
    """Return JSON data that tells arrays, functions and other objects apart."""
    if isinstance(value, np.ndarray):
        array = cast("npt.NDArray[Any]", value)
        return ["array", array.dtype.str, list(array.shape), digest_of(b"", [array])]
    place = getattr(value, "__module__", ""), getattr(value, "__qualname__", "")
    return ".".join(place) if all(place) else repr(value)  # the repr of a function holds its address
