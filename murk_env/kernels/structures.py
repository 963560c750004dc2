"""Structures represented by the values of their fields, for directly emitted instructions.

To numba an array is a structure of eight values. Wherever it is used, numba packs and unpacks it with one
instruction per value. Code that has the values needs none of these instructions.
"""

from typing import Any

from murk_env.kernels.numba_internals import ir

__all__ = ["Builder", "Structure"]

_inherited: Any = ir.IRBuilder


class Structure(dict[int, Any]):
    """The values of a structure's fields, by index."""


class Builder(ir.IRBuilder):
    """A builder that represents structures as `Structure`.

    It is for code that unpacks structures: those that it packs cannot be stored in variables.
    """

    @classmethod
    def like(cls, builder: Any) -> Any:
        """Return a builder that writes to the same place as another one."""
        made = cls.__new__(cls)
        made.__dict__ = builder.__dict__
        return made

    def extract_value(self, agg: Any, idx: Any, name: str = "") -> Any:
        """Return the value of a field; the parameters are those of llvmlite."""
        if isinstance(agg, Structure):
            return agg[_place(idx)]
        return _inherited.extract_value(self, agg, idx, name)

    def insert_value(self, agg: Any, value: Any, idx: Any, name: str = "") -> Any:
        """Return a structure with a new value for a field; numba starts from an undefined structure."""
        known = agg if isinstance(agg, Structure) else Structure()
        return Structure({**known, _place(idx): value})


def _place(index: Any) -> int:
    return index if isinstance(index, int) else index[0]
