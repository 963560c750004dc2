"""Checks the result of the `info` hook: its shapes, and that keys are the same at every reset and step."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.engine.action_masks import ACTION_MASK
from murk_env.engine.divergence import DIVERGED
from murk_env.errors import HookError

__all__ = ["LEVEL_KEY", "NO_INFO", "Info", "InfoForm", "check_info", "form_of"]

Info = Mapping[str, npt.NDArray[Any]]
InfoForm = tuple[tuple[str, str, tuple[int, ...]], ...]

RESERVED = ("active", "episode", "final_obs", "final_info", "terminal_observation", "TimeLimit.truncated")

_KINDS = "fiub"  # kinds of dtype that an info may hold, as numpy's letters
NO_INFO: Info = {}
LEVEL_KEY = "level"  # the key in infos


def form_of(info: Info) -> InfoForm:
    """Return the parts of an info that never change: keys, dtypes, and shapes without the worlds axis.

    Keys that the engine adds are left out: the action mask, diverged worlds, and levels.
    """
    added = (ACTION_MASK, DIVERGED, LEVEL_KEY)
    own = ((key, array) for key, array in info.items() if key not in added)
    return tuple((key, array.dtype.name, array.shape[1:]) for key, array in own)


def check_info(owner: str, info: Any, num_worlds: int, form: InfoForm | None) -> Info:
    """Return the hook's result as arrays `(num_worlds, ...)`, or raise HookError."""
    if not isinstance(info, Mapping):
        raise HookError(f"{owner}.info must return a dict of arrays, not {type(info).__name__}.")
    arrays = {key: np.asarray(value) for key, value in cast("Mapping[Any, Any]", info).items()}
    if ACTION_MASK in arrays:
        raise HookError(
            f"{owner}.info uses the key 'action_mask', which a Blueprint or a Group fills: declare a field "
            f"and give it as action_mask=field; then actions are held to it, too."
        )
    for key, array in arrays.items():
        if not isinstance(key, str) or key in RESERVED or key.startswith("_"):
            user = "MurkAgentVectorEnv" if key == "active" else "Gymnasium"
            raise HookError(f"{owner}.info uses the key {key!r}, which {user} reserves; rename it.")
        if array.ndim == 0 or len(array) != num_worlds or array.dtype.kind not in _KINDS:
            came = f"an array of shape {array.shape}"
            if array.ndim == 0:
                came = "None" if array.dtype == object and array.item() is None else "a single value"
            elif array.dtype.kind not in _KINDS:
                came = f"an array of dtype {array.dtype}"
            raise HookError(
                f"{owner}.info[{key!r}] must be numbers of shape ({num_worlds}, ...), the worlds first, "
                f"not {came}."
            )
    if form is not None and form_of(arrays) != form:
        raise HookError(
            f"{owner}.info must return the same keys, dtypes and shapes every time: first "
            f"{_told(form)}; now {_told(form_of(arrays))}."
        )
    return arrays


def _told(form: InfoForm) -> str:
    return ", ".join(f"{key!r}: {dtype} {shape}" for key, dtype, shape in form) or "none"
