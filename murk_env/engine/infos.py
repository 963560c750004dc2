"""Info dicts: what the `info` hook returned, as each face passes it on.

The keys are the same at every reset and step. A single env gives Python scalars or its own arrays;
a vector env gives arrays with a mask beside each key, as Gymnasium's SyncVectorEnv makes them.
"""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import HookError

__all__ = ["Info", "InfoForm", "check_info", "form_of", "info_of_one", "info_of_rows"]

Info = Mapping[str, npt.NDArray[Any]]
InfoForm = tuple[tuple[str, str, tuple[int, ...]], ...]

RESERVED = ("active", "episode", "final_obs", "final_info", "terminal_observation", "TimeLimit.truncated")

# Python scalars, as a single env gives them, come back from Gymnasium's SyncVectorEnv as these.
_SCALARS = {"f": np.float64, "i": np.int64, "u": np.int64, "b": np.bool_}


def form_of(info: Info) -> InfoForm:
    """Return what stays the same of every info: keys, dtypes, and shapes but for the worlds axis."""
    return tuple((key, array.dtype.name, array.shape[1:]) for key, array in info.items())


def check_info(owner: str, info: Any, num_worlds: int, form: InfoForm | None) -> Info:
    """Return the hook's result as arrays `(num_worlds, ...)`, or say what is wrong with it."""
    if not isinstance(info, Mapping):
        raise HookError(f"{owner}.info must return a dict of arrays, not {type(info).__name__}.")
    arrays = {key: np.asarray(value) for key, value in cast("Mapping[Any, Any]", info).items()}
    for key, array in arrays.items():
        if not isinstance(key, str) or key in RESERVED or key.startswith("_"):
            user = "MurkAgentVectorEnv" if key == "active" else "Gymnasium"
            raise HookError(f"{owner}.info uses the key {key!r}, which {user} reserves; rename it.")
        if array.ndim == 0 or len(array) != num_worlds or array.dtype.kind not in _SCALARS:
            raise HookError(
                f"{owner}.info[{key!r}] must be numbers of shape ({num_worlds}, ...), "
                f"not {array.dtype} of shape {array.shape}."
            )
    if form is not None and form_of(arrays) != form:
        raise HookError(
            f"{owner}.info must return the same keys, dtypes and shapes every time: first {form}, "
            f"now {form_of(arrays)}."
        )
    return arrays


def info_of_one(info: Info) -> dict[str, Any]:
    """Return the info of a single env."""
    return {key: array[0].copy() if array.ndim > 1 else array[0].item() for key, array in info.items()}


def info_of_rows(info: Info, rows: npt.NDArray[np.intp] | None = None) -> dict[str, Any]:
    """Return the info of a vector env; with `rows`, of those worlds only: zero and unmasked elsewhere."""
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
