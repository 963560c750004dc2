"""Info dicts in the form of each face.

A single env returns Python scalars, or arrays that the caller owns; a vector env returns arrays with a mask
beside each key, as Gymnasium's SyncVectorEnv does.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.engine.infos import Info

__all__ = ["info_of_one", "info_of_rows"]

# SyncVectorEnv collects the Python scalars of single envs in arrays of these dtypes.
_SCALARS = {"f": np.float64, "i": np.int64, "u": np.int64, "b": np.bool_}


def info_of_one(info: Info) -> dict[str, Any]:
    """Return the info of a single env."""
    return {key: array[0].copy() if array.ndim > 1 else array[0].item() for key, array in info.items()}


def info_of_rows(info: Info, rows: npt.NDArray[np.intp] | None = None) -> dict[str, Any]:
    """Return the info of a vector env; with `rows`, only of those: elsewhere values and masks are zero."""
    packed: dict[str, Any] = {}
    for key, array in info.items():
        dtype = _SCALARS[array.dtype.kind] if array.ndim == 1 else array.dtype
        if rows is None:
            packed[key], packed[f"_{key}"] = array.astype(dtype), np.ones(len(array), np.bool_)
        else:
            values, mask = np.zeros(array.shape, dtype), np.zeros(len(array), np.bool_)
            values[rows], mask[rows] = array[rows], True
            packed[key], packed[f"_{key}"] = values, mask
    return packed
