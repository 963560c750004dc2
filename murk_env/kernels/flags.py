"""Checks that the flags in compiled loops are bools, not merely truthy or falsy values."""

from typing import Any

import numpy as np

from murk_env.kernels.numba_internals import COMPILES, TypingError, intrinsic, numba_types, passed_on

__all__ = ["flag"]


@intrinsic
def _compiled_flag(_typing: Any, value: Any) -> Any:
    """Return a bool unchanged; anything else does not compile."""
    kind = numba_types.unliteral(value)
    if not isinstance(kind, numba_types.Boolean):
        raise TypingError(f"cannot store {value} in an array of bool")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return passed_on(context, builder, signature.return_type, arguments[0])

    return kind(kind), generate


def _uncompiled_flag(value: Any) -> bool:
    if type(value) in (bool, np.bool_):
        return bool(value)
    raise TypeError(f"it returned {value!r}; it must return a bool")


flag: Any = _compiled_flag if COMPILES else _uncompiled_flag
"""Returns a bool unchanged; for anything else, the calling function does not compile."""
