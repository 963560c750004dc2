"""Parameters: numbers that may differ between worlds."""

import numpy as np
import numpy.typing as npt

from murk_env.errors import FieldError
from murk_env.fields.field import Field

__all__ = ["Parameter"]


class Parameter(Field):
    """A number per world that propagators take as a coefficient.

    It may differ between worlds, and keeps its value through resets until it is set again: in `start`, in an
    `act` over arrays, or between ticks with `edit`. Stability is checked against its bounds.

    It is a float32 by default: set to 0.1 it is float32(0.1), which is 0.100000001. A propagator gives the
    same bits with it as with the number `float(np.float32(0.1))`; those that compute in double precision
    (Diffusion, Wave) differ from that in the last digits with the number 0.1. A float64 holds 0.1 itself.

    Args:
        default: its value in every world until it is set.
        low: smallest value.
        high: largest value.
        unit: physical unit, as of a Field.
        dtype: float32 or float64.
    """

    def __init__(
        self,
        default: float,
        *,
        low: float | None = None,
        high: float | None = None,
        unit: str = "",
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__(
            over="world", mutability="sparse", dtype=dtype, initial=default, low=low, high=high, unit=unit
        )
        if self.dtype.kind != "f":
            raise FieldError(f"a Parameter must have the dtype float32 or float64, not {self.dtype}.")
