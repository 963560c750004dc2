"""Coefficients in the form that kernels read, whether or not they vary in space."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.kernels import kernel
from murk_env.propagators._inputs import batched
from murk_env.propagators.coefficients import Varying, is_varying
from murk_env.propagators.frame import Frame

__all__ = ["at", "everywhere"]


def everywhere(frame: Frame, coefficient: Varying, column: int, kind: "np.dtype[Any]") -> npt.NDArray[Any]:
    """Return a coefficient's values for `at`.

    Args:
        frame: the propagator's frame.
        coefficient: a number, a parameter, or a field over cells or the world, read of the previous tick.
        column: its column of `frame.coefficients`, which is not read for a field.
        kind: the dtype of the arithmetic.

    Returns:
        (num_worlds or 1, num_cells) for a field over cells, else (num_worlds, 1).
    """
    if isinstance(coefficient, Field) and is_varying(coefficient):
        values = frame.previous(coefficient)
        return values[:, np.newaxis] if coefficient.over == "world" else batched(coefficient, values)
    return np.ascontiguousarray(frame.coefficients[:, column : column + 1].astype(kind))


@kernel
def at(values: Any, world: int, cell: int) -> Any:
    """Return the value in a world at a cell, from the array of `everywhere`."""
    return values[min(world, values.shape[0] - 1), min(cell, values.shape[1] - 1)]
