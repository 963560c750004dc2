"""Functions that only borrow arrays, and so need not count references to them.

numba counts a reference wherever a function takes an array, slices one or goes through its rows, and calls
its runtime for each, also where nobody owns the memory, as in fused kernels. Of a small function in a loop
that is a good part of its time.
"""

import importlib
from typing import Any

from murk_env.kernels.numba_internals import numba_ir, numba_types

__all__ = ["only_borrows"]

_DynamicRaise: Any = importlib.import_module("numba.core.ir").DynamicRaise
_PASSES_ON = frozenset({"build_tuple", "cast", "iternext", "pair_first", "pair_second", "phi"})
_ITERATES = frozenset({"exhaust_iter", "getiter"})
_INDEXES = frozenset({"getitem", "static_getitem", "typed_getitem"})


def only_borrows(state: Any) -> bool:
    """Return whether a function, with types inferred, neither makes nor returns anything that owns memory.

    Whatever is not known to be a view of its arguments counts as made by it.
    """
    counted = _Counted(state)
    if counted.type(state.return_type) or state.func_ir.is_generator:
        return False
    for block in state.func_ir.blocks.values():
        for one in block.body:
            if isinstance(one, _DynamicRaise):
                return False
            if isinstance(one, numba_ir.Assign) and counted.variable(one.target):
                value = one.value
                if isinstance(value, numba_ir.Expr) and not counted.is_view(value):
                    return False
                if isinstance(value, numba_ir.Global | numba_ir.FreeVar | numba_ir.Const):
                    return False
    return True


class _Counted:
    """Which of a function's variables numba counts references to."""

    def __init__(self, state: Any) -> None:
        self._types, self._models = state.typemap, state.targetctx.data_model_manager

    def type(self, kind: Any) -> bool:
        """Return whether values of a type hold references."""
        return bool(self._models[kind].contains_nrt_meminfo())

    def variable(self, variable: Any) -> bool:
        """Return whether a variable holds references."""
        return self.type(self._types[variable.name])

    def is_view(self, value: Any) -> bool:
        """Return whether an expression gives a view of its operands, and nothing new.

        Only arrays and tuples do: to read a dict, a list or a string gives a reference of the reader's own.
        """
        if value.op in _PASSES_ON:
            return True
        if value.op not in _ITERATES | _INDEXES | {"getattr"}:
            return False
        kind = self._types[value.value.name]
        if isinstance(kind, numba_types.BaseTuple):
            return True
        if not isinstance(kind, numba_types.Array):
            return False
        if value.op == "getattr":
            return value.attr == "T"
        if value.op in _ITERATES:
            return True
        index = value.index_var if value.op == "static_getitem" else value.index
        return index is None or not self.variable(index)
