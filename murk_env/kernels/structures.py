"""Structures as the values that they are put together from, for instructions that are written down at once.

An array is a structure of eight values to numba. It puts one together and takes it apart again by an
instruction for each, wherever it is used. Code that has the values needs none of these instructions.
"""

from typing import Any

from murk_env.kernels.numba_internals import ir

__all__ = ["Builder", "Structure"]

_inherited: Any = ir.IRBuilder


class Structure(dict[int, Any]):
    """The values of a structure's fields, by place."""


class Builder(ir.IRBuilder):
    """A builder to whom a structure is a `Structure`.

    It is for what takes structures apart: what it puts together can be stored in no variable.
    """

    @classmethod
    def like(cls, builder: Any) -> Any:
        """Return a builder that writes where another one does."""
        made = cls.__new__(cls)
        made.__dict__ = builder.__dict__
        return made

    def extract_value(self, agg: Any, idx: Any, name: str = "") -> Any:
        """Return the value of a field, by numba's names."""
        if isinstance(agg, Structure):
            return agg[_place(idx)]
        return _inherited.extract_value(self, agg, idx, name)

    def insert_value(self, agg: Any, value: Any, idx: Any, name: str = "") -> Any:
        """Return a structure with another value for a field; what numba begins with has none."""
        known = agg if isinstance(agg, Structure) else Structure()
        return Structure({**known, _place(idx): value})


def _place(index: Any) -> int:
    return index if isinstance(index, int) else index[0]
